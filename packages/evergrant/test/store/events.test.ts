import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createHorizon, type EventFilter, events, type Queryable, type Store } from '../../src/store/index.ts';
import { anEvent, noon } from './rows.ts';
import { anotherStore, describeOnEachDatabase } from './support.ts';

const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id);

/** What a reader sees that has come up to a position and goes as far as it may. */
const readOn = async ({ db }: Store, after: number, upTo: number) => {
  const rows = await events.between(db, {}, { after, upTo, limit: 100 });
  return { ids: idsOf(rows), position: upTo };
};

describeOnEachDatabase('events', (database) => {
  test('come back in the order in which they were written, whatever their ids say', async () => {
    const { db } = database.store;
    for (const id of ['evt_b', 'evt_c', 'evt_a']) await events.insert(db, [anEvent(id)]);
    await events.insert(db, [anEvent('evt_e'), anEvent('evt_d')]);
    const upTo = await createHorizon(db).advance();
    expect((await readOn(database.store, 0, upTo)).ids).toEqual(['evt_b', 'evt_c', 'evt_a', 'evt_e', 'evt_d']);
    expect(idsOf(await events.newest(db, {}, { upTo, limit: 2 }))).toEqual(['evt_d', 'evt_e']);
  });

  test('are restricted by what they are about', async () => {
    const { db } = database.store;
    await events.insert(db, [
      anEvent('evt_1', { owner: 'one', connection_id: 'a', provider: 'x', type: 'connection.created' }),
      anEvent('evt_2', { owner: 'two', connection_id: 'b', provider: 'y', type: 'connection.deleted' }),
      anEvent('evt_3', { owner: null, connection_id: null, provider: 'x', type: 'provider.recovered' }),
    ]);
    const upTo = await createHorizon(db).advance();
    const find = async (filter: EventFilter) => idsOf(await events.between(db, filter, { after: 0, upTo, limit: 10 }));
    expect(await find({ owner: 'one' })).toEqual(['evt_1']);
    expect(await find({ connectionId: 'b' })).toEqual(['evt_2']);
    expect(await find({ provider: 'x' })).toEqual(['evt_1', 'evt_3']);
    expect(await find({ types: ['connection.deleted', 'provider.recovered'] })).toEqual(['evt_2', 'evt_3']);
    expect(await find({ provider: 'x', owner: 'two' })).toEqual([]);
  });

  test('that are old go in small numbers, the oldest first, and a position is never given again', async () => {
    const { db } = database.store;
    for (let index = 0; index < 5; index++) await events.insert(db, [anEvent(`evt_${index}`, { at: noon + index })]);
    const horizon = createHorizon(db);
    const last = await horizon.advance();
    expect(await events.prune(db, noon + 3, 2)).toBe(2);
    expect(await events.prune(db, noon + 3, 2)).toBe(1);
    expect(await events.prune(db, noon + 3, 2)).toBe(0);
    expect((await readOn(database.store, 0, last)).ids).toEqual(['evt_3', 'evt_4']);
    await events.prune(db, noon + 10, 10);
    expect(await horizon.advance()).toBe(last);
    await events.insert(db, [anEvent('evt_new')]);
    expect(await horizon.advance()).toBeGreaterThan(last);
  });

  test('that are committed late are not missed by who has read on', async () => {
    if (database.kind === 'sqlite') {
      // One writer at a time: what comes later in the file was committed later.
      const { db } = database.store;
      await events.insert(db, [anEvent('evt_1')]);
      expect(await createHorizon(db).advance()).toBe(await createHorizon(db).last());
      return;
    }
    const { db } = database.store;
    const [slow, quick] = [await anotherStore(database), await anotherStore(database)];
    const horizon = createHorizon(db);
    await events.insert(quick.db, [anEvent('evt_0')]);
    let reader = await readOn(database.store, 0, await horizon.advance());
    expect(reader.ids).toEqual(['evt_0']);
    const seen = [...reader.ids];
    await slow.transaction(async (tx) => {
      await events.insert(tx, [anEvent('evt_late')]);
      await events.insert(quick.db, [anEvent('evt_early')]);
      // The later position can be seen already, the earlier one cannot.
      expect(idsOf(await visible(db))).toEqual(['evt_0', 'evt_early']);
      for (let look = 0; look < 3; look++) {
        reader = await readOn(database.store, reader.position, await horizon.advance());
        expect(reader.ids).toEqual([]);
      }
    });
    for (let look = 0; look < 2; look++) {
      reader = await readOn(database.store, reader.position, await horizon.advance());
      seen.push(...reader.ids);
    }
    expect(seen).toEqual(['evt_0', 'evt_late', 'evt_early']);
  });

  test('of a connection stand in the order of its changes, also where a transaction began before', async () => {
    if (database.kind === 'sqlite') return;
    const [early, other] = [await anotherStore(database), await anotherStore(database)];
    await early.transaction(async (tx) => {
      // It has a transaction id before the other one, and its event comes after.
      await sql`select pg_current_xact_id()`.execute(tx);
      await events.insert(other.db, [anEvent('evt_first')]);
      await events.insert(tx, [anEvent('evt_second')]);
    });
    const horizon = createHorizon(database.store.db);
    await horizon.advance();
    expect((await readOn(database.store, 0, await horizon.advance())).ids).toEqual(['evt_first', 'evt_second']);
  });

  test('that many write at once are read each once', async () => {
    const { store } = database;
    const writers =
      database.kind === 'sqlite' ? [store] : await Promise.all([1, 2, 3].map(() => anotherStore(database)));
    const horizon = createHorizon(store.db);
    let written = false;
    const write = async (writer: Store, name: number): Promise<void> => {
      for (let index = 0; index < 60; index++) {
        await writer.transaction(async (tx) => {
          await events.insert(tx, [anEvent(`evt_${name}_${index}`)]);
          if (database.kind === 'postgres' && index % 7 === 0) await sql`select pg_sleep(0.01)`.execute(tx);
          await events.insert(tx, [anEvent(`evt_${name}_${index}_again`)]);
        });
      }
    };
    const writing = Promise.all(writers.map(write)).then(() => {
      written = true;
    });
    const seen: string[] = [];
    let position = 0;
    for (let finished = false; !finished; ) {
      finished = written;
      const upTo = await horizon.advance();
      const rows = await events.between(store.db, {}, { after: position, upTo, limit: 1000 });
      seen.push(...idsOf(rows));
      position = upTo;
    }
    await writing;
    position = Math.max(position, 0);
    seen.push(
      ...idsOf(await events.between(store.db, {}, { after: position, upTo: await horizon.advance(), limit: 1000 })),
    );
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(writers.length * 120);
  });
});

const visible = (db: Queryable) => db.selectFrom('events').select('id').orderBy('position').execute();
