import { describe, expect, test } from 'vitest';
import {
  events,
  flows,
  gates,
  grants,
  installation,
  instanceApps,
  keys,
  revocations,
  schedule,
} from '../../src/store/index.ts';
import { aFlow, aGrant, aKey, anEvent, anInstanceApp, aRevocation, bytes, insertConnected, noon } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

describeOnEachDatabase('what lies beside the grants', (database) => {
  describe('flows', () => {
    test('are found by id and by the hashes of their secrets', async () => {
      const { db } = database.store;
      await flows.insert(db, aFlow('a', { link_hash: 'link', status_token_hash: 'token', state_hash: 'state' }));
      await flows.insert(db, aFlow('b'));
      expect(await flows.byId(db, 'a')).toMatchObject({ id: 'a' });
      expect(await flows.byLink(db, 'link')).toMatchObject({ id: 'a' });
      expect(await flows.byState(db, 'state')).toMatchObject({ id: 'a' });
      expect(await flows.byStatusToken(db, 'token')).toBe(true);
      expect(await flows.byLink(db, 'LINK')).toBeUndefined();
      expect(await flows.byState(db, 'none')).toBeUndefined();
      expect(await flows.byStatusToken(db, 'none')).toBe(false);
    });

    test('belong to the first browser', async () => {
      const { db } = database.store;
      await flows.insert(db, aFlow('a'));
      const won = await Promise.all(['one', 'two', 'three'].map((hash) => flows.bindBrowser(db, 'a', hash, noon)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await flows.bindBrowser(db, 'none', 'hash', noon)).toBe(false);
    });

    test('move on once, and only from where they are', async () => {
      const { db } = database.store;
      await flows.insert(db, aFlow('a'));
      const changes = { status: 'exchanging' as const, updated_at: noon + 1 };
      const won = await Promise.all([1, 2, 3].map(() => flows.move(db, 'a', ['pending'], changes)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await flows.move(db, 'a', ['exchanging', 'choosing'], { status: 'failed', updated_at: noon })).toBe(true);
      expect(await flows.byId(db, 'a')).toMatchObject({ status: 'failed' });
    });

    test('are found when they were interrupted, are overdue, or have ended', async () => {
      const { db } = database.store;
      await flows.insert(db, aFlow('taken', { status: 'exchanging', expires_at: noon }));
      await flows.insert(db, aFlow('waiting', { expires_at: noon }));
      await flows.insert(db, aFlow('choosing', { status: 'choosing', expires_at: noon }));
      await flows.insert(db, aFlow('in time', { expires_at: noon + 1 }));
      await flows.insert(db, aFlow('done', { status: 'connected', updated_at: noon - 1, expires_at: noon }));
      await flows.insert(db, aFlow('just done', { status: 'connected', updated_at: noon, expires_at: noon }));
      expect((await flows.interrupted(db)).map(({ id }) => id)).toEqual(['taken']);
      expect((await flows.overdue(db, noon, 10)).map(({ id }) => id).sort()).toEqual(['choosing', 'waiting']);
      expect(await flows.overdue(db, noon, 1)).toHaveLength(1);
      await flows.removeEnded(db, noon);
      expect(await flows.byId(db, 'done')).toBeUndefined();
      expect(await flows.byId(db, 'just done')).toBeDefined();
      expect(await flows.byId(db, 'taken')).toBeDefined();
    });
  });

  describe('gates', () => {
    const key = { provider: 'acme', clientId: 'client' };

    test('are one for each app, and made when they are needed', async () => {
      const { db } = database.store;
      expect(await gates.find(db, key)).toBeUndefined();
      await Promise.all([1, 2, 3].map(() => gates.ensure(db, key, noon)));
      await gates.ensure(db, { ...key, clientId: 'another' }, noon);
      expect(await gates.list(db)).toHaveLength(2);
      expect(await gates.find(db, key, true)).toMatchObject({ client_id: 'client', blocked_by: null, probe_at: noon });
    });

    test('stay as they are when they are made again', async () => {
      const { db } = database.store;
      await gates.ensure(db, key, noon);
      await gates.update(db, key, { blocked_by: 'credentials', permits: 0.25, refilled_at: noon });
      await gates.ensure(db, key, noon + 1);
      expect(await gates.find(db, key)).toMatchObject({ blocked_by: 'credentials', permits: 0.25, probe_at: noon });
    });

    test('are all probed at once when somebody says so, where they are blocked', async () => {
      const { db } = database.store;
      await gates.ensure(db, key, noon);
      await gates.ensure(db, { ...key, clientId: 'open' }, noon);
      await gates.update(db, key, { blocked_by: 'outage', probe_at: noon + 60_000 });
      await gates.probeAllNow(db, noon + 1);
      expect(await gates.find(db, key)).toMatchObject({ probe_at: noon + 1 });
      expect(await gates.find(db, { ...key, clientId: 'open' })).toMatchObject({ probe_at: noon });
    });
  });

  describe('apps at instances', () => {
    const wanted = {
      provider: 'acme',
      instance: 'one.example',
      redirect_uri: 'https://app.example/callback',
      scopes: 'read write',
    };

    test('are one for each instance, redirect URI and scope set: the first that was kept', async () => {
      const { db } = database.store;
      await Promise.all(['a', 'b', 'c'].map((id) => instanceApps.insertUnlessThere(db, anInstanceApp(id))));
      const others = [{ instance: 'two.example' }, { redirect_uri: 'https://app.example/other' }, { scopes: 'read' }];
      for (const [index, other] of others.entries()) {
        expect(await instanceApps.current(db, { ...wanted, ...other })).toBeUndefined();
        await instanceApps.insertUnlessThere(db, anInstanceApp(`other ${index}`, other));
        expect(await instanceApps.current(db, { ...wanted, ...other })).toMatchObject({ id: `other ${index}` });
      }
      expect(['a', 'b', 'c']).toContain((await instanceApps.current(db, wanted))?.id);
      expect(await db.selectFrom('instance_apps').select('id').execute()).toHaveLength(4);
    });

    test('make room for another when they are retired, and are still found by their client id', async () => {
      const { db } = database.store;
      await instanceApps.insertUnlessThere(db, anInstanceApp('a'));
      await instanceApps.retire(db, 'a', noon);
      await instanceApps.retire(db, 'a', noon + 1);
      expect(await instanceApps.current(db, wanted)).toBeUndefined();
      await instanceApps.insertUnlessThere(db, anInstanceApp('b'));
      expect(await instanceApps.current(db, wanted)).toMatchObject({ id: 'b' });
      const client = { ...wanted, client_id: 'client of a' };
      expect(await instanceApps.byClient(db, client)).toMatchObject({ id: 'a', retired_at: noon });
      expect(await instanceApps.byClient(db, { ...client, instance: 'two.example' })).toBeUndefined();
    });

    test('are in use while a consent to them lives', async () => {
      const { db } = database.store;
      const app = anInstanceApp('a');
      const of = { client_id: app.client_id, instance: app.instance };
      await grants.insert(db, aGrant('ended', { ...of, status: 'reauth_required' }));
      await grants.insert(db, aGrant('elsewhere', { ...of, instance: 'two.example' }));
      expect(await instanceApps.isInUse(db, app)).toBe(false);
      await grants.insert(db, aGrant('alive', of));
      expect(await instanceApps.isInUse(db, app)).toBe(true);
    });

    test('are told by what is due with them', async () => {
      const { db } = database.store;
      const at = (instance: string) => ({
        grant: { instance, client_id: '7' },
        schedule: { client_id: `7@${instance}` },
      });
      await insertConnected(db, 'a', at('one.example'));
      await insertConnected(db, 'b', at('one.example'));
      await insertConnected(db, 'c', at('two.example'));
      await insertConnected(db, 'd', { ...at('three.example'), schedule: { due_at: noon + 1 } });
      await insertConnected(db, 'e', { ...at('four.example'), schedule: { due_at: null } });
      const due = await schedule.duePerInstance(db, ['acme', 'other'], noon);
      expect(new Set(due.map(({ instance }) => instance))).toEqual(new Set(['one.example', 'two.example']));
      expect(due).toHaveLength(2);
      expect(due[0]).toMatchObject({ provider: 'acme', client_id: '7' });
      expect(await schedule.duePerInstance(db, ['other'], noon)).toEqual([]);
    });
  });

  describe('revocations', () => {
    test('come when they are due, the longest overdue first', async () => {
      const { db } = database.store;
      await revocations.insert(db, aRevocation('late', { next_at: noon - 1 }));
      await revocations.insert(db, aRevocation('later', { next_at: noon - 2 }));
      await revocations.insert(db, aRevocation('future', { next_at: noon + 1 }));
      expect((await revocations.due(db, noon, 10)).map(({ id }) => id)).toEqual(['later', 'late']);
      expect((await revocations.due(db, noon, 1)).map(({ id }) => id)).toEqual(['later']);
      await revocations.putOff(db, 'late', noon + 5);
      await revocations.remove(db, 'later');
      expect(await revocations.due(db, noon, 10)).toEqual([]);
      expect(await revocations.byId(db, 'late')).toMatchObject({ next_at: noon + 5 });
      expect(await revocations.byId(db, 'later')).toBeUndefined();
    });

    test('are taken by one of those who try', async () => {
      const { db } = database.store;
      await revocations.insert(db, aRevocation('a'));
      const row = (await revocations.byId(db, 'a'))!;
      const won = await Promise.all([1, 2, 3].map(() => revocations.take(db, row, noon + 1)));
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await revocations.byId(db, 'a')).toMatchObject({ attempts: 1, next_at: noon + 1 });
    });
  });

  describe('events, keys and facts', () => {
    test('of a connection come newest first, with a cursor', async () => {
      const { db } = database.store;
      await events.insert(db, []);
      await events.insert(db, [anEvent('evt_1'), anEvent('evt_2'), anEvent('evt_3')]);
      await events.insert(db, [
        anEvent('evt_4', { connection_id: 'another' }),
        anEvent('evt_5', { connection_id: null }),
      ]);
      const ids = async (page: { before?: string; limit: number }) =>
        (await events.ofConnection(db, 'connection', page)).map(({ id }) => id);
      expect(await ids({ limit: 2 })).toEqual(['evt_3', 'evt_2']);
      expect(await ids({ limit: 2, before: 'evt_2' })).toEqual(['evt_1']);
    });

    test('open with a key that was not revoked', async () => {
      const { db, reads } = database.store;
      expect(await keys.any(db)).toBe(false);
      await keys.insert(db, aKey('key_1', { key_hash: 'one' }));
      await keys.insert(db, aKey('key_2', { key_hash: 'two', revoked_at: noon }));
      expect(await keys.any(db)).toBe(true);
      expect(await reads.apiKey('one')).toMatchObject({ id: 'key_1', permissions: '["admin"]' });
      expect(await reads.apiKey('two')).toBeUndefined();
      expect(await reads.apiKey('ONE')).toBeUndefined();
      await expect(keys.insert(db, aKey('key_3', { key_hash: 'one' }))).rejects.toThrow(/unique|constraint/i);
    });

    test('about the installation are stored once, also when several processes start at once', async () => {
      const { db } = database.store;
      await Promise.all(['one', 'two', 'three'].map((text) => installation.setOnce(db, 'check', bytes(text))));
      const stored = (await installation.get(db, 'check'))!;
      await installation.setOnce(db, 'check', bytes('later'));
      expect(await installation.get(db, 'check')).toEqual(stored);
      expect(['one', 'two', 'three']).toContain(new TextDecoder().decode(stored));
      expect(await installation.get(db, 'none')).toBeUndefined();
    });
  });
});
