import { expect, test } from 'vitest';
import { connections, events, grants, journal, schedule } from '../../src/store/index.ts';
import { aConnection, anAnswer, anAttempt, anEvent, bytes, insertConnected, noon } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

/** What a statement that was put together from values would take for something else. */
const awkward = `'";--\\ $1 {"a":[null]} \u2028 漢字 🙂`;

describeOnEachDatabase('many rows at once', (database) => {
  test('are changed each in its own way, and no other with them', async () => {
    const { db } = database.store;
    for (const id of ['a', 'b', 'c', 'other']) {
      await insertConnected(db, id, { grant: { candidate_sealed: bytes('old'), last_error: 'old' } });
    }
    await grants.updateEach(db, []);
    await grants.updateEach(db, [
      { id: 'a', access_token_sealed: bytes(awkward), candidate_sealed: null, generation: 2 },
      { id: 'b', access_token_sealed: new Uint8Array([0, 255]), candidate_sealed: bytes('new'), generation: 3 },
      { id: 'c', last_error: awkward, expires_at: null, lifetime: 0 },
      { id: 'none', generation: 9 },
    ]);
    const read = new Map((await grants.byIds(db, ['a', 'b', 'c', 'other'])).map((grant) => [grant.id, grant]));
    const plain = (value: Uint8Array | null | undefined) => (value ? new Uint8Array(value) : value);
    expect(read.get('a')).toMatchObject({ candidate_sealed: null, generation: 2, last_error: 'old' });
    expect(plain(read.get('a')?.access_token_sealed)).toEqual(bytes(awkward));
    expect(plain(read.get('b')?.access_token_sealed)).toEqual(new Uint8Array([0, 255]));
    expect(plain(read.get('b')?.candidate_sealed)).toEqual(bytes('new'));
    expect(read.get('c')).toMatchObject({ last_error: awkward, expires_at: null, lifetime: 0, generation: 1 });
    expect(read.get('other')).toMatchObject({ generation: 1, last_error: 'old', expires_at: noon + 3_600_000 });
  });

  test('of the schedule are changed, and read with their fences', async () => {
    const { db } = database.store;
    for (const id of ['a', 'b', 'other']) await insertConnected(db, id);
    await schedule.updateEach(db, [
      { grant_id: 'a', fence: 7, due_at: null, lease_owner: awkward, lease_until: noon },
      { grant_id: 'b', fence: 8, mark_id: 'att', mark_at: noon, mark_hash: awkward },
    ]);
    const rows = await schedule.lockedByGrants(db, ['a', 'b', 'none']);
    expect(new Map(rows.map((row) => [row.grant_id, row.fence]))).toEqual(
      new Map([
        ['a', 7],
        ['b', 8],
      ]),
    );
    expect(rows.find(({ grant_id }) => grant_id === 'a')).toMatchObject({ due_at: null, lease_owner: awkward });
    expect(rows.find(({ grant_id }) => grant_id === 'b')).toMatchObject({ due_at: noon, mark_hash: awkward });
    expect(await schedule.fences(db, ['b', 'other', 'none'])).toEqual(
      new Map([
        ['b', 8],
        ['other', 0],
      ]),
    );
    expect(await schedule.lockedByGrants(db, [])).toEqual([]);
    expect(await schedule.fences(db, [])).toEqual(new Map());
  });

  test('of the history are begun and ended', async () => {
    const { db } = database.store;
    await grants.insertAttempts(db, []);
    await grants.insertAttempts(
      db,
      [1, 2, 3].map((serial) => anAttempt(`att_${serial}`, { started_at: noon + serial })),
    );
    await grants.endAttempts(db, []);
    await grants.endAttempts(db, [
      { id: 'att_1', ended_at: noon + 5, outcome: 'renewed', error_code: null },
      { id: 'att_2', ended_at: noon + 6, outcome: 'rejected', error_code: awkward },
      { id: 'none', ended_at: noon, outcome: 'renewed', error_code: null },
    ]);
    expect(await grants.attemptsOf(db, 'grant', 10)).toEqual([
      anAttempt('att_3', { started_at: noon + 3 }),
      anAttempt('att_2', { started_at: noon + 2, ended_at: noon + 6, outcome: 'rejected', error_code: awkward }),
      anAttempt('att_1', { started_at: noon + 1, ended_at: noon + 5, outcome: 'renewed' }),
    ]);
  });

  test('of the journal are given up once, to whoever asks first', async () => {
    const { db } = database.store;
    for (const id of ['a', 'b', 'c']) await journal.insertOnce(db, anAnswer(id));
    const asked = await Promise.all([
      journal.removeAll(db, ['a', 'b', 'none']),
      journal.removeAll(db, ['b', 'a']),
      journal.removeAll(db, []),
    ]);
    expect(asked.flatMap((ids) => [...ids]).sort()).toEqual(['a', 'b']);
    expect((await journal.unfinishedRenewals(db, noon)).map(({ id }) => id)).toEqual(['c']);
  });

  test('of the timeline are written in order', async () => {
    const { db } = database.store;
    await events.insert(
      db,
      [1, 2, 3].map((serial) => anEvent(`evt_${serial}`, { data: JSON.stringify({ serial, awkward }) })),
    );
    const written = await events.ofConnection(db, 'connection', { limit: 10 });
    expect(written.map(({ data }) => JSON.parse(data) as unknown)).toEqual(
      [3, 2, 1].map((serial) => ({ serial, awkward })),
    );
  });

  test('of connections are found by their grants', async () => {
    const { db } = database.store;
    for (const id of ['a', 'b', 'other']) await insertConnected(db, id);
    await connections.insert(db, aConnection('sibling', 'a'));
    const found = await connections.ofGrants(db, ['a', 'b', 'none']);
    expect(found.map(({ id, grant_id }) => `${grant_id} ${id}`).sort()).toEqual(['a a', 'a sibling', 'b b']);
    expect(await connections.ofGrants(db, [])).toEqual([]);
  });
});
