import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEvergrant } from '../../src/evergrant.ts';
import { eventually, type Harness, itKeepsSecrets, startHarness } from './support.ts';

const newKey = (): string => randomBytes(32).toString('base64');

/** Acme with pages to choose from, each with a token of its own. */
const withPages = ({ origin }: { origin: string }) => ({
  definition: {
    accounts: {
      get: `${origin}/pages`,
      items: 'data',
      map: { id: 'id', name: 'name' },
      type: 'page',
      token: 'access_token',
    },
  },
});

const unreadable = { status: 503, data: { code: 'storage_key_unavailable', actor: 'operator' } };

const expectUntouched = async (harness: Harness, id: string): Promise<void> => {
  expect(await harness.connection(id)).toMatchObject({ status: 200, data: { status: 'active', reason: null } });
  expect(harness.stub.renewals()).toEqual([]);
};

describe('what lies in the database', () => {
  it('S01 a dump with its write-ahead log holds no secret at any stage', async () => {
    await using harness = await startHarness({ acme: withPages });
    const { stub, canaries } = harness;
    const page = (id: string) => ({
      id,
      name: `Page ${id}`,
      access_token: canaries.add('access token', `${id}+/=page-token-of-32-characters`),
    });
    stub.answer('/pages', { body: { data: [page('p1'), page('p2')] } });
    stub.behaviour.extra = () => ({
      id_token: canaries.add('ID token', `ey.${randomBytes(30).toString('base64url')}.x`),
    });
    const pending = await harness.begin();
    canaries.add('state', new URL(pending.authorizationUrl).searchParams.get('state') ?? '');
    expect(canaries.findIn(harness.dump())).toEqual([]);

    const { flow } = await harness.connect();
    expect(flow.status).toBe('choosing');
    expect(canaries.findIn(harness.dump())).toEqual([]);

    const chosen = await harness.api<typeof flow>('POST', `/v1/connect/${flow.id}/accounts`, {
      json: { account_ids: ['p1', 'p2'] },
    });
    const [first, second] = chosen.data.connections;
    await harness.api('POST', `/v1/connections/${first?.id}/refresh`);
    stub.answer('/revoke', { status: 503 });
    for (const id of [first?.id, second?.id]) await harness.api('DELETE', `/v1/connections/${id}`);
    const dump = harness.dump();
    expect(dump.includes('owner-1')).toBe(true);
    for (const kind of ['access token', 'refresh token', 'ID token', 'code', 'verifier', 'state'] as const) {
      expect(canaries.count(kind)).toBeGreaterThan(0);
    }
    expect(canaries.findIn(dump)).toEqual([]);
  });

  it('S01 an answer between its arrival and its commit lies sealed', async () => {
    await using harness = await startHarness();
    const { stub } = harness;
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    stub.answer('/me', (received) => ({ ...stub.behave(received), after: held }));
    const connecting = harness.connect();
    await eventually('the profile call', () => stub.requestsTo('/me').length === 1);
    expect(harness.canaries.findIn(harness.dump())).toEqual([]);
    release();
    await connecting;
  });

  it.each([
    ['columns of one row', ['access_token_sealed', 'refresh_token_sealed'], [0, 0]],
    ['rows of one column', ['access_token_sealed', 'access_token_sealed'], [0, 1]],
    ['rows and columns', ['refresh_token_sealed', 'access_token_sealed'], [0, 1]],
  ])('S02 sealed values that changed their place are not read: %s', async (_, [one = '', other = ''], [from, to]) => {
    await using harness = await startHarness();
    const { connection } = await harness.connect({ owner: 'owner-1' });
    const second = await harness.connect({ owner: 'owner-2' }, { account: 'bob' });
    harness.sql((database) => {
      const rows = database.prepare('select * from grants order by id').all();
      const [source, target] = [rows[from ?? 0], rows[to ?? 0]];
      const write = (column: string, id: unknown, value: unknown) =>
        database.prepare(`update grants set ${column} = ? where id = ?`).run(value as Uint8Array, id as string);
      write(one, source?.['id'], target?.[other]);
      write(other, target?.['id'], source?.[one]);
    });
    for (const { id } of from === to ? [connection] : [connection, second.connection]) {
      // One of the two routes needs the value that was moved; neither gives out another token than its own.
      const answers = [await harness.token(id), await harness.api('POST', `/v1/connections/${id}/refresh`)];
      expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThan(0);
      for (const answer of answers.filter(({ status }) => status !== 200)) expect(answer).toMatchObject(unreadable);
      await expectUntouched(harness, id);
    }
  });

  it('S03 the same secret never gives the same envelope twice', async () => {
    await using harness = await startHarness();
    const body = { access_token: 'the-same-token', token_type: 'Bearer', refresh_token: 'the-same-token' };
    harness.stub.answer('/token', { body });
    harness.stub.answer('/me', { body: { id: 'alice' } });
    for (const owner of ['owner-1', 'owner-2', 'owner-3']) await harness.connect({ owner });
    const sealed = harness.sql((database) =>
      database
        .prepare('select access_token_sealed as one, refresh_token_sealed as two from grants')
        .all()
        .flatMap(({ one, two }) => [one, two])
        .map((envelope) => Buffer.from(envelope as Uint8Array).toString('hex')),
    );
    expect(sealed).toHaveLength(6);
    expect(new Set(sealed).size).toBe(6);
  });

  it('S03 the metrics count the seals of each key', async () => {
    await using harness = await startHarness();
    const added = `new:${newKey()}`;
    await harness.restart({ encryptionKeys: `${added},${harness.config.encryptionKeys}` });
    const counted = async (key: string) => {
      const { body } = await harness.api('GET', '/metrics');
      return Number(new RegExp(`^evergrant_vault_seals_total\\{key="${key}"\\} (\\d+)$`, 'm').exec(body)?.[1]);
    };
    const before = await counted('new');
    await harness.connect();
    const after = await counted('new');
    expect(after).toBeGreaterThanOrEqual(before + 2);
    expect(await counted('new')).toBe(after);
    expect(await counted('test')).toBe(0);
  });

  it('S04 a new key seals, the old one still opens, and without it nothing is read', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const added = `new:${newKey()}`;
    await harness.restart({ encryptionKeys: `${added},${harness.config.encryptionKeys}` });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject({ status: 200 });
    const { data } = await harness.token(connection.id);
    await expect(harness.restart({ encryptionKeys: added })).rejects.toMatchObject({ code: 'storage_key_unavailable' });
    await harness.restart({ encryptionKeys: `${added},${harness.config.encryptionKeys}` });
    expect((await harness.token(connection.id)).data).toEqual(data);
  });

  it('S04 sealing anew under load fails no read, and ends with the old key no longer needed', async () => {
    await using harness = await startHarness({ providers: ['other'] });
    const owners = Array.from({ length: 12 }, (_, index) => `owner-${index}`);
    const ids: string[] = [];
    for (const owner of owners) ids.push((await harness.connect({ owner })).connection.id);
    await harness.begin();
    const old = harness.config.encryptionKeys;
    const added = `new:${newKey()}`;
    await harness.restart({ encryptionKeys: `${added},${old}` });
    const { vault } = harness.evergrant;
    expect(await vault.keyUse()).toMatchObject({ new: 0, test: expect.any(Number) });

    let over = false;
    const read = async (id: string) => {
      const seen = new Set<number>();
      for (let turn = 0; !over || turn < 3; turn++) {
        seen.add((await harness.token(id)).status);
        if (turn % 2) seen.add((await harness.api('POST', `/v1/connections/${id}/refresh`)).status);
      }
      return seen;
    };
    const reading = Array.from({ length: 32 }, (_, reader) => read(ids[reader % ids.length]!));
    const seen: number[] = [];
    const progress = await vault.rotate(({ done, total }) => seen.push(done / total));
    over = true;
    expect(await Promise.all(reading)).toEqual(reading.map(() => new Set([200])));
    expect(progress.resealed).toBeGreaterThanOrEqual(ids.length);
    expect(seen.at(-1)).toBe(1);
    const use = await vault.keyUse();
    expect(use['test'] ?? 0).toBe(0);
    expect(await vault.rotate()).toMatchObject({ resealed: 0 });

    await harness.restart({ encryptionKeys: added });
    for (const id of ids) expect((await harness.token(id)).status).toBe(200);
  });

  it('S04 a value that no key opens stops it, and nothing is lost', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const old = harness.config.encryptionKeys;
    await harness.restart({ encryptionKeys: `second:${newKey()},${old}` });
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    const third = `third:${newKey()}`;
    await harness.restart({ encryptionKeys: `${third},${old}` });
    await expect(harness.evergrant.vault.rotate()).rejects.toMatchObject({ code: 'storage_key_unavailable' });
  });

  it.each<[string, string]>([
    ['empty', ''],
    ['without an id', newKey()],
    ['short', `k:${randomBytes(16).toString('base64')}`],
    ['long', `k:${randomBytes(33).toString('base64')}`],
    ['a repeated byte', `k:${Buffer.alloc(32, 7).toString('base64')}`],
    ['zeros', `k:${Buffer.alloc(32).toString('base64')}`],
    ['counting', `k:${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64')}`],
    ['a pass phrase', `k:${Buffer.from('change-me-change-me-change-me-32').toString('base64')}`],
    ['no base64', 'k:correct horse battery staple'],
    ['two of one id', `k:${newKey()},k:${newKey()}`],
  ])('S05 a key that is %s is refused at the start, and not repeated', async (_, encryptionKeys) => {
    const refusal = await startHarness({ config: { encryptionKeys } }).then(
      () => null,
      (error: Error) => error.message,
    );
    expect(refusal).toMatch(/encryptionKeys|encryption key/i);
    const secret = encryptionKeys.slice(encryptionKeys.indexOf(':') + 1);
    if (secret.length > 8) expect(refusal).not.toContain(secret);
  });

  it('S05 with PostgreSQL an absent key is refused: every process needs the same', async () => {
    const started = createEvergrant({ database: 'postgres://user:password@127.0.0.1:1/x', engine: 'none' });
    await expect(started).rejects.toThrow(/ENCRYPTION_KEYS/);
    await expect(started).rejects.not.toThrow(/password/);
  });

  it('S05 a key file that is not there is made for its owner alone', async () => {
    await using harness = await startHarness({ config: { encryptionKeys: undefined } });
    const path = join(harness.folder, 'evergrant.key');
    expect(harness.evergrant.newKeyFile).toBe(path);
    expect(existsSync(path)).toBe(true);
    const { connection } = await harness.connect();
    const key = /:([\w+/=]+)/.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
    expect(harness.dump().includes(key)).toBe(false);
    await harness.restart();
    expect(harness.evergrant.newKeyFile).toBeNull();
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
    rmSync(path);
    await expect(harness.restart()).rejects.toMatchObject({ code: 'storage_key_unavailable' });
  });

  it('S06 a wrong key fails closed and is not blamed on the person', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const wrong = harness.restart({ encryptionKeys: `test:${newKey()}` });
    await expect(wrong).rejects.toMatchObject({ code: 'storage_key_unavailable', actor: 'operator' });
    await harness.restart();
    await expectUntouched(harness, connection.id);
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
  });

  it.each(['access_token_sealed', 'refresh_token_sealed'])(
    'S07 a plain token in %s is an error and no token',
    async (column) => {
      await using harness = await startHarness();
      const { connection } = await harness.connect();
      harness.sql((database) => database.prepare(`update grants set ${column} = ?`).run(Buffer.from('plain-token')));
      const answer = await (column === 'access_token_sealed'
        ? harness.token(connection.id)
        : harness.api('POST', `/v1/connections/${connection.id}/refresh`));
      expect(answer).toMatchObject(unreadable);
      expect(answer.body).not.toContain('plain-token');
      await expectUntouched(harness, connection.id);
    },
  );

  it('S08 the first key is shown once, has a prefix, and lies in the database as a hash', async () => {
    await using harness = await startHarness({ config: { apiKey: undefined } });
    const key = harness.canaries.add('API key', harness.evergrant.newApiKey?.reveal() ?? '');
    expect(key).toMatch(/^eg_[\w-]{43}$/);
    expect(await harness.api('GET', '/v1/connections', { key })).toMatchObject({ status: 200 });
    expect(harness.canaries.findIn(harness.dump())).toEqual([]);
    expect(harness.dump().includes(createHash('sha256').update(key).digest('base64url'))).toBe(true);
    await harness.restart();
    expect(harness.evergrant.newApiKey).toBeNull();
    expect(await harness.api('GET', '/v1/connections', { key })).toMatchObject({ status: 200 });
    for (const wrong of [
      `${key}x`,
      key.slice(0, -1),
      key.toUpperCase(),
      createHash('sha256').update(key).digest('base64url'),
    ]) {
      expect(await harness.api('GET', '/v1/connections', { key: wrong })).toMatchObject({ status: 401 });
    }
  });

  it('S09 what is finished vanishes: flows after a day, credentials with their connection', async () => {
    await using harness = await startHarness({ config: { engine: 'embedded' } });
    const count = (table: string) =>
      harness.sql((database) => Number(database.prepare(`select count(*) as n from ${table}`).get()?.['n']));
    const { connection } = await harness.connect();
    const abandoned = await harness.begin();
    expect(abandoned.started.status).toBe('pending');
    expect(count('journal')).toBe(0);
    await harness.api('DELETE', `/v1/connections/${connection.id}`);
    for (const table of ['grants', 'schedule', 'connections', 'revocations', 'refresh_attempts', 'journal']) {
      expect({ table, rows: count(table) }).toEqual({ table, rows: 0 });
    }
    harness.clock.advance(11 * 60_000);
    await eventually('the abandoned flow to expire', () =>
      harness.sql((database) => database.prepare("select 1 from flows where status = 'expired'").get()),
    );
    expect(
      harness.sql((database) => database.prepare('select 1 from flows where authorization_sealed is not null').get()),
    ).toBeUndefined();
    // What a flow left behind whose answer could not be read.
    harness.sql((database) =>
      database
        .prepare(
          `insert into journal (id, kind, flow_id, provider, client_id, consent, generation, fence, started_at, answer_sealed, created_at)
          values ('att_1', 'exchange', 'flow_1', 'acme', 'client', 1, 1, 0, 0, x'00', ?)`,
        )
        .run(harness.clock.now()),
    );
    harness.clock.advance(25 * 60 * 60_000);
    await eventually('the flows to vanish', () => count('flows') === 0 && count('journal') === 0);
  });

  itKeepsSecrets();
});
