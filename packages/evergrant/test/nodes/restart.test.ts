import { expect, onTestFinished, test } from 'vitest';
import { journal } from '../../src/store/index.ts';
import { describeWithOwnPostgres } from '../postgres/support.ts';
import { until } from '../support/wait.ts';
import { type Account, createCluster } from './cluster.ts';
import { startPlatform } from './platform.ts';

const second = 1000;
const count = 200;

describeWithOwnPostgres('a server that is restarted while grants are renewed', (server) => {
  test('loses none of them, and no node ends', async () => {
    const platform = await startPlatform();
    onTestFinished(() => platform.close());
    const cluster = await createCluster(await server.createDatabase(), platform);
    const accounts: Account[] = [];
    const nodes = await cluster.startNodes(4);
    platform.answerAfter(50);
    // They come due one after the other, over twenty seconds.
    for (let index = 0; index < count; index++) {
      accounts.push(await cluster.connect({ living: 60 * second, dueIn: (index * 20 * second) / count }));
    }
    const renewed = () => accounts.filter(({ token }) => platform.requests(token) > 0).length;

    for (const outage of [1, 2]) {
      const before = renewed();
      await until('renewals', () => renewed() >= before + 20, { within: 30_000 });
      platform.hold();
      await until('answers on their way', () => platform.held().length >= 5);
      await server.stop();
      const caught = platform.held().length;
      platform.release();
      const spooled = () => nodes.reduce((sum, node) => sum + node.spooled(), 0);
      // With them lies what was on its way when the platform began to hold answers back.
      await until(`what arrives in outage ${outage} lies in the spools`, () => spooled() >= caught);
      for (const { api } of nodes) {
        const { status, problem } = await api.token(accounts[0]!.connectionId);
        expect({ status, code: problem?.code }).toEqual({ status: 503, code: 'storage_unavailable' });
        expect((await api.call('GET', '/readyz')).problem?.code).toBe('storage_unavailable');
      }
      await server.start();
      await until('the spools are empty', () => spooled() === 0);
    }

    await until(
      'every renewal',
      async () => {
        const rows = await cluster.store.db.selectFrom('grants').select('generation').execute();
        return rows.every(({ generation }) => generation > 1);
      },
      { within: 60_000, every: 200 },
    );
    await until('every mark is resolved', async () => {
      const rows = await cluster.store.db.selectFrom('schedule').select(['mark_id', 'lease_until']).execute();
      return rows.every(({ mark_id, lease_until }) => mark_id === null && lease_until === null);
    });
    expect(platform.refusals()).toBe(0);
    for (const account of accounts) {
      const { grant, refreshToken, candidate } = await cluster.stored(account);
      expect(grant).toMatchObject({ status: 'active', generation: 2 });
      expect({ accepted: platform.accepts(refreshToken), candidate }).toEqual({ accepted: true, candidate: null });
      expect(platform.requests(account.token)).toBe(1);
    }
    expect(await journal.unfinishedRenewals(cluster.store.db, Number.MAX_SAFE_INTEGER)).toEqual([]);
    for (const { service, api } of nodes) {
      expect(service.hasEnded()).toBe(false);
      expect((await api.call('GET', '/readyz')).status).toBe(200);
    }
    for (const node of nodes) expect(await node.service.stop(), node.output()).toBe(0);
  }, 180_000);

  test('loses nothing of what a node received meanwhile, even if that node is killed before the server is back', async () => {
    const platform = await startPlatform();
    onTestFinished(() => platform.close());
    const cluster = await createCluster(await server.createDatabase(), platform);
    const [node] = await cluster.startNodes(1);
    platform.hold();
    const accounts: Account[] = [];
    for (let index = 0; index < 10; index++) accounts.push(await cluster.connect({ living: 60 * second, dueIn: 0 }));
    await until('the requests', () => platform.held().length === accounts.length, { within: 30_000 });
    await server.stop();
    platform.release();
    await until('the spool', () => node!.spooled() === accounts.length);
    await node!.service.kill();
    await server.start();

    await node!.startAgain();
    // It drains its spool before it takes anything up.
    for (const account of accounts) {
      const { grant, row, refreshToken } = await cluster.stored(account);
      expect(grant).toMatchObject({ status: 'active', generation: 2 });
      expect(row).toMatchObject({ mark_id: null, lease_until: null });
      expect(platform.accepts(refreshToken)).toBe(true);
      expect(platform.requests(account.token)).toBe(1);
    }
    expect(node!.spooled()).toBe(0);
    expect(platform.refusals()).toBe(0);
  }, 90_000);

  test('lets a node stop when it has nothing left to store, and keeps one waiting that has', async () => {
    const platform = await startPlatform();
    onTestFinished(() => platform.close());
    const cluster = await createCluster(await server.createDatabase(), platform);
    const fresh = await cluster.connect({ living: 1000 * second, dueIn: 1000 * second });
    const [idle, busy] = await cluster.startNodes(2);
    // That a token was read is a note which has not been written when the server goes.
    for (const { api } of [idle!, busy!]) expect((await api.token(fresh.connectionId)).status).toBe(200);
    const account = await cluster.connect({ living: -1000, dueIn: 1000 * second });
    platform.hold();
    const reading = busy!.api.token(account.connectionId).catch(() => null);
    await until('the request', () => platform.held().length === 1);
    await server.stop();
    platform.release();
    await until('the spool', () => busy!.spooled() === 1);

    busy!.service.signal('SIGTERM');
    expect(await idle!.service.stop(), idle!.output()).toBe(0);
    expect(busy!.service.hasEnded()).toBe(false);
    await server.start();
    expect((await busy!.service.ended).status, busy!.output()).toBe(0);
    await reading;
    const { grant, refreshToken } = await cluster.stored(account);
    expect({ generation: grant.generation, accepted: platform.accepts(refreshToken) }).toEqual({
      generation: 2,
      accepted: true,
    });
    expect(busy!.spooled()).toBe(0);
  }, 90_000);
});
