import { expect, test } from 'vitest';
import {
  createHorizon,
  eventCursors,
  events,
  type Queryable,
  type WebhookDeliveryRow,
  webhookDeliveries,
  webhookEndpoints,
} from '../../src/store/index.ts';
import { aDelivery, anEndpoint, anEvent, noon } from './rows.ts';
import { anotherStore, describeOnEachDatabase } from './support.ts';

const second = 1000;
const endpoint = 'whk_1';

const claimHow = (limit: number, claim = 'claim') => ({ now: noon, until: noon + 30 * second, claim, limit });

/** What is due, by id. */
const dueOf = async (db: Queryable): Promise<Record<string, number | null>> => {
  const rows = await db.selectFrom('webhook_deliveries').select(['id', 'next_at']).orderBy('id').execute();
  return Object.fromEntries(rows.map(({ id, next_at }) => [id, next_at]));
};

const settle = (db: Queryable, delivery: WebhookDeliveryRow, status: WebhookDeliveryRow['status']) =>
  webhookDeliveries.settle(db, { ...delivery, claim: delivery.claim! }, { status, next_at: null });

describeOnEachDatabase('the outbox of webhooks', (database) => {
  /** Three events of one connection and one of another, of which the first ones are due. */
  const fill = async (db: Queryable): Promise<void> => {
    await webhookEndpoints.insert(db, anEndpoint(endpoint));
    await webhookDeliveries.insert(db, [
      aDelivery('dlv_1', { subject: 'a', position: 1, next_at: noon }),
      aDelivery('dlv_2', { subject: 'a', position: 2 }),
      aDelivery('dlv_3', { subject: 'b', position: 3, next_at: noon - second }),
      aDelivery('dlv_4', { subject: 'a', position: 4 }),
      aDelivery('dlv_other', { endpoint_id: 'whk_2', subject: 'a', position: 1 }),
    ]);
  };

  test('gives each delivery to one who asks, and only what is due', async () => {
    const { store } = database;
    await fill(store.db);
    const other = await anotherStore(database);
    const claims = await Promise.all(
      [store, other].map((one, index) =>
        one.transaction((tx) => webhookDeliveries.claimDue(tx, endpoint, claimHow(1, `claim ${index}`))),
      ),
    );
    expect(claims.map((claimed) => claimed.length)).toEqual([1, 1]);
    expect(
      claims
        .flat()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(['dlv_1', 'dlv_3']);
    for (const one of claims.flat()) {
      expect(one).toMatchObject({ attempts: 1, next_at: noon + 30 * second, last_attempt_at: noon });
    }
    expect(await webhookDeliveries.claimDue(store.db, endpoint, claimHow(10))).toEqual([]);
  });

  test('takes the longest due first', async () => {
    const { db } = database.store;
    await fill(db);
    expect(await webhookDeliveries.claimDue(db, endpoint, claimHow(1))).toMatchObject([{ id: 'dlv_3' }]);
  });

  test('believes only the one who holds the claim', async () => {
    const { db } = database.store;
    await fill(db);
    const [old] = await webhookDeliveries.claimDue(db, endpoint, claimHow(1, 'old'));
    const later = { ...claimHow(10, 'new'), now: noon + 31 * second };
    const again = (await webhookDeliveries.claimDue(db, endpoint, later)).find(({ id }) => id === old!.id);
    expect(again).toMatchObject({ attempts: 2, claim: 'new' });
    expect(await settle(db, old!, 'failed')).toBe(false);
    expect(await settle(db, again!, 'delivered')).toBe(true);
    expect(await settle(db, again!, 'delivered')).toBe(false);
  });

  test('lets the next of a subject follow, one at a time', async () => {
    const { db } = database.store;
    await fill(db);
    const claimed = await webhookDeliveries.claimDue(db, endpoint, claimHow(10));
    expect(await webhookDeliveries.pendingSubjects(db, endpoint, ['a', 'b', 'c'])).toEqual(new Set(['a', 'b']));
    for (const one of claimed) await settle(db, one, 'delivered');
    await webhookDeliveries.promote(db, endpoint, noon + 5, 'b');
    expect(await dueOf(db)).toMatchObject({ dlv_2: null, dlv_4: null });
    await webhookDeliveries.promote(db, endpoint, noon + 5, 'a');
    expect(await dueOf(db)).toEqual({ dlv_1: null, dlv_2: noon + 5, dlv_3: null, dlv_4: null, dlv_other: null });
    const rows = await webhookDeliveries.list(db, endpoint, { limit: 10 });
    const preceded = await Promise.all(rows.map((row) => webhookDeliveries.isPreceded(db, row)));
    expect(preceded).toEqual([true, false, false, false]);
  });

  test('sets back what is replayed, before what came after it', async () => {
    const { db } = database.store;
    await fill(db);
    for (const one of await webhookDeliveries.claimDue(db, endpoint, claimHow(10))) await settle(db, one, 'failed');
    await webhookDeliveries.promote(db, endpoint, noon);
    expect(await webhookDeliveries.replay(db, endpoint, { ids: ['dlv_1', 'dlv_other'] }, noon + 9)).toBe(1);
    expect(await dueOf(db)).toEqual({ dlv_1: noon + 9, dlv_2: null, dlv_3: null, dlv_4: null, dlv_other: null });
    expect(await webhookDeliveries.byId(db, endpoint, 'dlv_1')).toMatchObject({ status: 'pending', attempts: 0 });
    const selection = { status: 'failed' as const, since: noon, until: noon + 1 };
    expect(await webhookDeliveries.replay(db, endpoint, { ...selection, until: noon }, noon + 9)).toBe(0);
    expect(await webhookDeliveries.replay(db, endpoint, selection, noon + 9)).toBe(1);
    expect(await webhookDeliveries.replay(db, endpoint, { eventIds: ['event of dlv_3'] }, noon + 9)).toBe(1);
    expect(await dueOf(db)).toMatchObject({ dlv_1: noon + 9, dlv_3: noon + 9 });
    expect(await webhookDeliveries.countPending(db)).toBe(5);
  });

  test('hastens what waits for a later try, and leaves what is being tried', async () => {
    const { db } = database.store;
    await webhookDeliveries.insert(db, [
      aDelivery('dlv_1', { subject: 'a', next_at: noon + 5 * second }),
      aDelivery('dlv_2', { subject: 'b', next_at: noon + 5 * second, claim: 'held' }),
      aDelivery('dlv_3', { subject: 'a', position: 2 }),
    ]);
    await webhookDeliveries.hasten(db, endpoint, noon);
    expect(await dueOf(db)).toEqual({ dlv_1: noon, dlv_2: noon + 5 * second, dlv_3: null });
  });

  test('holds each event once, and shows what the event was as long as it is kept', async () => {
    const { db } = database.store;
    await fill(db);
    await webhookDeliveries.insert(db, [aDelivery('dlv_9', { event_id: 'event of dlv_1', status: 'failed' })]);
    await events.insert(db, [anEvent('event of dlv_4', { type: 'connection.deleted' })]);
    const [last, ...others] = await webhookDeliveries.list(db, endpoint, { limit: 10 });
    expect(last).toMatchObject({ id: 'dlv_4', type: 'connection.deleted', connection_id: 'connection' });
    expect(others.map(({ id, type }) => [id, type])).toEqual([
      ['dlv_3', null],
      ['dlv_2', null],
      ['dlv_1', null],
    ]);
    expect(await webhookDeliveries.list(db, endpoint, { status: 'failed', limit: 10 })).toEqual([]);
    expect(await webhookDeliveries.list(db, endpoint, { before: 'dlv_3', limit: 1 })).toMatchObject([{ id: 'dlv_2' }]);
    expect(await webhookDeliveries.byId(db, 'whk_2', 'dlv_1')).toBeUndefined();
  });

  test('is emptied of what is old, in small numbers', async () => {
    const { db } = database.store;
    await webhookDeliveries.insert(
      db,
      [1, 2, 3, 4].map((index) =>
        aDelivery(`dlv_${index}`, {
          position: index,
          created_at: noon + index,
          status: index === 1 ? 'delivered' : 'pending',
        }),
      ),
    );
    expect(await webhookDeliveries.prune(db, noon + 4, 1)).toEqual({ removed: 1, waiting: [] });
    expect(await webhookDeliveries.prune(db, noon + 4, 10)).toEqual({ removed: 2, waiting: [endpoint] });
    expect(await webhookDeliveries.prune(db, noon + 4, 10)).toEqual({ removed: 0, waiting: [] });
    await webhookDeliveries.promote(db, endpoint, noon);
    expect(await dueOf(db)).toEqual({ dlv_4: noon });
    expect(await webhookDeliveries.removeSome(db, endpoint, 10)).toBe(1);
  });

  test('is asked for endpoints that have something due and may be tried', async () => {
    const { db } = database.store;
    const endpoints = [
      anEndpoint('whk_due'),
      anEndpoint('whk_idle'),
      anEndpoint('whk_off', { disabled_at: noon, disabled_reason: 'gone' }),
      anEndpoint('whk_failing', { failures: 1, retry_at: noon + 1 }),
      anEndpoint('whk_again', {
        failures: 1,
        retry_at: noon,
        previous_secret_sealed: new Uint8Array(1),
        previous_until: noon,
      }),
    ];
    for (const one of endpoints) {
      await webhookEndpoints.insert(db, one);
      const next_at = one.id === 'whk_idle' ? noon + 1 : noon;
      await webhookDeliveries.insert(db, [aDelivery(`dlv of ${one.id}`, { endpoint_id: one.id, next_at })]);
    }
    expect((await webhookEndpoints.withDue(db, noon)).toSorted()).toEqual(['whk_again', 'whk_due']);
    expect(await webhookEndpoints.countFailed(db)).toBe(1);
    await webhookEndpoints.dropPreviousSecrets(db, noon);
    expect(await webhookEndpoints.byId(db, 'whk_again')).toMatchObject({ previous_secret_sealed: null });
    const enabled = await database.store.transaction((tx) => webhookEndpoints.lockEnabled(tx));
    expect(enabled.map(({ id }) => id)).toEqual(['whk_again', 'whk_due', 'whk_failing', 'whk_idle']);
  });

  test('tells what concerns one connection, wherever it went, newest first', async () => {
    const { db } = database.store;
    for (const id of ['whk_1', 'whk_2']) {
      await webhookEndpoints.insert(db, anEndpoint(id, { url: `https://${id}.example/` }));
    }
    await events.insert(db, [
      anEvent('evt_1', { connection_id: 'a' }),
      anEvent('evt_2', { connection_id: 'b' }),
      anEvent('evt_3', { connection_id: 'a', type: 'connection.deleted' }),
    ]);
    const sent: [id: string, endpoint: string, event: string][] = [
      ['dlv_1', 'whk_1', 'evt_1'],
      ['dlv_2', 'whk_2', 'evt_1'],
      ['dlv_3', 'whk_1', 'evt_2'],
      ['dlv_4', 'whk_1', 'evt_3'],
      // To an endpoint that is gone, whose deliveries go little by little.
      ['dlv_5', 'whk_gone', 'evt_3'],
    ];
    for (const [id, endpoint_id, event_id] of sent) {
      await webhookDeliveries.insert(db, [aDelivery(id, { endpoint_id, event_id })]);
    }
    expect(await webhookDeliveries.ofConnection(db, 'a', { limit: 10 })).toMatchObject([
      { id: 'dlv_4', type: 'connection.deleted', connection_id: 'a', url: 'https://whk_1.example/' },
      { id: 'dlv_2', endpoint_id: 'whk_2', url: 'https://whk_2.example/' },
      { id: 'dlv_1', endpoint_id: 'whk_1', created_at: noon },
    ]);
    const page = await webhookDeliveries.ofConnection(db, 'a', { before: 'dlv_4', limit: 1 });
    expect(page.map(({ id }) => id)).toEqual(['dlv_2']);
  });

  test('remembers how far events have come, from where it began', async () => {
    const { db } = database.store;
    await events.insert(db, [anEvent('evt_1')]);
    const last = await createHorizon(db).last();
    await eventCursors.ensure(db, 'webhooks', last);
    await eventCursors.ensure(db, 'webhooks', 0);
    expect(await eventCursors.position(db, 'webhooks')).toBe(last);
    await eventCursors.move(db, 'webhooks', last + 1);
    expect(await eventCursors.position(db, 'webhooks', true)).toBe(last + 1);
    expect(await eventCursors.position(db, 'other')).toBeUndefined();
  });
});
