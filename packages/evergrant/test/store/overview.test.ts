import { expect, test } from 'vitest';
import { type ConnectionStatus, connections, grants, renewalFigures, sessions } from '../../src/store/index.ts';
import { seededRandom } from '../support/random.ts';
import { aGate, anAttempt, aSession, insertConnected, noon } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

const hour = 3_600_000;

describeOnEachDatabase('an overview', (database) => {
  test('counts every connection once, under the status that its record shows, and lists find the same', async () => {
    const { db } = database.store;
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const often = (chance: number): boolean => random() < chance;
    await db
      .insertInto('provider_gates')
      .values(aGate({ provider: 'blocked', blocked_by: 'outage' }))
      .execute();
    const names = [];
    for (let index = 0; index < 150; index++) {
      const id = `conn_${index.toString(16).padStart(32, '0')}`;
      const provider = ['acme', 'blocked', 'other'][index % 3]!;
      const owner = often(0.3) ? 'ann' : 'bob';
      const name = often(0.3) ? `Ümit ${index} 100%_\\` : null;
      const username = often(0.5) ? `User${index}` : null;
      await insertConnected(db, id, {
        grant: {
          provider,
          owner,
          status: often(0.1) ? 'reauth_required' : 'active',
          degraded_at: often(0.1) ? noon : null,
          expires_at: often(0.3) ? noon - 1 : noon + hour,
        },
        schedule: { provider, owner, due_at: often(0.3) ? null : noon },
        connection: {
          provider,
          owner,
          name,
          username,
          disabled_at: often(0.1) ? noon : null,
          ended_reason: often(0.05) ? 'revoked' : null,
          scopes_missing: often(0.1) ? '["write"]' : '[]',
        },
      });
      names.push({ id, text: [name ?? '', username ?? '', owner].map((one) => one.toLowerCase()) });
    }
    const all = (await connections.list(db, { limit: 1000 }, noon)).map(({ id, provider, status, owner }) => ({
      id,
      provider,
      status,
      owner,
    }));
    expect(all, `seed ${seed}`).toHaveLength(150);

    for (const owner of [undefined, 'ann']) {
      const expected = new Map<string, number>();
      for (const row of all) {
        if (owner !== undefined && row.owner !== owner) continue;
        const key = `${row.provider} ${row.status}`;
        expected.set(key, (expected.get(key) ?? 0) + 1);
      }
      const counted = await connections.counts(db, { owner }, noon);
      expect(new Map(counted.map((row) => [`${row.provider} ${row.status}`, row.count])), `seed ${seed}`).toEqual(
        expected,
      );
    }
    for (const status of ['active', 'limited', 'degraded', 'reauth_required', 'disabled'] as ConnectionStatus[]) {
      const found = await connections.list(db, { limit: 1000, status }, noon);
      const expected = all.filter((row) => row.status === status).map(({ id }) => id);
      expect(
        found.map(({ id }) => id),
        `seed ${seed}, ${status}`,
      ).toEqual(expected);
      expect(expected.length, `seed ${seed}, ${status}`).toBeGreaterThan(0);
    }
    for (const q of ['ANN', 'user1', '100%', '_\\', 'mit 1', 'nobody']) {
      const found = await connections.list(db, { limit: 1000, q }, noon);
      const expected = names.filter(({ text }) => text.some((one) => one.includes(q.toLowerCase())));
      expect(found.map(({ id }) => id).sort(), `seed ${seed}, ${q}`).toEqual(expected.map(({ id }) => id));
    }
  });

  test('counts renewals by outcome, and what is due by hour', async () => {
    const { db } = database.store;
    await insertConnected(db, 'a', { schedule: { due_at: noon - 5000 } });
    await insertConnected(db, 'b', {
      grant: { owner: 'ann' },
      schedule: { due_at: noon + 90 * 60_000 },
      connection: { owner: 'ann' },
    });
    await insertConnected(db, 'c', { schedule: { due_at: null } });
    await grants.insertAttempts(db, [
      anAttempt('1', { grant_id: 'a', started_at: noon - 1, outcome: 'renewed' }),
      anAttempt('2', { grant_id: 'b', started_at: noon, outcome: 'renewed' }),
      anAttempt('3', { grant_id: 'a', started_at: noon + hour - 1, outcome: 'renewed' }),
      anAttempt('4', { grant_id: 'a', started_at: noon + 5, outcome: 'rejected' }),
      anAttempt('5', { grant_id: 'a', started_at: noon + 5, outcome: null }),
      anAttempt('6', { grant_id: 'a', started_at: noon + hour, outcome: 'renewed' }),
    ]);
    const span = { from: noon, to: noon + hour };
    const byOutcome = (rows: { outcome: string | null; count: number }[]) =>
      Object.fromEntries(rows.map(({ outcome, count }) => [outcome ?? 'under way', count]));
    expect(byOutcome(await renewalFigures.done(db, span))).toEqual({ renewed: 2, rejected: 1, 'under way': 1 });
    expect(byOutcome(await renewalFigures.done(db, { ...span, owner: 'ann' }))).toEqual({ renewed: 1 });
    const due = { from: noon, to: noon + 24 * hour, span: hour };
    expect(await renewalFigures.due(db, due)).toEqual([{ span: 1, count: 1 }]);
    expect(await renewalFigures.due(db, { ...due, owner: 'owner' })).toEqual([]);
    expect(await renewalFigures.overdue(db, { now: noon })).toEqual({ count: 1, oldest: noon - 5000 });
    expect(await renewalFigures.overdue(db, { now: noon, owner: 'ann' })).toEqual({ count: 0, oldest: null });
  });

  test('does not count itself when it is asked whether a person has other connections', async () => {
    const { db } = database.store;
    await insertConnected(db, 'a', { grant: { subject: 'person' } });
    const person = { providers: ['acme'], clientId: 'client', subject: 'person' };
    expect(await grants.personHasConnections(db, person)).toBe(true);
    expect(await grants.personHasConnections(db, person, 'a')).toBe(false);
    await insertConnected(db, 'b', { grant: { subject: 'person' } });
    expect(await grants.personHasConnections(db, person, 'a')).toBe(true);
  });
});

describeOnEachDatabase('sessions', (database) => {
  test('are found by their token, and forgotten when they are over', async () => {
    const { db } = database.store;
    await sessions.insert(db, aSession('idle', { seen_at: noon - 100 }));
    await sessions.insert(db, aSession('ended', { expires_at: noon }));
    await sessions.insert(db, aSession('fresh'));
    expect(await sessions.byTokenHash(db, 'hash of idle')).toMatchObject({ id: 'idle' });
    expect(await sessions.byTokenHash(db, 'hash of none')).toBeUndefined();
    await sessions.removeEnded(db, { expired: noon, idleSince: noon - 100 });
    expect(await sessions.byTokenHash(db, 'hash of idle')).toBeUndefined();
    expect(await sessions.byTokenHash(db, 'hash of ended')).toBeUndefined();
    await sessions.noteUse(db, 'fresh', noon + 5);
    expect(await sessions.byTokenHash(db, 'hash of fresh')).toMatchObject({ seen_at: noon + 5 });
    await sessions.remove(db, 'fresh');
    expect(await sessions.byTokenHash(db, 'hash of fresh')).toBeUndefined();
  });
});
