import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { query, storedGrants } from '../support/database.ts';
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

  test('is obeyed at once by a service that has nothing to do', async () => {
    const service = await world.installation.start();
    const begin = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - begin).toBeLessThan(3000);
    await expect(fetch(`${world.installation.url}/healthz`)).rejects.toThrow();
  });
});
