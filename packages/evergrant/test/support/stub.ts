import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { createSandbox } from '../../src/sandbox/index.ts';
import type { Decision } from '../../src/sandbox/types.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { type ConnectBody, type ConnectionBody, expectBody } from './api.ts';
import { type Browser, createBrowser } from './browser.ts';
import { createInstallation, host, type Installation, newEncryptionKey } from './evergrant.ts';

/** What became of one renewal at the platform. */
export interface Renewal {
  /** The refresh token that was presented. */
  presented: string;
  /** Whether the last byte of the answer was handed to the operating system. */
  written: boolean;
}

/**
 * A platform under the test's control in the test's own process: it rotates refresh tokens without grace, ends the
 * grant at a reuse, and can be told to stumble. The caller closes it.
 */
export const startStub = async () => {
  let baseUrl = '';
  const renewals: Renewal[] = [];
  const writtenListeners = new Set<() => void>();
  const sandbox = createSandbox({ baseUrl: () => baseUrl, platforms: [], clock: systemClock });

  const observe = async (request: Request, { outgoing }: HttpBindings): Promise<void> => {
    if (request.method !== 'POST' || !request.url.endsWith('/oauth/token')) return;
    const presented = new URLSearchParams(await request.clone().text()).get('refresh_token');
    if (presented === null) return;
    const renewal: Renewal = { presented, written: false };
    renewals.push(renewal);
    outgoing.once('finish', () => {
      renewal.written = true;
      for (const listener of writtenListeners) listener();
    });
  };
  const server = createAdaptorServer({
    fetch: async (request, env) => {
      const bindings = env as HttpBindings;
      await observe(request, bindings);
      return sandbox.fetch(request, bindings);
    },
  }) as Server;
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  baseUrl = `http://${host}:${(server.address() as AddressInfo).port}/sandbox`;

  return {
    sandbox,
    control: sandbox.control('sandbox'),
    /** Every renewal that arrived, oldest first. */
    renewals: (): readonly Renewal[] => renewals,
    /** Calls back when an answer to a renewal has been written, until the returned function is called. */
    onWritten(listener: () => void): () => void {
      writtenListeners.add(listener);
      return () => void writtenListeners.delete(listener);
    },
    /** As plain data for the configuration file. */
    provider() {
      const { id: _, ...definition } = sandbox.definition;
      return { ...sandbox.appFor('sandbox'), definition };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export type Stub = Awaited<ReturnType<typeof startStub>>;

/** A stub and an installation that knows it by its configuration file only. */
export interface StubWorld {
  stub: Stub;
  installation: Installation;
  /** `ENCRYPTION_KEYS` of the installation, to look into its database. */
  encryptionKeys: string;
  dispose(): Promise<void>;
}

/** @param keys where the encryption key is: in the settings, or in the file that the first start makes */
export const createStubWorld = async (keys: 'configured' | 'file' = 'configured'): Promise<StubWorld> => {
  const stub = await startStub();
  const encryptionKeys = newEncryptionKey();
  const installation = await createInstallation({
    config: () => ({
      ...(keys === 'configured' ? { encryptionKeys } : {}),
      providers: { sandbox: stub.provider() },
    }),
  });
  return {
    stub,
    installation,
    encryptionKeys,
    async dispose() {
      await installation.dispose();
      await stub.close();
    },
  };
};

/** A flow up to the platform's answer, which the browser has not delivered yet. */
export const approachCallback = async (
  { stub, installation }: StubWorld,
  decision?: Decision,
  request: Partial<ConnectBody> = {},
): Promise<{ flowId: string; browser: Browser; callback: string }> => {
  const started = expectBody(
    await installation.api.connect({ provider: 'sandbox', owner: 'owner-1', skip_confirmation: true, ...request }),
  );
  const browser = createBrowser();
  const authorization = await browser.open(started.url, { stopAt: (url) => url.includes('/oauth/authorize') });
  return { flowId: started.id, browser, callback: await stub.sandbox.consent(authorization.url, decision) };
};

/** Connects an account and gives its connection. */
export const connectPerson = async (world: StubWorld, name: string): Promise<ConnectionBody> => {
  const { flowId, browser, callback } = await approachCallback(world, { name });
  await browser.open(callback);
  const flow = expectBody(await world.installation.api.flow(flowId));
  const [connection] = flow.connections;
  if (!connection) throw new Error(`The flow ended as ${flow.status}: ${JSON.stringify(flow.error)}`);
  return connection;
};
