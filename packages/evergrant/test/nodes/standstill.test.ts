import { expect, onTestFinished, test } from 'vitest';
import { leaseDuration, requestDeadline } from '../../src/grants/timing.ts';
import { describeWithPostgres, type PostgresServer } from '../postgres/support.ts';
import { until } from '../support/wait.ts';
import { type Account, type Cluster, createCluster, type Node } from './cluster.ts';
import { type Platform, startPlatform } from './platform.ts';

const hour = 3_600_000;

interface Scene {
  platform: Platform;
  cluster: Cluster;
  /** The one that stands still. */
  still: Node;
  others: Node[];
}

const setUp = async (server: PostgresServer): Promise<Scene> => {
  const platform = await startPlatform();
  onTestFinished(() => platform.close());
  const cluster = await createCluster(await server.createDatabase(), platform);
  const [still, ...others] = await cluster.startNodes(4);
  return { platform, cluster, still: still!, others };
};

/** Stops a node while answers are on their way to it: they arrive, and nobody is there to read them. */
const standStill = async ({ platform, still }: Scene, accounts: Account[]): Promise<void> => {
  await until('the requests', () => platform.held().length === accounts.length);
  still.service.signal('SIGSTOP');
  platform.release();
};

/** By the platform's books: everything that is stored is what it issued last, and it never saw a spent token. */
const judge = async ({ platform, cluster }: Scene, accounts: Account[]): Promise<void> => {
  expect(platform.refusals()).toBe(0);
  for (const account of accounts) {
    const { grant, row, refreshToken } = await cluster.stored(account);
    expect(platform.accepts(refreshToken), account.token).toBe(true);
    expect(grant).toMatchObject({ status: 'active', reason: null });
    expect(row).toMatchObject({ mark_id: null, lease_owner: null, doubt_since: null });
  }
};

describeWithPostgres('a node that stands still in the middle of a renewal', (server) => {
  test('keeps the others from nothing but its own grant, and stores the answer when it goes on', async () => {
    const scene = await setUp(server);
    const { platform, cluster, still, others } = scene;
    const account = await cluster.connect({ living: -1000, dueIn: hour });
    const elsewhere = await cluster.connect({ living: -1000, dueIn: hour });
    platform.hold(account.token);
    const reading = still.api.token(account.connectionId);
    await standStill(scene, [account]);
    const began = performance.now();

    for (const { api } of others) expect((await api.token(elsewhere.connectionId)).status).toBe(200);
    const refused = await Promise.all(others.map(({ api }) => api.token(account.connectionId)));
    for (const { status, problem, headers } of refused) {
      expect({ status, code: problem?.code }).toEqual({ status: 503, code: 'refresh_in_progress' });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    // The deadline of its request has passed meanwhile, and its lease has not.
    const stood = performance.now() - began;
    expect(stood).toBeGreaterThan(requestDeadline);
    expect(stood).toBeLessThan(leaseDuration);

    still.service.signal('SIGCONT');
    const { accessToken } = await cluster.stored(account).then(async (before) => {
      expect(before.grant.generation).toBe(1);
      await until('its commit', async () => (await cluster.stored(account)).grant.generation === 2);
      return cluster.stored(account);
    });
    expect((await reading).body).toMatchObject({ access_token: accessToken, generation: 2 });
    for (const { api } of others) {
      expect((await api.token(account.connectionId)).body).toMatchObject({ access_token: accessToken });
    }
    expect(platform.requests(account.token)).toBe(1);
    await judge(scene, [account, elsewhere]);
  }, 90_000);

  test('past the end of its lease overwrites nothing, and nothing is lost', async () => {
    const scene = await setUp(server);
    const { platform, cluster, still, others } = scene;
    const [one, two] = [others[0]!, others[1]!];
    const strict = await cluster.connect({ living: hour / 2, dueIn: hour });
    const lenient = await cluster.connect({ kind: 'lenient', living: -1000, dueIn: hour });
    const accounts = [strict, lenient];
    const { accessToken: valid } = await cluster.stored(strict);
    platform.hold(strict.token, lenient.token);
    // Whoever asks waits with it; what it is told in the end is its own affair.
    const asked = Promise.allSettled([still.api.refresh(strict.connectionId), still.api.token(lenient.connectionId)]);
    await standStill(scene, accounts);

    // Without grace a second request could end the grant: nobody sends one while the token lives, and it is served.
    const served = await one.api.token(strict.connectionId);
    expect(served.body).toMatchObject({ access_token: valid, generation: 1 });
    // With grace the same token is presented again as soon as the lease is over.
    const renewed = await until(
      'the renewal by another node',
      async () => {
        const { status, body } = await two.api.token(lenient.connectionId);
        return status === 200 && body;
      },
      { within: 60_000 },
    );
    const before = await cluster.stored(lenient);
    expect(renewed).toMatchObject({ access_token: before.accessToken, generation: 2 });
    expect(platform.requests(lenient.token)).toBe(2);

    still.service.signal('SIGCONT');
    await until('the late answers', async () => {
      const { grant } = await cluster.stored(strict);
      const { candidate } = await cluster.stored(lenient);
      return grant.generation === 2 && candidate !== null;
    });
    await asked;
    const after = await cluster.stored(lenient);
    expect(after).toMatchObject({ accessToken: before.accessToken, refreshToken: before.refreshToken });
    expect(platform.requests(strict.token)).toBe(1);
    await judge(scene, accounts);
    // And life goes on, on every node.
    for (const [index, { api }] of [still, ...others].entries()) {
      for (const { connectionId } of accounts) {
        const { status, body } = await api.refresh(connectionId);
        expect({ status, generation: body.token.generation }).toEqual({ status: 200, generation: 3 + index });
      }
    }
    await judge(scene, accounts);
  }, 120_000);
});
