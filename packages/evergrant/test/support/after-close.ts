import { expect } from 'vitest';
import { createEvergrant, type Evergrant } from '../../src/evergrant.ts';
import type { EvergrantConfig } from '../../src/settings/index.ts';

/** All that an application may still hold in its hand. */
const uses: Record<string, (evergrant: Evergrant) => Promise<unknown>> = {
  connect: (evergrant) => evergrant.connect({ provider: 'linkedin', owner: 'o' }),
  getFlow: (evergrant) => evergrant.getFlow('flow_1', { wait: 1000 }),
  chooseAccounts: (evergrant) => evergrant.chooseAccounts('flow_1', ['1']),
  getAccessToken: (evergrant) => evergrant.getAccessToken('conn_1'),
  reportRejected: (evergrant) => evergrant.reportRejected('conn_1', 1),
  fetch: (evergrant) => evergrant.fetch('conn_1', '/me'),
  sign: (evergrant) => evergrant.sign('conn_1', { method: 'GET', url: 'https://api.linkedin.com/v2/me' }),
  refresh: (evergrant) => evergrant.refresh('conn_1'),
  disconnect: (evergrant) => evergrant.disconnect('conn_1'),
  getConnection: (evergrant) => evergrant.getConnection('conn_1'),
  listConnections: (evergrant) => evergrant.listConnections(),
  listEvents: (evergrant) => evergrant.listEvents('conn_1'),
  listAllEvents: (evergrant) => evergrant.listAllEvents(),
  listRenewals: (evergrant) => evergrant.listRenewals('conn_1'),
  updateConnection: (evergrant) => evergrant.updateConnection('conn_1', { disabled: true }),
  inspect: (evergrant) => evergrant.inspect(),
  'provider.generateAuthUrl': (evergrant) => evergrant.provider('linkedin').generateAuthUrl({ owner: 'o' }),
  'provider.refreshToken': (evergrant) => evergrant.provider('linkedin').refreshToken('conn_1'),
  'apps.set': (evergrant) => evergrant.apps.set('vk', { clientId: 'another' }),
  'keys.create': (evergrant) => evergrant.keys.create({ name: 'k', permissions: ['connections:read'] }),
  'keys.list': (evergrant) => evergrant.keys.list({ limit: 1 }),
  'webhooks.endpoints.list': (evergrant) => evergrant.webhooks.endpoints.list({}),
  'vault.keyUse': (evergrant) => evergrant.vault.keyUse(),
};

/** What an Evergrant answers that was closed while it worked, and was closed once more. */
export const expectItSaysThatItIsClosed = async (config: EvergrantConfig): Promise<void> => {
  const app = { clientId: 'id', clientSecret: 'secret' };
  const evergrant = await createEvergrant({
    publicUrl: 'http://localhost:3000',
    ...config,
    providers: { linkedin: app },
  });
  expect((await evergrant.handler(new Request('http://localhost:3000/readyz'))).status).toBe(200);
  await Promise.all([evergrant.close(), evergrant.close()]);
  await evergrant.close();

  for (const [name, use] of Object.entries(uses)) {
    const error: unknown = await use(evergrant).catch((reason: unknown) => reason);
    expect({ name, error }).toEqual({
      name,
      error: expect.objectContaining({
        code: 'conflict',
        actor: 'developer',
        retryable: false,
        message: expect.stringContaining('close() was called on this Evergrant'),
      }),
    });
  }
  // Whoever asks over HTTP has made no mistake, and may find another server.
  const headers = { authorization: `Bearer ${evergrant.newApiKey?.reveal()}` };
  const answers = ['/readyz', '/v1/connections'].map(async (path) => {
    const { status } = await evergrant.handler(new Request(`http://localhost:3000${path}`, { headers }));
    return status;
  });
  expect(await Promise.all(answers)).toEqual([503, 503]);
};
