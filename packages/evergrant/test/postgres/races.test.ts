import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { createConnections } from '../../src/connections/connections.ts';
import { EvergrantError } from '../../src/errors/index.ts';
import { claimDue } from '../../src/grants/claim.ts';
import type { Context } from '../../src/grants/context.ts';
import { warnOfEnds } from '../../src/grants/expiring.ts';
import { noteDegraded } from '../../src/grants/failing.ts';
import { block, gateKey } from '../../src/grants/gate.ts';
import { createInstanceApps } from '../../src/grants/instance-apps.ts';
import { endWithoutRenewal } from '../../src/grants/read.ts';
import { createRenewals } from '../../src/grants/renew.ts';
import {
  appOf,
  createTestContext,
  definitionOf,
  openTestStore,
  protocolOf,
  seedGrant,
  testVault,
} from '../../src/grants/test-support.ts';
import { connections, gates, grants, type Queryable, type Store, schedule } from '../../src/store/index.ts';
import { Secret } from '../../src/telemetry/secret.ts';
import { createManualClock } from '../../src/testing/manual-clock.ts';
import { aConnection } from '../store/rows.ts';
import { until } from '../support/wait.ts';
import { describeWithPostgres } from './support.ts';

const hour = 3_600_000;
const day = 24 * hour;

/*
 * Two nodes on one database, at the same moment. On SQLite one of them simply comes after the other.
 */
describeWithPostgres('two nodes at the same moment', (server) => {
  const createNodes = async () => {
    const { url } = await server.createDatabase();
    const clock = createManualClock();
    const vault = testVault();
    const app = appOf(
      definitionOf(
        { rotates: true, grace: 0, reuseRevokes: true, lifetime: hour },
        { lifetime: { fixed: (20 * day) / 1000 } },
      ),
    );
    const protocol = protocolOf(async () => ({ status: 500, headers: {}, body: '' }));
    const createNode = async (node: string): Promise<Context> => {
      const store = await openTestStore(clock, { kind: 'postgres', url });
      onTestFinished(() => store.close());
      return createTestContext({ store, vault, clock, app, protocol, node });
    };
    return { clock, one: await createNode('one'), two: await createNode('two') };
  };

  const typesOf = async ({ db }: Store): Promise<string[]> =>
    (await db.selectFrom('events').select('type').orderBy('type').execute()).map(({ type }) => type);

  /** How many wait for a lock in this database. */
  const waiting = async ({ db }: Store): Promise<number> => {
    const sessions = sql<{ count: number }>`select count(*) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return (await sessions.execute(db)).rows[0]!.count;
  };

  /** Changes a grant in a transaction that ends only when `during` waits for it, or is through. */
  const whileChanging = async (
    { store }: Context,
    grantId: string,
    change: (tx: Queryable) => Promise<void>,
    during: () => Promise<void>,
  ): Promise<void> => {
    let met: Promise<void> | undefined;
    let isThrough = false;
    await store.transaction(async (tx) => {
      await schedule.byGrant(tx, grantId, true);
      await change(tx);
      met = during().finally(() => {
        isThrough = true;
      });
      await until('the other node', async () => isThrough || (await waiting(store)) > 0);
    });
    await met;
  };

  const error = new EvergrantError('provider_unavailable');

  test('find an app failing, and the second knows of the first', async () => {
    const { clock, one, two } = await createNodes();
    const app = one.apps.list()[0]!;
    await gates.ensure(one.store.db, gateKey(app), clock.now());
    const find = (context: Context) =>
      context.store.transaction((tx) => block(context, tx, app, 'outage', error, clock.now()));
    let met: Promise<unknown> | undefined;
    let isThrough = false;
    await one.store.transaction(async (tx) => {
      await block(one, tx, app, 'outage', error, clock.now());
      met = find(two).finally(() => {
        isThrough = true;
      });
      await until('the other node', async () => isThrough || (await waiting(one.store)) > 0);
    });
    await met;
    expect(await gates.find(one.store.db, gateKey(app))).toMatchObject({ blocked_by: 'outage', failures: 1 });
  });

  test('disconnect the last two siblings, and one of them removes the grant', async () => {
    const { one, two } = await createNodes();
    for (let round = 0; round < 10; round++) {
      const { grantId, connectionId } = await seedGrant(one, { refreshToken: 'rt', lifetime: hour });
      const sibling = `conn_sibling_${round}`;
      await connections.insert(one.store.db, aConnection(sibling, grantId));
      const disconnect = (node: Context, id: string) =>
        createConnections(node, createRenewals(node), { publicUrl: 'https://evergrant.example' }).disconnect(id);
      await Promise.all([disconnect(one, connectionId), disconnect(two, sibling)]);
      expect(await grants.byId(one.store.db, grantId)).toBeUndefined();
    }
  });

  test('warn of the same end, once', async () => {
    const { one, two, clock } = await createNodes();
    for (let count = 0; count < 20; count++) {
      const end = clock.now() + 10 * day;
      const { grantId } = await seedGrant(one, { refreshToken: 'rt', lifetime: hour, refreshExpiresAt: end });
      await grants.update(one.store.db, grantId, { warn_at: clock.now() });
    }
    await Promise.all([warnOfEnds(one), warnOfEnds(two)]);
    expect(await typesOf(one.store)).toEqual(Array(20).fill('connection.expiring'));
  });

  test('look at what is due: each grant is claimed by one, and the other does not wait for it', async () => {
    const { one, two, clock } = await createNodes();
    for (let count = 0; count < 5; count++) await seedGrant(one, { refreshToken: 'rt', lifetime: hour });
    clock.advance(hour);
    const { store } = one;
    let met: ReturnType<typeof claimDue> | undefined;
    let [isThrough, hasWaited] = [false, false];
    const context: Context = {
      ...one,
      store: {
        ...store,
        // The second looks when the first has chosen, and before that is committed.
        transaction: (work) =>
          store.transaction(async (tx) => {
            const result = await work(tx);
            met = claimDue(two, 10).finally(() => {
              isThrough = true;
            });
            await until('the other node', async () => {
              hasWaited ||= (await waiting(two.store)) > 0;
              return isThrough || hasWaited;
            });
            return result;
          }),
      },
    };
    expect((await claimDue(context, 10)).claims).toHaveLength(5);
    expect((await met!).claims).toEqual([]);
    expect(hasWaited).toBe(false);
  });

  test('find that a blocked platform may be probed, and send one probe', async () => {
    const { one, two, clock } = await createNodes();
    const gate = gateKey(one.apps.list()[0]!);
    // So many that one node cannot lock all among which the other one chooses.
    for (let count = 0; count < 150; count++) await seedGrant(one, { refreshToken: 'rt', lifetime: hour });
    clock.advance(hour);
    await gates.ensure(one.store.db, gate, clock.now());
    for (let round = 0; round < 10; round++) {
      await gates.update(one.store.db, gate, { blocked_by: 'outage', probes: 1, probe_at: clock.now() });
      const batches = await Promise.all([claimDue(one, 10), claimDue(two, 10)]);
      expect(batches.flatMap(({ claims }) => claims.map(({ probing }) => probing))).toEqual([true]);
      await one.store.db
        .updateTable('schedule')
        .set({ due_at: clock.now(), lease_until: null, mark_id: null, mark_at: null })
        .execute();
    }
  });

  test('renew a grant and find that its token ran out: it is not degraded', async () => {
    const { one, two, clock } = await createNodes();
    const { grantId } = await seedGrant(one, { refreshToken: 'rt', lifetime: hour });
    clock.advance(hour);
    await whileChanging(
      one,
      grantId,
      (tx) => grants.update(tx, grantId, { generation: 2, expires_at: clock.now() + hour }),
      () => noteDegraded(two, grantId, error),
    );
    expect(await grants.byId(one.store.db, grantId)).toMatchObject({ degraded_at: null, last_error: null });
    expect(await typesOf(one.store)).toEqual([]);
  });

  test('renew a grant and find that nothing can renew it: it does not end', async () => {
    const { one, two, clock } = await createNodes();
    const { grantId } = await seedGrant(one, { refreshToken: null, lifetime: hour });
    clock.advance(hour);
    await whileChanging(
      one,
      grantId,
      (tx) => grants.update(tx, grantId, { generation: 2, expires_at: clock.now() + hour }),
      () => endWithoutRenewal(two, grantId),
    );
    expect(await grants.byId(one.store.db, grantId)).toMatchObject({ status: 'active' });
  });

  test('renew a grant and switch its connection off and on: the plan is that of the new token', async () => {
    const { one, two, clock } = await createNodes();
    const { grantId, connectionId } = await seedGrant(one, { refreshToken: 'rt', lifetime: hour });
    const api = createConnections(two, createRenewals(two), { publicUrl: 'https://evergrant.example' });
    await api.update(connectionId, { disabled: true });
    clock.advance(hour);
    await whileChanging(
      one,
      grantId,
      (tx) => grants.update(tx, grantId, { generation: 2, issued_at: clock.now(), expires_at: clock.now() + hour }),
      () => api.update(connectionId, { disabled: false }).then(() => {}),
    );
    const row = await schedule.byGrant(one.store.db, grantId);
    expect(row!.due_at).toBeGreaterThan(clock.now());
  });

  test('register an app at an instance: both go on with the same one', async () => {
    const { one, two } = await createNodes();
    const { clientId: _, clientSecret: __, ...settings } = one.apps.list()[0]!;
    const app = { ...settings, variables: { instance: 'one.example' } };
    const registration = { endpoint: 'https://{instance}/apps', parameters: {} };
    for (let round = 0; round < 10; round++) {
      const both = Promise.withResolvers<void>();
      let registered = 0;
      const register = async () => {
        const clientId = `client ${round} ${++registered}`;
        if (registered === 2) both.resolve();
        await both.promise;
        return { clientId, clientSecret: new Secret(`secret of ${clientId}`) };
      };
      const nodes = [one, two].map((node) => createInstanceApps(node, register, 'https://evergrant.example'));
      const scoped = { ...app, scopes: [`scope ${round}`] };
      const [first, second] = await Promise.all(nodes.map((node) => node.clientIdOf(scoped, registration)));
      expect(registered).toBe(2);
      expect(first).toBe(second);
      for (const node of nodes) {
        expect(await node.clientIdOf(scoped, registration)).toBe(first);
        const secret = await node.secretOf({ ...scoped, clientId: first!, clientSecret: null });
        expect(secret.reveal()).toBe(`secret of ${first}`);
        const unknown = { ...scoped, clientId: `client ${round} 3`, clientSecret: null };
        await expect(node.secretOf(unknown)).rejects.toMatchObject({ code: 'provider_not_configured' });
      }
    }
  });
});
