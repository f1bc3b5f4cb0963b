import { connect, createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { connections, grants, openStore, type Store, schedule } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { Secret } from '../../src/telemetry/secret.ts';
import { aConnection, aGrant, insertConnected, noon } from '../store/rows.ts';
import { host } from '../support/evergrant.ts';
import { until } from '../support/wait.ts';
import { describeWithOwnPostgres, describeWithPostgres } from './support.ts';

const open = async (url: Secret): Promise<Store> => {
  const store = await openStore({ kind: 'postgres', url }, { clock: systemClock });
  onTestFinished(() => store.close());
  return store;
};

const unavailable = expect.objectContaining({ code: 'storage_unavailable' }) as Error;

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing failed',
    (error: unknown) => error,
  );

describeWithOwnPostgres('a server that is stopped and started', (server) => {
  test('costs what is under way, and nothing that comes later', async () => {
    const { url } = await server.createDatabase();
    const store = await open(url);
    await insertConnected(store.db, 'a');
    expect(store.sinceOutage()).toBe(Infinity);

    const begun = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    const transaction = store.transaction(async (tx) => {
      await schedule.update(tx, 'a', { fence: 7 });
      begun.resolve();
      await stopped.promise;
      await schedule.update(tx, 'a', { fence: 8 });
    });
    const running = failureOf(sql`select pg_sleep(60)`.execute(store.db));
    await begun.promise;
    await server.stop();
    stopped.resolve();

    expect(await failureOf(transaction)).toEqual(unavailable);
    expect(await running).toEqual(unavailable);
    expect(await failureOf(grants.byId(store.db, 'a'))).toEqual(unavailable);
    expect(await failureOf(store.write((tx) => schedule.update(tx, 'a', { fence: 9 })))).toEqual(unavailable);

    await server.start();
    expect(await schedule.byGrant(store.db, 'a')).toMatchObject({ fence: 0 });
    expect(store.sinceOutage()).toBe(0);
    await store.write((tx) => schedule.update(tx, 'a', { fence: 9 }));
    expect(store.sinceOutage()).not.toBe(Infinity);
    expect(await schedule.byGrant(store.db, 'a')).toMatchObject({ fence: 9 });
  });

  test('is noticed by a process that asks for nothing', async () => {
    const { url } = await server.createDatabase();
    const store = await open(url);
    await store.transaction((tx) => schedule.byGrant(tx, 'a'));
    await server.stop();
    await until('its idle connection to break', () => store.sinceOutage() === 0);
    await server.start();
    expect(await schedule.byGrant(store.db, 'a')).toBeUndefined();
  });

  test('fails many that wait at the same time, all of them at once', async () => {
    const { url } = await server.createDatabase();
    const store = await open(url);
    await insertConnected(store.db, 'a');
    await server.stop();
    const began = performance.now();
    const failures = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        failureOf(store.write((tx) => schedule.update(tx, 'a', { fence: index }))),
      ),
    );
    expect(failures).toEqual(Array(200).fill(unavailable));
    expect(performance.now() - began).toBeLessThan(10_000);
    await server.start();
    expect(await schedule.byGrant(store.db, 'a')).toMatchObject({ fence: 0 });
  });
});

/** What stands between Evergrant and its database, and may swallow everything without a word. */
const startWire = async (port: number) => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const wire = createServer((client) => {
    const server = connect(port, host);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => {
        if (!isCut) to.write(data);
      });
      from.on('error', () => {});
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => wire.listen(0, host, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    wire.close();
  });
  return {
    port: (wire.address() as { port: number }).port,
    cut: () => {
      isCut = true;
    },
    mend: () => {
      isCut = false;
    },
  };
};

describeWithPostgres('a server that says nothing any more', (server) => {
  test('is given up, and asked anew over another connection', async () => {
    const { url, name } = await server.createDatabase();
    const wire = await startWire(Number(new URL(url.reveal()).port));
    const through = new URL(url.reveal());
    through.port = String(wire.port);
    // The product is more patient; what the connection string says wins.
    through.searchParams.set('query_timeout', '300');
    const store = await open(new Secret(through.href));
    await insertConnected(store.db, 'a');
    // Two connections stand, so that nobody waits for a new one over a wire that is cut.
    await Promise.all([1, 2].map(() => sql`select pg_sleep(0.05)`.execute(store.db)));

    wire.cut();
    const query = failureOf(grants.byId(store.db, 'a'));
    const transaction = failureOf(store.transaction((tx) => schedule.update(tx, 'a', { fence: 1 })));
    expect(await query).toEqual(unavailable);
    expect(await transaction).toEqual(unavailable);
    wire.mend();
    expect(await schedule.byGrant(store.db, 'a')).toMatchObject({ fence: 0 });
    await until('the end of the connections that were given up', async () => {
      const sessions = sql<{ count: number }>`select count(*) from pg_stat_activity where datname = ${name}`;
      return (await sessions.execute(store.db)).rows[0]!.count === 1;
    });
  });
});

describeWithPostgres('a text that PostgreSQL cannot hold', (server) => {
  test('is stored as near as can be, and finds nothing', async () => {
    const store = await open((await server.createDatabase()).url);
    await insertConnected(store.db, 'a', { connection: { name: 'A\0da' } });
    expect(await connections.byId(store.db, 'a')).toMatchObject({ name: 'A\uFFFDda' });
    expect(await connections.byId(store.db, 'a\0')).toBeUndefined();
    expect(await connections.list(store.db, { owner: '\0', limit: 1 }, noon)).toEqual([]);
  });
});

describeWithPostgres('processes on one database', (server) => {
  const openTwo = async (): Promise<[Store, Store]> => {
    const { url } = await server.createDatabase();
    return [await open(url), await open(url)];
  };

  test('are not kept waiting by one that stands still in the middle of a transaction', async () => {
    const [store, other] = await openTwo();
    const { rows } = await sql`show idle_in_transaction_session_timeout`.execute(store.db);
    expect(rows).toEqual([{ idle_in_transaction_session_timeout: '15s' }]);
    await insertConnected(store.db, 'a');

    const stands = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    const still = failureOf(
      store.transaction(async (tx) => {
        await sql`set local idle_in_transaction_session_timeout = 200`.execute(tx);
        await schedule.byGrant(tx, 'a', true);
        stands.resolve();
        await goesOn.promise;
        await schedule.update(tx, 'a', { fence: 1 });
      }),
    );
    await stands.promise;
    await other.transaction(async (tx) => {
      await schedule.byGrant(tx, 'a', true);
      await schedule.update(tx, 'a', { fence: 2 });
    });
    goesOn.resolve();
    expect(await still).toEqual(unavailable);
    expect(await schedule.byGrant(store.db, 'a')).toMatchObject({ fence: 2 });
  });

  test('that lock rows crosswise both come through', async () => {
    const [store, other] = await openTwo();
    for (const id of ['a', 'b']) await insertConnected(store.db, id);
    const [oneHolds, otherHolds] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const lock = (on: Store, first: string, second: string, mine: typeof oneHolds, theirs: typeof oneHolds) =>
      on.transaction(async (tx) => {
        for (const id of [first, second]) {
          const row = (await schedule.byGrant(tx, id, true))!;
          await schedule.update(tx, id, { fence: row.fence + 1 });
          mine.resolve();
          await theirs.promise;
        }
      });
    await Promise.all([lock(store, 'a', 'b', oneHolds, otherHolds), lock(other, 'b', 'a', otherHolds, oneHolds)]);
    expect(await schedule.byGrant(store.db, 'a')).toMatchObject({ fence: 2 });
    expect(await schedule.byGrant(store.db, 'b')).toMatchObject({ fence: 2 });
  });

  test('that connect the same account at once make one connection of it', async () => {
    const [store, other] = await openTwo();
    const account = { provider: 'acme', owner: 'owner', accountId: 'account' };
    for (const id of ['one', 'two']) await grants.insert(store.db, aGrant(id));
    const looked = Array.from({ length: 2 }, () => Promise.withResolvers<void>());
    const attach = (on: Store, id: string, index: number) =>
      on.transaction(async (tx) => {
        const known = await connections.byAccount(tx, account);
        looked[index]!.resolve();
        await looked[1 - index]!.promise;
        if (known) await connections.update(tx, known.id, { grant_id: id, updated_at: noon });
        else await connections.insert(tx, aConnection(id, id, { account_id: 'account' }));
        return known?.id ?? id;
      });
    const ids = await Promise.all([attach(store, 'one', 0), attach(other, 'two', 1)]);
    expect(new Set(ids).size).toBe(1);
    expect(await connections.byAccount(store.db, account)).toMatchObject({ id: ids[0] });
  });

  test('pass over what another one is changing, where they change many rows at once', async () => {
    const [store, other] = await openTwo();
    for (const id of ['a', 'b']) await insertConnected(store.db, id, { schedule: { deadline_at: noon } });
    await store.transaction(async (tx) => {
      await schedule.byGrant(tx, 'a', true);
      await schedule.noteUse(other.db, ['a', 'b'], noon + 1);
      await schedule.raiseUrgency(other.db, noon);
      const claimed = await other.transaction((otherTx) =>
        schedule.candidates(otherTx, { provider: 'acme', clientId: 'client' }, noon, 10),
      );
      expect(claimed.map(({ grant_id }) => grant_id)).toEqual(['b']);
    });
    expect(await schedule.byGrant(store.db, 'a')).toMatchObject({ urgency: 2, last_used_at: null });
    expect(await schedule.byGrant(store.db, 'b')).toMatchObject({ urgency: 0, last_used_at: noon + 1 });
  });

  test('wait for a connection when there are more of them than the pool holds', async () => {
    const [store] = await openTwo();
    await insertConnected(store.db, 'a');
    await Promise.all(
      Array.from({ length: 100 }, () =>
        store.transaction(async (tx) => {
          const row = (await schedule.byGrant(tx, 'a', true))!;
          await schedule.update(tx, 'a', { fence: row.fence + 1 });
        }),
      ),
    );
    expect(await schedule.byGrant(store.db, 'a')).toMatchObject({ fence: 100 });
    const sessions = sql<{ count: number }>`select count(*) from pg_stat_activity where application_name = 'evergrant'`;
    expect((await sessions.execute(store.db)).rows[0]!.count).toBeLessThanOrEqual(11);
  });
});
