import { expect, test } from 'vitest';
import { connections, gates, grants, type ScheduleRow, schedule } from '../../src/store/index.ts';
import { type Clock, systemClock } from '../../src/telemetry/clock.ts';
import { aConnection, aGrant, aSchedule, noon } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

const app = { provider: 'acme', clientId: 'client' };
const minute = 60_000;

describeOnEachDatabase('the schedule', (database) => {
  const insert = async (id: string, more: Partial<ScheduleRow> = {}): Promise<void> => {
    await grants.insert(database.store.db, aGrant(id));
    await schedule.insert(database.store.db, aSchedule(id, more));
  };
  const row = (id: string) => schedule.byGrant(database.store.db, id);
  const ids = (rows: ScheduleRow[]): string[] => rows.map(({ grant_id }) => grant_id);
  const candidates = async (limit: number, now = noon, order?: readonly number[]) =>
    ids(await schedule.candidates(database.store.db, app, now, limit, order));

  test('gives what is due by urgency, and the longest overdue of each first', async () => {
    await insert('rest', { urgency: 2, due_at: noon - 9 * minute });
    await insert('used', { urgency: 1, due_at: noon - minute });
    await insert('used longer ago', { urgency: 1, due_at: noon - 2 * minute });
    await insert('nearly lost', { urgency: 0, due_at: noon });
    await insert('future', { urgency: 0, due_at: noon + 1 });
    await insert('never', { urgency: 0, due_at: null });
    await insert('other app', { client_id: 'another', due_at: noon - minute });
    await insert('other provider', { provider: 'other', due_at: noon - minute });
    const all = ['nearly lost', 'used longer ago', 'used', 'rest'];
    expect(await candidates(10)).toEqual(all);
    expect(await candidates(3)).toEqual(all.slice(0, 3));
    expect(await candidates(1)).toEqual(all.slice(0, 1));
    expect(await candidates(2, noon, schedule.urgencies.toReversed())).toEqual(['rest', 'used longer ago']);
    expect(await candidates(10, noon - 9 * minute)).toEqual(['rest']);
  });

  test('says when the next of an app is due, whatever its urgency', async () => {
    const { db } = database.store;
    expect(await schedule.nextDue(db, app)).toBeNull();
    await insert('never', { due_at: null });
    await insert('other', { client_id: 'another', due_at: noon - minute });
    expect(await schedule.nextDue(db, app)).toBeNull();
    await insert('later', { urgency: 0, due_at: noon + minute });
    expect(await schedule.nextDue(db, app)).toBe(noon + minute);
    await insert('sooner', { urgency: 2, due_at: noon });
    expect(await schedule.nextDue(db, app)).toBe(noon);
  });

  test('finds tokens without an end that serve somebody and for which nothing is planned', async () => {
    const { db } = database.store;
    const put = async (
      id: string,
      grant: Parameters<typeof aGrant>[1],
      due: number | null,
      disabled: number | null,
    ) => {
      await grants.insert(db, aGrant(id, { status: 'active', refresh_token_sealed: null, ...grant }));
      await schedule.insert(db, aSchedule(id, { due_at: due }));
      await connections.insert(db, aConnection(`conn of ${id}`, id, { account_id: id, disabled_at: disabled }));
    };
    await put('one', {}, null, null);
    await put('two', {}, null, null);
    await put('planned', {}, noon, null);
    await put('switched off', {}, null, noon);
    await put('renewable', { refresh_token_sealed: new Uint8Array([1]) }, null, null);
    await put('ended', { status: 'reauth_required' }, null, null);
    const unplanned = (limit: number) => db.transaction().execute((tx) => grants.unplanned(tx, app, limit));
    expect(await unplanned(10)).toEqual(['one', 'two']);
    expect(await unplanned(1)).toEqual(['one']);
  });

  test('counts the leases of an app that have not ended', async () => {
    const { db } = database.store;
    await insert('leased', { lease_until: noon + 1 });
    await insert('leased too', { lease_until: noon + minute });
    await insert('lapsed', { lease_until: noon });
    await insert('free');
    await insert('other', { client_id: 'another', lease_until: noon + minute });
    expect(await schedule.inFlight(db, app, noon)).toBe(2);
    expect(await schedule.inFlight(db, app, noon + minute)).toBe(0);
    expect(await schedule.inFlight(db, { ...app, provider: 'none' }, noon)).toBe(0);
  });

  test('keeps the lease of a grant that is removed, and nothing else of it', async () => {
    const { db } = database.store;
    await insert('leased', { lease_until: noon + minute, mark_id: 'att_1', fence: 3, due_at: noon });
    await insert('free', { due_at: noon });
    for (const id of ['leased', 'free']) await grants.remove(db, id);
    expect(await row('free')).toBeUndefined();
    expect(await row('leased')).toMatchObject({ due_at: null, fence: 4 });
    expect(await schedule.inFlight(db, app, noon)).toBe(1);
    await schedule.release(db, 'leased', 'att_0');
    expect(await row('leased')).toBeDefined();
    await schedule.release(db, 'leased', 'att_1');
    expect(await row('leased')).toBeUndefined();
  });

  test('removes what is left of removed grants when their leases are over', async () => {
    const { db } = database.store;
    for (const id of ['gone', 'gone later', 'lives']) await insert(id, { lease_until: noon, mark_id: 'att_1' });
    await schedule.update(db, 'gone later', { lease_until: noon + 1 });
    for (const id of ['gone', 'gone later']) await grants.remove(db, id);
    await schedule.removeLapsed(db, noon);
    expect([await row('gone'), (await row('gone later'))?.grant_id, (await row('lives'))?.grant_id]).toEqual([
      undefined,
      'gone later',
      'lives',
    ]);
  });

  test('counts what is due, of every app that is asked for and of every urgency', async () => {
    const { db } = database.store;
    const another = { ...app, clientId: 'another' };
    expect(await schedule.backlog(db, [app, another], noon)).toEqual({ due: 0, oldest: null });
    await insert('due', { due_at: noon, urgency: 0 });
    await insert('due too', { due_at: noon, urgency: 1 });
    await insert('overdue', { due_at: noon - minute, client_id: 'another' });
    await insert('future', { due_at: noon + 1 });
    await insert('never', { due_at: null });
    await insert('other', { due_at: noon - 2 * minute, provider: 'other' });
    expect(await schedule.backlog(db, [app, another], noon)).toEqual({ due: 3, oldest: noon - minute });
    expect(await schedule.backlog(db, [app], noon)).toEqual({ due: 2, oldest: noon });
    expect(await schedule.backlog(db, [], noon)).toEqual({ due: 0, oldest: null });
  });

  test('puts off what is due, and nothing that was renewed meanwhile', async () => {
    const { db } = database.store;
    await insert('due', { due_at: noon });
    await insert('renewed', { due_at: noon + minute });
    await insert('over', { due_at: noon });
    await schedule.putOff(db, 'due', noon + 5, noon);
    await schedule.putOff(db, 'renewed', noon + 5, noon);
    await schedule.putOff(db, 'over', null, noon);
    expect([(await row('due'))?.due_at, (await row('renewed'))?.due_at, (await row('over'))?.due_at]).toEqual([
      noon + 5,
      noon + minute,
      null,
    ]);
  });

  test('raises to the front what would soon be lost for good', async () => {
    const { db } = database.store;
    await insert('soon', { deadline_at: noon, urgency: 2 });
    await insert('soon and used', { deadline_at: noon - minute, urgency: 1 });
    await insert('later', { deadline_at: noon + 1, urgency: 2 });
    await insert('without end', { urgency: 2 });
    await insert('ended', { deadline_at: noon, urgency: 2, due_at: null });
    await schedule.raiseUrgency(db, noon);
    const urgencies = await Promise.all(
      ['soon', 'soon and used', 'later', 'without end', 'ended'].map(async (id) => (await row(id))?.urgency),
    );
    expect(urgencies).toEqual([0, 0, 2, 2, 2]);
  });

  test('brings back what lies in the future: tokens issued there, and leases that no claim gives', async () => {
    const at = { issuedAfter: noon + minute, leasedUntil: noon + 2 * minute };
    const rows: Record<string, [issued: number, Partial<ScheduleRow>]> = {
      ahead: [noon + 60 * minute, { due_at: noon + 100 * minute, retry_at: noon + 90 * minute }],
      leased: [noon, { due_at: noon + 60 * minute, lease_until: noon + 60 * minute, mark_at: noon + 59 * minute }],
      present: [noon, { due_at: noon + 40 * minute, lease_until: noon + minute, mark_at: noon - minute }],
      off: [noon + 60 * minute, { due_at: null }],
    };
    for (const [id, [issued_at, row]] of Object.entries(rows)) {
      await insert(id, row);
      await grants.update(database.store.db, id, { issued_at });
    }
    await schedule.bringBack(database.store.db, noon, at);
    expect(await row('ahead')).toMatchObject({ due_at: noon, retry_at: null, mark_at: null });
    expect(await row('leased')).toMatchObject({ due_at: noon, lease_until: null, mark_at: noon });
    expect(await row('present')).toMatchObject(rows['present']![1]);
    expect(await row('off')).toMatchObject({ due_at: null });
  });

  test('notes for many at once when tokens were read', async () => {
    const { db } = database.store;
    await insert('rest', { urgency: 2 });
    await insert('urgent', { urgency: 0, last_used_at: noon - minute });
    await insert('unused', { urgency: 2 });
    await schedule.noteUse(db, ['rest', 'urgent', 'deleted'], noon);
    expect(await row('rest')).toMatchObject({ urgency: 1, last_used_at: noon });
    expect(await row('urgent')).toMatchObject({ urgency: 0, last_used_at: noon });
    expect(await row('unused')).toMatchObject({ urgency: 2, last_used_at: null });
  });

  test('is changed one grant at a time', async () => {
    const { db } = database.store;
    await insert('a');
    await insert('b');
    await schedule.update(db, 'a', { fence: 5, lease_owner: 'node', lease_until: noon + minute, mark_id: 'att' });
    expect(await row('a')).toMatchObject({ fence: 5, lease_owner: 'node', lease_until: noon + minute });
    expect(await row('b')).toMatchObject({ fence: 0, lease_owner: null, lease_until: null });
    expect(await schedule.byGrant(db, 'a', true)).toMatchObject({ fence: 5 });
    expect(await row('none')).toBeUndefined();
  });

  test('judges time by a clock that every process shares', async () => {
    const before = Date.now();
    const now = await database.store.now(database.store.db);
    expect(now).toBeGreaterThanOrEqual(before - 1);
    expect(now).toBeLessThanOrEqual(Date.now() + 1);
    expect(Number.isInteger(now)).toBe(true);
  });

  test('judges time by the clock of the database, where it has one, whatever that of the process says', async () => {
    const slow: Clock = { ...systemClock, now: () => systemClock.now() - 3_600_000 };
    const store = await database.open({ clock: slow });
    const expected = database.kind === 'postgres' ? Date.now() : slow.now();
    expect(Math.abs((await store.now(store.db)) - expected)).toBeLessThan(10_000);
  });

  test('keeps two processes from claiming the same grant', async () => {
    for (let count = 0; count < 20; count++) await insert(`g${count}`, { due_at: noon - count });
    const other = await database.open();
    const claim = (store: typeof other, node: string) =>
      store.transaction(async (tx) => {
        const rows = await schedule.candidates(tx, app, noon, 10);
        for (const { grant_id, fence } of rows) {
          await schedule.update(tx, grant_id, { lease_owner: node, due_at: noon + minute, fence: fence + 1 });
        }
        return ids(rows);
      });
    const [one, two] = await Promise.all([claim(database.store, 'one'), claim(other, 'two')]);
    expect(new Set([...one, ...two])).toHaveLength(20);
    const rows = await database.store.db.selectFrom('schedule').selectAll().execute();
    expect(rows.every(({ fence }) => fence === 1)).toBe(true);
  });

  test('serves one transaction after the other where they change the same grant', async () => {
    await insert('a');
    const other = await database.open();
    const increment = (store: typeof other) =>
      store.transaction(async (tx) => {
        const current = (await schedule.byGrant(tx, 'a', true))!;
        await schedule.update(tx, 'a', { fence: current.fence + 1 });
      });
    await Promise.all(Array.from({ length: 20 }, (_, index) => increment(index % 2 === 0 ? database.store : other)));
    expect(await row('a')).toMatchObject({ fence: 20 });
  });

  test('serves one transaction after the other where they take from the same limit', async () => {
    await gates.ensure(database.store.db, app, noon);
    await gates.update(database.store.db, app, { permits: 20 });
    const other = await database.open();
    const take = (store: typeof other) =>
      store.transaction(async (tx) => {
        const gate = (await gates.find(tx, app, true))!;
        await gates.update(tx, app, { permits: gate.permits - 1 });
      });
    await Promise.all(Array.from({ length: 20 }, (_, index) => take(index % 2 === 0 ? database.store : other)));
    expect(await gates.find(database.store.db, app)).toMatchObject({ permits: 0 });
  });
});
