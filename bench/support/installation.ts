import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { createEvergrant } from 'evergrant';
import fixture from '../../packages/evergrant/src/providers/builtin/linkedin.fixture.ts';
import definition from '../../packages/evergrant/src/providers/builtin/linkedin.ts';
import { createSandbox, type Sandbox } from '../../packages/evergrant/src/sandbox/index.ts';
import { systemClock } from '../../packages/evergrant/src/telemetry/clock.ts';

/** A database with one connected account, and what the servers need to read its token. */
export interface Installation {
  connection: string;
  environment: Record<string, string>;
  remove(): void;
}

/** Connects an account at the simulated LinkedIn, as a person would, with a token that lives a day. */
export const prepare = async (): Promise<Installation> => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-bench-'));
  let baseUrl = '';
  const sandbox = createSandbox({
    baseUrl: () => baseUrl,
    platforms: [{ definition, fixture }],
    clock: systemClock,
    lifetimes: { accessToken: 86_400 },
  });
  const server = createAdaptorServer({ fetch: sandbox.fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox`;
  const { clientId, clientSecret } = sandbox.appFor('linkedin');
  const environment = {
    DATABASE: join(folder, 'evergrant.db'),
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    EVERGRANT_API_KEY: `eg_${randomBytes(32).toString('base64url')}`,
    LINKEDIN_CLIENT_ID: clientId,
    LINKEDIN_CLIENT_SECRET: clientSecret,
  };
  const connection = await connectAccount(sandbox, environment);
  server.closeAllConnections();
  server.close();
  return { connection, environment, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

const connectAccount = async (sandbox: Sandbox, environment: Record<string, string>): Promise<string> => {
  const { clientId, clientSecret } = sandbox.appFor('linkedin');
  const evergrant = await createEvergrant({
    database: `sqlite:${environment['DATABASE']}`,
    encryptionKeys: environment['ENCRYPTION_KEYS'],
    apiKey: environment['EVERGRANT_API_KEY'],
    providers: { linkedin: { clientId, clientSecret, origins: sandbox.origins('linkedin') } },
  });
  try {
    const flow = await evergrant.connect({ provider: 'linkedin', owner: 'bench', skipConfirmation: true });
    const start = await evergrant.handler(new Request(flow.url));
    const callback = await sandbox.consent(start.headers.get('location') ?? '');
    const cookie = start.headers.get('set-cookie') ?? '';
    await evergrant.handler(new Request(callback, { headers: { cookie } }));
    const { connections, error } = await evergrant.getFlow(flow.id);
    if (!connections[0]) throw error ?? new Error('The account was not connected');
    return connections[0].id;
  } finally {
    await evergrant.close();
  }
};
