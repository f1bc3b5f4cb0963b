import { describe, expect, test } from 'vitest';
import { connections, flows, grants, journal, schedule } from '../../src/store/index.ts';
import { aConnection, aFlow, aGrant, anAnswer, anAttempt, insertConnected, noon } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

describeOnEachDatabase('grants and answers', (database) => {
  describe('grants', () => {
    test('are found by id, one or several', async () => {
      const { db } = database.store;
      for (const id of ['a', 'b', 'c']) await grants.insert(db, aGrant(id));
      expect(await grants.byId(db, 'b')).toMatchObject({ id: 'b' });
      expect(await grants.byId(db, 'none')).toBeUndefined();
      expect((await grants.byIds(db, ['c', 'none', 'a'])).map(({ id }) => id).sort()).toEqual(['a', 'c']);
      expect(await grants.byIds(db, [])).toEqual([]);
    });

    test('are changed one by one', async () => {
      const { db } = database.store;
      await grants.insert(db, aGrant('a'));
      await grants.insert(db, aGrant('b'));
      await grants.update(db, 'a', { generation: 2, candidate_sealed: null, reason: 'expired' });
      expect(await grants.byId(db, 'a')).toMatchObject({ generation: 2, reason: 'expired' });
      expect(await grants.byId(db, 'b')).toMatchObject({ generation: 1, reason: null });
    });

    test('whose end must be announced come by time, the earliest first', async () => {
      const { db } = database.store;
      const times = { late: noon, early: noon - 2, future: noon + 1, never: null };
      for (const [id, warn_at] of Object.entries(times)) await grants.insert(db, aGrant(id, { warn_at }));
      expect((await grants.dueForWarning(db, noon, 10)).map(({ id }) => id)).toEqual(['early', 'late']);
      expect((await grants.dueForWarning(db, noon, 1)).map(({ id }) => id)).toEqual(['early']);
    });

    test('go with their schedule and history, and with nothing of others', async () => {
      const { db } = database.store;
      for (const id of ['a', 'b']) {
        await insertConnected(db, id);
        await grants.insertAttempts(db, [anAttempt(`att_${id}`, { grant_id: id })]);
      }
      await connections.remove(db, 'a');
      await grants.remove(db, 'a');
      expect(await grants.byId(db, 'a')).toBeUndefined();
      expect(await schedule.byGrant(db, 'a')).toBeUndefined();
      expect(await grants.attemptsOf(db, 'a', 10)).toEqual([]);
      expect(await grants.byId(db, 'b')).toBeDefined();
      expect(await schedule.byGrant(db, 'b')).toBeDefined();
      expect(await grants.attemptsOf(db, 'b', 10)).toHaveLength(1);
    });

    test('of a person count as connected while any connection lives on any of them', async () => {
      const { db } = database.store;
      const person = { providers: ['acme', 'acme-pages'], clientId: 'client', subject: 'ada' };
      expect(await grants.personHasConnections(db, person)).toBe(false);
      await grants.insert(db, aGrant('bare', { subject: 'ada' }));
      await insertConnected(db, 'somebody', { grant: { subject: 'grace' } });
      await insertConnected(db, 'elsewhere', { grant: { subject: 'ada', client_id: 'another' } });
      expect(await grants.personHasConnections(db, person)).toBe(false);
      await connections.insert(db, aConnection('conn', 'bare', { owner: 'whoever' }));
      expect(await grants.personHasConnections(db, person)).toBe(true);
    });

    test('of a person that live are found through every provider of the app', async () => {
      const { db } = database.store;
      const person = { providers: ['acme', 'acme-pages'], clientId: 'client', subject: 'ada' };
      await grants.insert(db, aGrant('one', { subject: 'ada' }));
      await grants.insert(db, aGrant('pages', { subject: 'ada', provider: 'acme-pages' }));
      await grants.insert(db, aGrant('third', { subject: 'ada', provider: 'other' }));
      await grants.insert(db, aGrant('ended', { subject: 'ada', status: 'reauth_required' }));
      await grants.insert(db, aGrant('grace', { subject: 'grace' }));
      const found = await grants.livingOfPerson(db, person);
      expect(found.map(({ id }) => id)).toEqual(['one', 'pages']);
    });

    test('in doubt are looked at by one of several nodes, in the order in which they fell into doubt', async () => {
      const { db } = database.store;
      await grants.insert(db, aGrant('later', { check_at: noon - 1 }));
      await grants.insert(db, aGrant('first', { check_at: noon - 2 }));
      await grants.insert(db, aGrant('not_yet', { check_at: noon + 1 }));
      await grants.insert(db, aGrant('never'));
      const take = async (now: number, limit: number) =>
        (await grants.takeForCheck(db, now, noon + 5, limit)).map(({ id }) => id);
      expect(await take(noon, 1)).toEqual(['first']);
      expect(await take(noon, 10)).toEqual(['later']);
      expect(await take(noon, 10)).toEqual([]);
      // Who did not come back with a verdict is taken again.
      expect((await take(noon + 5, 10)).sort()).toEqual(['first', 'later', 'not_yet']);
    });

    test('that were looked at are put off, unless somebody else has set them another time meanwhile', async () => {
      const { db } = database.store;
      await grants.insert(db, aGrant('seen', { check_at: noon - 2 }));
      await grants.insert(db, aGrant('renewed', { check_at: noon - 1 }));
      await grants.takeForCheck(db, noon, noon + 5, 10);
      await grants.update(db, 'renewed', { check_at: noon + 7 });
      await grants.putOffChecks(db, ['seen', 'renewed'], noon + 5, noon + 9);
      expect((await grants.byId(db, 'seen'))?.check_at).toBe(noon + 9);
      expect((await grants.byId(db, 'renewed'))?.check_at).toBe(noon + 7);
    });

    test('of a provider begin to be looked at where they live and nobody looks yet', async () => {
      const { db } = database.store;
      await grants.insert(db, aGrant('unseen', { status: 'active' }));
      await grants.insert(db, aGrant('seen', { status: 'active', check_at: noon + 9 }));
      await grants.insert(db, aGrant('ended', { status: 'reauth_required' }));
      await grants.insert(db, aGrant('other', { status: 'active', provider: 'other' }));
      await grants.beginChecks(db, 'acme', noon);
      const times = await Promise.all(['unseen', 'seen', 'ended', 'other'].map((id) => grants.byId(db, id)));
      expect(times.map((grant) => grant?.check_at)).toEqual([noon, noon + 9, null, null]);
    });

    test('that nothing refers to are found once they are old enough', async () => {
      const { db } = database.store;
      await grants.insert(db, aGrant('orphan', { status: 'new', updated_at: noon - 1 }));
      await grants.insert(db, aGrant('half', { status: 'exchanged', updated_at: noon - 1 }));
      await grants.insert(db, aGrant('young', { status: 'new', updated_at: noon }));
      await grants.insert(db, aGrant('served', { status: 'active', updated_at: noon - 1 }));
      for (const status of ['exchanging', 'choosing', 'failed'] as const) {
        await grants.insert(db, aGrant(status, { status: 'new', updated_at: noon - 1 }));
        await flows.insert(db, aFlow(`flow of ${status}`, { status, grant_id: status }));
      }
      await flows.insert(db, aFlow('without a grant', { status: 'exchanging' }));
      const found = (await grants.orphans(db, noon, 10)).map(({ id }) => id).sort();
      expect(found).toEqual(['failed', 'half', 'orphan']);
      expect(await grants.orphans(db, noon, 2)).toHaveLength(2);
    });

    test('have a history of attempts, newest first, that ends and is forgotten', async () => {
      const { db } = database.store;
      for (const at of [1, 2, 3]) {
        await grants.insertAttempts(db, [anAttempt(`att_${at}`, { started_at: noon + at })]);
      }
      await grants.endAttempts(db, [
        { id: 'att_2', ended_at: noon + 9, outcome: 'failed', error_code: 'provider_timeout' },
      ]);
      expect((await grants.attemptsOf(db, 'grant', 2)).map(({ id }) => id)).toEqual(['att_3', 'att_2']);
      expect(await grants.attemptById(db, 'att_2')).toMatchObject({
        ended_at: noon + 9,
        error_code: 'provider_timeout',
      });
      expect(await grants.attemptById(db, 'none')).toBeUndefined();
      await grants.removeAttempts(db, noon + 3);
      expect((await grants.attemptsOf(db, 'grant', 10)).map(({ id }) => id)).toEqual(['att_3']);
    });
  });

  describe('the journal', () => {
    test('holds an answer once', async () => {
      const { db } = database.store;
      await journal.insertOnce(db, anAnswer('att_1'));
      await journal.insertOnce(db, anAnswer('att_1', { fence: 9 }));
      await journal.insertOnce(db, anAnswer('att_2'));
      expect(await journal.unfinishedRenewals(db, noon)).toMatchObject([
        { id: 'att_1', fence: 1 },
        { id: 'att_2', fence: 1 },
      ]);
    });

    test('gives an answer up once', async () => {
      const { db } = database.store;
      await journal.insertOnce(db, anAnswer('att_1'));
      expect(await journal.remove(db, 'att_1')).toBe(true);
      expect(await journal.remove(db, 'att_1')).toBe(false);
    });

    test('lists renewals as they came, up to a time', async () => {
      const { db } = database.store;
      await journal.insertOnce(db, anAnswer('third', { created_at: noon + 2 }));
      await journal.insertOnce(db, anAnswer('first', { created_at: noon }));
      await journal.insertOnce(db, anAnswer('second', { created_at: noon + 1 }));
      await journal.insertOnce(db, anAnswer('exchange', { kind: 'exchange', created_at: noon }));
      const idsBefore = async (time: number) => (await journal.unfinishedRenewals(db, time)).map(({ id }) => id);
      expect(await idsBefore(noon + 1)).toEqual(['first', 'second']);
      expect(await idsBefore(Number.MAX_SAFE_INTEGER)).toEqual(['first', 'second', 'third']);
    });

    test('finds what came for a flow', async () => {
      const { db } = database.store;
      await journal.insertOnce(db, anAnswer('code', { kind: 'exchange', flow_id: 'flow' }));
      await journal.insertOnce(db, anAnswer('upgrade', { kind: 'upgrade', flow_id: 'flow' }));
      expect(await journal.byFlow(db, 'flow', 'upgrade')).toMatchObject({ id: 'upgrade' });
      expect(await journal.byFlow(db, 'flow', 'refresh')).toBeUndefined();
      expect(await journal.byFlow(db, 'other', 'exchange')).toBeUndefined();
    });

    test('takes an answer out in the transaction that commits it, or not at all', async () => {
      const { store } = database;
      const { db } = store;
      await journal.insertOnce(db, anAnswer('att_1'));
      const failing = store.transaction(async (tx) => {
        await journal.remove(tx, 'att_1');
        throw new Error('the commit failed');
      });
      await expect(failing).rejects.toThrow('the commit failed');
      expect(await journal.remove(db, 'att_1')).toBe(true);
    });
  });
});
