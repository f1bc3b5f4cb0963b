import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { query, storedGrants } from '../support/database.ts';
import { startReceiver } from '../support/receiver.ts';
import { approachCallback, connectPerson, createStubWorld, type StubWorld } from '../support/stub.ts';
import { until } from '../support/wait.ts';

let world: StubWorld;

beforeEach(async () => {
  world = await createStubWorld();
});
afterEach(() => world.dispose());

const database = () => world.installation.database;

const expectCommitted = (): void => {
  const [grant] = storedGrants(database(), world.encryptionKeys);
  expect(grant).toMatchObject({ generation: 2, status: 'active' });
  expect(world.stub.control.chain(grant!.refreshToken)).toBe(true);
  expect(query(database(), 'select 1 from journal')).toEqual([]);
  expect(query(database(), 'select 1 from schedule where lease_until is not null or mark_id is not null')).toEqual([]);
};

describe('SIGTERM', () => {
  test('lets a refresh and its caller finish', async () => {
    const { installation, stub } = world;
    const service = await installation.start();
    const { id } = await connectPerson(world, 'Ada Example');
    stub.control.answerNext({ delayMs: 700 });
    const call = installation.api.refresh(id);
    await until('the request', () => stub.control.tokenRequests().refresh === 1);

    const begin = performance.now();
    expect(await service.stop()).toBe(0);
    // The caller keeps its connection alive, which is no reason to wait for it.
    expect(performance.now() - begin).toBeLessThan(4000);
    expect(expectBody(await call)).toMatchObject({ token: { generation: 2 } });
    expectCommitted();
  });

  test('commits the answer to a refresh that nobody waits for', async () => {
    const { installation, stub } = world;
    const service = await installation.start();
    const { id } = await connectPerson(world, 'Ada Example');
    stub.control.answerNext({ delayMs: 700 });
    const leaving = new AbortController();
    const call = installation.api.call('POST', `/v1/connections/${id}/refresh`, { signal: leaving.signal });
    await until('the request', () => stub.control.tokenRequests().refresh === 1);
    leaving.abort();
    await expect(call).rejects.toThrow();

    expect(await service.stop()).toBe(0);
    expectCommitted();
  });

  test('finishes a flow whose browser has gone', async () => {
    const { installation, stub } = world;
    const service = await installation.start();
    const { flowId, callback, browser } = await approachCallback(world);
    stub.control.answerNext({ delayMs: 700 });
    const leaving = new AbortController();
    const visit = browser.open(callback, { signal: leaving.signal });
    await until('the exchange', () => stub.control.tokenRequests().exchange === 1);
    leaving.abort();
    await expect(visit).rejects.toThrow();

    expect(await service.stop()).toBe(0);
    expect(query(database(), 'select id, status from flows')).toMatchObject([{ id: flowId, status: 'connected' }]);
    expect(query(database(), 'select status from grants')).toMatchObject([{ status: 'active' }]);
  });

  test('waits for no webhook endpoint that hangs; what it was sent comes again after the next start', async () => {
    const { installation } = world;
    const receiver = await startReceiver(() => 'hang');
    const service = await installation.start();
    const { body: webhook } = await installation.api.call<{ id: string }>('POST', '/v1/webhooks', {
      body: { url: receiver.url },
    });
    await connectPerson(world, 'Ada Example');
    await until('the delivery', () => receiver.received.length === 1);
    const begin = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - begin).toBeLessThan(6000);

    receiver.behave(() => ({ status: 204 }));
    await installation.start();
    await until('the delivery again', () => receiver.received.length === 2, { within: 10_000 });
    const [first, second] = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(second).toBe(first);
    const deliveries = () =>
      installation.api.call<{ data: object[] }>('GET', `/v1/webhooks/${webhook.id}/deliveries`).then(expectBody);
    await until('it to be noted', async () => JSON.stringify((await deliveries()).data).includes('"delivered"'));
    expect((await deliveries()).data).toMatchObject([{ attempts: 1, status: 'delivered' }]);
    const endpoint = expectBody(await installation.api.call<object>('GET', `/v1/webhooks/${webhook.id}`));
    expect(endpoint).toMatchObject({ failing_since: null });
  });

  test('is obeyed at once by a service that has nothing to do', async () => {
    const service = await world.installation.start();
    const begin = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - begin).toBeLessThan(3000);
    await expect(fetch(`${world.installation.url}/healthz`)).rejects.toThrow();
  });
});
