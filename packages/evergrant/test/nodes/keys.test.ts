import { expect, test } from 'vitest';
import { createApi, expectBody } from '../support/api.ts';
import { newEncryptionKey, useInstallation } from '../support/evergrant.ts';

/** Two processes on one database. */
const startTwo = async () => {
  const ENCRYPTION_KEYS = newEncryptionKey();
  const one = await useInstallation({ environment: { ENCRYPTION_KEYS } });
  const two = await useInstallation({ environment: { ENCRYPTION_KEYS, DATABASE_URL: `sqlite:${one.database}` } });
  await one.start();
  await two.start();
  return { one, two };
};

test('A10 a key that one process revoked opens nothing in another from that moment on', async () => {
  const { one, two } = await startTwo();
  for (const [here, there] of [
    [one, two],
    [two, one],
  ] as const) {
    const body = { name: 'worker', permissions: ['connections:read'] };
    const made = expectBody(await here.api.call<{ id: string; key: string }>('POST', '/v1/keys', { body }));
    const worker = createApi(there.url, made.key);
    // Often enough that whatever remembers keys would remember it.
    for (let read = 0; read < 20; read++) expect((await worker.connections()).status).toBe(200);
    expect((await here.api.call('DELETE', `/v1/keys/${made.id}`)).status).toBe(204);
    const refused = await worker.connections();
    expect({ status: refused.status, code: refused.problem?.code }).toEqual({ status: 401, code: 'unauthenticated' });
  }
});

test('A10 a key that was revoked on the command line opens nothing in the service from that moment on', async () => {
  const { one, two } = await startTwo();
  const created = await two.run(['keys', 'create', 'worker', '--permissions', 'connections:read', '--json']);
  const { id, key } = JSON.parse(created.stdout) as { id: string; key: string };
  const worker = createApi(one.url, key);
  expect((await worker.connections()).status).toBe(200);
  expect(await two.run(['keys', 'revoke', id])).toMatchObject({ status: 0 });
  expect((await worker.connections()).status).toBe(401);
});
