import { describe, expect, it } from 'vitest';
import { eventually, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

interface KeyBody {
  id: string;
  key: string;
  name: string;
  permissions: string[];
  owner: string | null;
  last_used_at: string | null;
}

const makeKey = async (harness: Harness, json: object, key?: string) => {
  const reply = await harness.api<KeyBody & { code?: string }>('POST', '/v1/keys', { json, key });
  if (reply.data.key) harness.canaries.add('API key', reply.data.key);
  return reply;
};

const list = async (harness: Harness) =>
  (await harness.api<{ data: KeyBody[]; next_cursor: string | null }>('GET', '/v1/keys')).data;

describe('API keys', () => {
  it('S08 are shown once, work at once, and are kept as hashes', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const reply = await harness.api<KeyBody>('POST', '/v1/keys', {
      json: { name: 'Reports', permissions: ['connections:read', 'connections:read'], owner: 'owner-1' },
    });
    expect(reply).toMatchObject({
      status: 201,
      data: {
        id: expect.stringMatching(/^key_[0-9a-f]{32}$/),
        key: expect.stringMatching(/^eg_[\w-]{43}$/),
        name: 'Reports',
        permissions: ['connections:read'],
        owner: 'owner-1',
        last_used_at: null,
      },
      headers: { 'cache-control': 'no-store' },
    });
    const { key } = reply.data;
    expect(await harness.api('GET', `/v1/connections/${connection.id}`, { key })).toMatchObject({ status: 200 });
    expect(await harness.api('GET', `/v1/connections/${connection.id}/token`, { key })).toMatchObject({ status: 403 });
    harness.canaries.add('API key', key);
    const { data } = await list(harness);
    expect(JSON.stringify(data)).not.toContain(key);
    expect(harness.dump().includes(key)).toBe(false);
    const shown = await eventually('its last use', async () => (await list(harness)).data[0]?.last_used_at);
    expect(shown).toMatch(/Z$/);
  });

  it('A10 stop working at once when they are revoked, and cannot be revoked twice', async () => {
    await using harness = await startHarness();
    const { data } = await makeKey(harness, { name: 'short', permissions: ['admin'] });
    expect(await harness.api('GET', '/v1/keys', { key: data.key })).toMatchObject({ status: 200 });
    expect(await harness.api('DELETE', `/v1/keys/${data.id}`)).toMatchObject({ status: 204 });
    expect(await harness.api('GET', '/v1/keys', { key: data.key })).toMatchObject({ status: 401 });
    expect(await harness.api('DELETE', `/v1/keys/${data.id}`)).toMatchObject({
      status: 404,
      data: { code: 'not_found' },
    });
    expect((await list(harness)).data).toEqual([]);
  });

  it('are listed in pages, newest first', async () => {
    await using harness = await startHarness();
    const names = ['one', 'two', 'three'];
    for (const name of names) await makeKey(harness, { name, permissions: ['events:read'] });
    const first = await harness.api<{ data: KeyBody[]; next_cursor: string }>('GET', '/v1/keys?limit=2');
    const second = await harness.api<{ data: KeyBody[]; next_cursor: null }>(
      'GET',
      `/v1/keys?limit=2&cursor=${first.data.next_cursor}`,
    );
    expect([...first.data.data, ...second.data.data].map(({ name }) => name)).toEqual(names.toReversed());
    expect(second.data.next_cursor).toBeNull();
  });

  it.each([
    [{ permissions: ['admin'] }, '/name'],
    [{ name: '', permissions: ['admin'] }, '/name'],
    [{ name: 'x', permissions: [] }, '/permissions'],
    [{ name: 'x', permissions: ['everything'] }, '/permissions/0'],
    [{ name: 'x', permissions: ['admin'], key: 'eg_mine' }, '/key'],
  ])('refuse %j', async (json, pointer) => {
    await using harness = await startHarness();
    const reply = await harness.api<{ errors: { pointer: string }[] }>('POST', '/v1/keys', { json });
    expect(reply).toMatchObject({ status: 400, data: { code: 'invalid_request' } });
    expect(reply.data.errors.map((error) => error.pointer)).toContain(pointer);
  });

  it('A02 bound to an owner make, see and revoke keys of that owner only', async () => {
    await using harness = await startHarness();
    const { data } = await makeKey(harness, { name: 'tenant', permissions: ['admin'], owner: 'owner-1' });
    const key = data.key;
    expect(await makeKey(harness, { name: 'more', permissions: ['admin'], owner: 'owner-2' }, key)).toMatchObject({
      status: 403,
    });
    for (const owner of [undefined, 'owner-1']) {
      expect(await makeKey(harness, { name: 'own', permissions: ['tokens:read'], owner }, key)).toMatchObject({
        status: 201,
        data: { owner: 'owner-1' },
      });
    }
    const others = await makeKey(harness, { name: 'others', permissions: ['admin'], owner: 'owner-2' });
    const listed = await harness.api<{ data: { id: string; owner: string }[] }>('GET', '/v1/keys', { key });
    expect(listed.data.data.map(({ owner }) => owner)).toEqual(['owner-1', 'owner-1', 'owner-1']);
    expect(await harness.api('DELETE', `/v1/keys/${others.data.id}`, { key })).toMatchObject({ status: 404 });
    expect(await harness.api('GET', '/v1/keys', { key: others.data.key })).toMatchObject({ status: 200 });
    for (const { id } of listed.data.data) {
      expect(await harness.api('DELETE', `/v1/keys/${id}`, { key })).toMatchObject({ status: 204 });
    }
    expect(await harness.api('GET', '/v1/keys', { key })).toMatchObject({ status: 401 });
  });
});

describe('the catalogue', () => {
  it('tells what a platform can, what its scopes permit and how an app is registered', async () => {
    await using harness = await startHarness();
    const { data } = await harness.api<{ data: { id: string; name: string }[]; next_cursor: null }>(
      'GET',
      '/v1/providers',
    );
    expect(data.next_cursor).toBeNull();
    expect(data.data.map(({ name }) => name)).toEqual(
      data.data.map(({ name }) => name).toSorted((one, other) => one.localeCompare(other, 'en')),
    );
    const one = await harness.api('GET', '/v1/providers/linkedin');
    expect(one).toMatchObject({
      status: 200,
      data: {
        id: 'linkedin',
        name: 'LinkedIn',
        protocol: 'oauth2',
        configured: false,
        redirect_uri: `${harness.publicUrl}/integrations/social/linkedin`,
        scopes: expect.arrayContaining([
          { scope: 'w_member_social', permits: expect.any(String), required: true, requested: true },
          { scope: 'email', permits: expect.any(String), required: false, requested: false },
        ]),
        traits: { one_time_token: false, refreshable: true },
        setup: { console: expect.stringContaining('https://'), steps: expect.arrayContaining([expect.any(String)]) },
        health: { status: 'ok', by: null, error_code: null, since: null },
      },
    });
    expect(data.data).toContainEqual(one.data);
    expect(await harness.api('GET', '/v1/providers/nobody')).toMatchObject({
      status: 404,
      data: { code: 'provider_unknown' },
    });
  });

  it('shows that a platform refuses the credentials of the app', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answer('/token', { status: 401, body: { error: 'invalid_client' } });
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect(await harness.api('GET', '/v1/providers/acme')).toMatchObject({
      data: {
        configured: true,
        health: { status: 'blocked', by: 'credentials', error_code: 'provider_app_credentials_invalid' },
      },
    });
  });
});

itKeepsSecrets();
