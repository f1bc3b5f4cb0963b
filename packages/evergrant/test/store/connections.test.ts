import { beforeEach, describe, expect, test } from 'vitest';
import { type ConnectionFilter, connections, gates, grants, schedule } from '../../src/store/index.ts';
import { aConnection, aGate, aGrant, bytes, insertConnected, noon } from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

describeOnEachDatabase('connections', (database) => {
  const list = async (filter: Partial<ConnectionFilter> = {}, now = noon): Promise<string[]> =>
    (await connections.list(database.store.db, { limit: 100, ...filter }, now)).map(({ id }) => id);

  test('are found by id, by account and by grant', async () => {
    const { db } = database.store;
    await insertConnected(db, 'a', { connection: { account_id: 'account' } });
    await connections.insert(db, aConnection('b', 'a', { account_id: 'another' }));
    expect(await connections.byId(db, 'a')).toMatchObject({ id: 'a', grant_id: 'a' });
    expect(await connections.byId(db, 'a', true)).toMatchObject({ id: 'a' });
    expect(await connections.byId(db, 'A')).toBeUndefined();
    const account = { provider: 'acme', owner: 'owner', accountId: 'account' };
    expect(await connections.byAccount(db, account)).toMatchObject({ id: 'a' });
    expect(await connections.byAccount(db, { ...account, owner: 'Owner' })).toBeUndefined();
    expect(await connections.byAccount(db, { ...account, provider: 'other' })).toBeUndefined();
    expect((await connections.ofGrant(db, 'a')).map(({ id }) => id).sort()).toEqual(['a', 'b']);
    expect(await connections.ofGrant(db, 'none')).toEqual([]);
  });

  test('are changed and removed one by one', async () => {
    const { db } = database.store;
    await insertConnected(db, 'a');
    await insertConnected(db, 'b');
    await connections.update(db, 'a', { name: 'Ada', disabled_at: noon, updated_at: noon + 1 });
    expect(await connections.byId(db, 'a')).toMatchObject({ name: 'Ada', disabled_at: noon, updated_at: noon + 1 });
    expect(await connections.byId(db, 'b')).toMatchObject({ name: null, disabled_at: null });
    await connections.remove(db, 'a');
    expect(await list()).toEqual(['b']);
  });

  test('are one for each account of an owner', async () => {
    const { db } = database.store;
    await insertConnected(db, 'a', { connection: { account_id: 'account' } });
    await grants.insert(db, aGrant('b'));
    await expect(connections.insert(db, aConnection('b', 'b', { account_id: 'account' }))).rejects.toThrow(
      /unique|constraint/i,
    );
    await connections.insert(db, aConnection('b', 'b', { account_id: 'account', owner: 'another' }));
    expect(await list()).toEqual(['b', 'a']);
  });

  test('do not live without a grant', async () => {
    await expect(connections.insert(database.store.db, aConnection('a', 'none'))).rejects.toThrow(/foreign key/i);
  });

  test('are read with all that handing out a token needs', async () => {
    const { db, reads } = database.store;
    await insertConnected(db, 'a', {
      grant: { access_token_sealed: bytes('sealed'), refresh_token_sealed: null, generation: 3 },
      connection: { token_sealed: bytes('own'), token_expires_at: noon, disabled_at: noon },
    });
    const row = (await reads.connection('a'))!;
    expect({ ...row, access_token_sealed: new Uint8Array(row.access_token_sealed) }).toMatchObject({
      id: 'a',
      owner: 'owner',
      provider: 'acme',
      grant_id: 'a',
      client_id: 'client',
      instance: null,
      status: 'active',
      access_token_sealed: bytes('sealed'),
      token_type: 'bearer',
      expires_at: noon + 3_600_000,
      lifetime: 3_600_000,
      generation: 3,
      token_expires_at: noon,
      disabled_at: noon,
    });
    expect(Boolean(row.has_refresh_token)).toBe(false);
    expect(new Uint8Array(row.token_sealed!)).toEqual(bytes('own'));
    expect(await reads.connection('none')).toBeUndefined();
  });

  test('are shown with the facts of grant and schedule, and without their secrets', async () => {
    const { db } = database.store;
    await insertConnected(db, 'a', {
      grant: { subject: 'person', last_refreshed_at: noon, generation: 9, last_error: '{}' },
      schedule: { due_at: noon + 5 },
      connection: { token_sealed: bytes('own') },
    });
    const record = (await connections.record(db, 'a', noon))!;
    expect(record).toMatchObject({
      id: 'a',
      generation: 9,
      due_at: noon + 5,
      last_refreshed_at: noon,
      gate_error: null,
    });
    expect([Boolean(record.has_own_token), Boolean(record.has_refresh_token)]).toEqual([true, true]);
    expect(Object.values(record).some((value) => (value as unknown) instanceof Uint8Array)).toBe(false);
    expect(await connections.record(db, 'none', noon)).toBeUndefined();
  });

  describe('have a status', () => {
    const statusOf = async (id: string, now = noon) => (await connections.record(database.store.db, id, now))?.status;

    test('that follows from what is stored, the gravest fact first', async () => {
      const { db } = database.store;
      const [missing, disabled, ended] = [
        { scopes_missing: '["write"]' },
        { disabled_at: noon },
        { status: 'reauth_required' as const },
      ];
      await insertConnected(db, 'plain');
      await insertConnected(db, 'limited', { connection: missing });
      await insertConnected(db, 'degraded', { grant: { degraded_at: noon }, connection: missing });
      await insertConnected(db, 'ended', { grant: { ...ended, degraded_at: noon }, connection: missing });
      await insertConnected(db, 'off', { grant: ended, connection: { ...missing, ...disabled } });
      expect(await statusOf('plain')).toBe('active');
      expect(await statusOf('limited')).toBe('limited');
      expect(await statusOf('degraded')).toBe('degraded');
      expect(await statusOf('ended')).toBe('reauth_required');
      expect(await statusOf('off')).toBe('disabled');
      expect(await list({ status: 'reauth_required' })).toEqual(['ended']);
      expect(await list({ status: 'limited' })).toEqual(['limited']);
      expect(await list({ status: 'pending' })).toEqual([]);
    });

    test('that is degraded from the moment at which a token of a blocked app runs out', async () => {
      const { db } = database.store;
      await insertConnected(db, 'a', { grant: { expires_at: noon + 1000 } });
      await insertConnected(db, 'unscheduled', { grant: { expires_at: noon }, schedule: { due_at: null } });
      await insertConnected(db, 'endless', { grant: { expires_at: null } });
      const key = { provider: 'acme', clientId: 'client' };
      await gates.ensure(db, key, noon);
      await gates.update(db, key, { blocked_by: 'outage', error: '{"code":"provider_unavailable"}' });
      expect(await statusOf('a', noon + 999)).toBe('active');
      expect(await statusOf('a', noon + 1000)).toBe('degraded');
      expect((await connections.record(db, 'a', noon))?.gate_error).toBe('{"code":"provider_unavailable"}');
      expect(await statusOf('unscheduled', noon + 1000)).toBe('active');
      expect(await statusOf('endless', noon + 1000)).toBe('active');
      expect(await list({ status: 'degraded' }, noon + 1000)).toEqual(['a']);
    });

    test('that no gate of another app changes', async () => {
      const { db } = database.store;
      await insertConnected(db, 'a', { grant: { expires_at: noon } });
      await db
        .insertInto('provider_gates')
        .values(aGate({ client_id: 'another', blocked_by: 'outage' }))
        .execute();
      expect(await statusOf('a')).toBe('active');
    });
  });

  describe('are listed', () => {
    beforeEach(async () => {
      const { db } = database.store;
      const people: [id: string, name: string, username: string, owner: string, provider: string][] = [
        ['conn_01', 'Ada Lovelace', 'ada', 'tenant-1', 'acme'],
        ['conn_02', 'Grace 100% Hopper', 'grace_hopper', 'tenant-1', 'other'],
        ['conn_03', 'Alan\\Turing', 'graceXhopper', 'tenant_2', 'acme'],
        ['conn_04', "O'Neill; --", 'Ünal', 'tenant-10', 'acme'],
      ];
      for (const [id, name, username, owner, provider] of people) {
        await insertConnected(db, id, {
          grant: { provider },
          schedule: { provider },
          connection: { name, username, owner, provider },
        });
      }
    });

    test('newest first, with a cursor', async () => {
      expect(await list()).toEqual(['conn_04', 'conn_03', 'conn_02', 'conn_01']);
      expect(await list({ limit: 2 })).toEqual(['conn_04', 'conn_03']);
      expect(await list({ limit: 2, before: 'conn_03' })).toEqual(['conn_02', 'conn_01']);
      expect(await list({ limit: 2, before: 'conn_01' })).toEqual([]);
    });

    test('by owner, provider and id, alone and together', async () => {
      expect(await list({ owner: 'tenant-1' })).toEqual(['conn_02', 'conn_01']);
      expect(await list({ provider: 'acme' })).toEqual(['conn_04', 'conn_03', 'conn_01']);
      expect(await list({ owner: 'tenant-1', provider: 'acme' })).toEqual(['conn_01']);
      expect(await list({ owner: 'TENANT-1' })).toEqual([]);
      expect(await list({ ids: ['conn_03', 'conn_01', 'none'] })).toEqual(['conn_03', 'conn_01']);
      expect(await list({ ids: ['conn_03'], owner: 'tenant-1' })).toEqual([]);
    });

    test('by part of name, username or owner, whatever its case', async () => {
      expect(await list({ q: 'LOVE' })).toEqual(['conn_01']);
      expect(await list({ q: 'tenant' })).toEqual(['conn_04', 'conn_03', 'conn_02', 'conn_01']);
      expect(await list({ q: 'tenant-1' })).toEqual(['conn_04', 'conn_02', 'conn_01']);
      expect(await list({ q: "o'neill; --" })).toEqual(['conn_04']);
      expect(await list({ q: 'nobody' })).toEqual([]);
    });

    test('by text in which nothing is a wildcard', async () => {
      expect(await list({ q: '%' })).toEqual(['conn_02']);
      expect(await list({ q: '_' })).toEqual(['conn_03', 'conn_02']);
      expect(await list({ q: 'grace_hopper' })).toEqual(['conn_02']);
      expect(await list({ q: '\\' })).toEqual(['conn_03']);
      expect(await list({ q: '\\_' })).toEqual([]);
      expect(await list({ q: 'n\\t' })).toEqual(['conn_03']);
    });
  });

  test('keep the order in which they were made, whatever the language of the database', async () => {
    const { db } = database.store;
    const ids = ['conn_0a', 'conn_0b', 'conn_9f', 'conn_a0', 'conn_aa', 'conn_f9'];
    for (const id of ids) await insertConnected(db, id);
    expect(await list()).toEqual(ids.toReversed());
    expect(await list({ before: 'conn_a0' })).toEqual(['conn_9f', 'conn_0b', 'conn_0a']);
  });

  test('go with nothing left behind when their grant is removed', async () => {
    const { db } = database.store;
    await insertConnected(db, 'a');
    await expect(grants.remove(db, 'a')).rejects.toThrow(/foreign key/i);
    await connections.remove(db, 'a');
    await grants.remove(db, 'a');
    expect(await grants.byId(db, 'a')).toBeUndefined();
    expect(await schedule.byGrant(db, 'a')).toBeUndefined();
  });
});
