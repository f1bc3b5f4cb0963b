import { describe, expect, it } from 'vitest';
import { type ConnectionBody, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

interface Page<T = ConnectionBody> {
  data: T[];
  next_cursor: string | null;
}

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);

const list = async (harness: Harness, query = ''): Promise<ConnectionBody[]> =>
  (await harness.api<Page>('GET', `/v1/connections${query}`)).data.data;

const patch = (harness: Harness, id: string, json: object) =>
  harness.api<ConnectionBody>('PATCH', `/v1/connections/${id}`, { json });

describe('a connection', () => {
  it('has exactly the members of the contract', async () => {
    await using harness = await startHarness();
    harness.stub.accounts.set('abc', {
      id: 'abc',
      name: 'Ann Lee',
      username: 'annlee',
      picture: 'https://pictures.example/ann.png',
      url: 'https://acme.example/ann',
    });
    const { connection } = await harness.connect({ metadata: { plan: 'pro' } }, { account: 'abc' });
    const expected = {
      id: expect.stringMatching(/^conn_[0-9a-f]{32}$/),
      provider: 'acme',
      owner: 'owner-1',
      status: 'active',
      reason: null,
      account: {
        id: 'abc',
        type: 'profile',
        name: 'Ann Lee',
        username: 'annlee',
        picture: 'https://pictures.example/ann.png',
        url: 'https://acme.example/ann',
      },
      scopes: { granted: ['read', 'write'], missing: [] },
      token: {
        expires_at: time,
        refreshable: true,
        next_refresh_at: time,
        last_refreshed_at: null,
        refresh_expires_at: null,
        generation: 1,
      },
      last_error: null,
      reconnect_url: null,
      metadata: { plan: 'pro' },
      created_at: time,
      updated_at: time,
    };
    expect(connection).toStrictEqual(expected);
    expect((await harness.connection(connection.id)).data).toStrictEqual(connection);
    expect(await list(harness)).toStrictEqual([connection]);

    const refreshed = await harness.api<ConnectionBody>('POST', `/v1/connections/${connection.id}/refresh`);
    expect(refreshed.data).toStrictEqual({
      ...expected,
      id: connection.id,
      token: { ...expected.token, generation: 2, last_refreshed_at: time },
    });
  });

  it('has null for what the platform does not say', async () => {
    await using harness = await startHarness();
    harness.stub.accounts.set('bare', { id: 'bare' });
    harness.stub.behaviour.expiresIn = undefined;
    harness.stub.behaviour.extra = () => ({ refresh_token: undefined });
    const { connection } = await harness.connect({}, { account: 'bare' });
    expect(connection.account).toEqual({
      id: 'bare',
      type: 'profile',
      name: null,
      username: null,
      picture: null,
      url: null,
    });
    expect(connection.token).toMatchObject({ expires_at: null, refreshable: false, next_refresh_at: null });
  });

  it.each<[unknown, string]>([
    [12345, '12345'],
    ['12345678901234567890', '12345678901234567890'],
  ])('has an id that is text: %s', async (id, shown) => {
    await using harness = await startHarness();
    harness.stub.answer('/me', { body: { id } });
    expect((await harness.connect()).connection.account.id).toBe(shown);
  });

  it('keeps an id that is too large for a number', async () => {
    await using harness = await startHarness();
    harness.stub.answer('/me', {
      headers: { 'content-type': 'application/json' },
      body: '{"id":17841400000000000123}',
    });
    expect((await harness.connect()).connection.account.id).toBe('17841400000000000123');
  });

  it('is renewed at about three quarters of its life', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const due = Date.parse(connection.token.next_refresh_at ?? '') - Date.parse(connection.created_at);
    expect(due).toBeGreaterThan(38 * 60_000);
    expect(due).toBeLessThan(46 * 60_000);
  });

  it('is updated by a second connect of the same account and owner', async () => {
    await using harness = await startHarness();
    const first = await harness.connect({ metadata: { a: 1 } });
    const second = await harness.connect({ metadata: { b: 2 } });
    expect(second.connection).toMatchObject({ id: first.connection.id, created_at: first.connection.created_at });
    expect(second.connection.metadata).toMatchObject({ b: 2 });
    expect(await list(harness)).toHaveLength(1);
  });
});

describe('PATCH', () => {
  it('replaces metadata, and changes nothing else', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect({ metadata: { a: 1 } });
    const { status, data } = await patch(harness, connection.id, { metadata: { b: [1, { c: null }] } });
    expect(status).toBe(200);
    expect(data).toStrictEqual({ ...connection, metadata: { b: [1, { c: null }] }, updated_at: time });
    expect(await patch(harness, connection.id, {})).toMatchObject({ status: 200, data: { metadata: data.metadata } });
  });

  it('switches off and on', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    expect(await patch(harness, connection.id, { disabled: true })).toMatchObject({
      status: 200,
      data: { status: 'disabled', token: { next_refresh_at: null } },
    });
    const disabled = { status: 409, data: { code: 'connection_disabled', actor: 'operator' } };
    expect(await harness.token(connection.id)).toMatchObject(disabled);
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject(disabled);
    expect(await patch(harness, connection.id, { disabled: false })).toMatchObject({
      data: { status: 'active', token: { next_refresh_at: time } },
    });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
    const types = (await harness.events(connection.id)).map(({ type }) => type);
    expect(types).toEqual(['connection.updated', 'connection.disabled', 'connection.created']);
  });

  it.each([
    { metadata: [] },
    { metadata: 'x' },
    { metadata: null },
    { disabled: 'true' },
    { disabled: 1 },
    { owner: 'x' },
  ])('refuses %j', async (json) => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    expect(await patch(harness, connection.id, json)).toMatchObject({
      status: 400,
      data: { code: 'invalid_request', errors: [{ pointer: `/${Object.keys(json)[0]}` }] },
    });
  });

  it('knows no connection that does not exist', async () => {
    await using harness = await startHarness({ memory: true });
    expect(await patch(harness, 'conn_x', { disabled: true })).toMatchObject({
      status: 404,
      data: { code: 'connection_not_found' },
    });
  });
});

describe('lists', () => {
  it('are newest first, and pages follow each other without gap or repetition', async () => {
    await using harness = await startHarness();
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) {
      ids.unshift((await harness.connect({ owner: `owner-${count}` })).connection.id);
    }
    expect((await list(harness)).map(({ id }) => id)).toEqual(ids);
    const pages: string[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { data } = await harness.api<Page>('GET', `/v1/connections?limit=3${query}`);
      pages.push(data.data.map(({ id }) => id));
      cursor = data.next_cursor;
      // What is added in the meantime does not shift the pages.
      await harness.connect({ owner: `later-${pages.length}` });
    }
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(pages.flat()).toEqual(ids);
    const { data } = await harness.api<Page>('GET', '/v1/connections?limit=200');
    expect(data).toMatchObject({ next_cursor: null });
    expect(data.data).toHaveLength(10);
    const exact = await harness.api<Page>('GET', '/v1/connections?limit=10');
    expect(exact.data.next_cursor).toBeNull();
  });

  it('are filtered by owner, provider, status and text', async () => {
    await using harness = await startHarness({ providers: ['other'] });
    const { stub } = harness;
    stub.accounts.set('carol', { id: 'carol', name: 'Carol 100%_Sure', username: 'cee' });
    const alice = (await harness.connect({ owner: 'Tenant-A' })).connection.id;
    const bob = (await harness.connect({ owner: 'tenant-b' }, { account: 'bob', scope: 'read' })).connection.id;
    const carol = (await harness.connect({ owner: 'tenant-c' }, { account: 'carol' })).connection.id;
    const other = (await harness.connect({ owner: 'tenant-b', provider: 'other' })).connection.id;
    await patch(harness, carol, { disabled: true });
    const found = async (query: string) => (await list(harness, `?${query}`)).map(({ id }) => id).sort();
    expect(await found('owner=tenant-b')).toEqual([bob, other].sort());
    expect(await found('owner=tenant-b&provider=other')).toEqual([other]);
    expect(await found('provider=acme')).toEqual([alice, bob, carol].sort());
    expect(await found('status=active')).toEqual([alice, other].sort());
    expect(await found('status=limited')).toEqual([bob]);
    expect(await found('status=disabled')).toEqual([carol]);
    for (const status of ['degraded', 'reauth_required', 'pending'])
      expect(await found(`status=${status}`)).toEqual([]);
    expect(await found('q=ALICE')).toEqual([alice, other].sort());
    expect(await found('q=brown')).toEqual([bob]);
    expect(await found('q=cee')).toEqual([carol]);
    expect(await found('q=tenant-a')).toEqual([alice]);
    expect(await found(`q=${encodeURIComponent('100%_s')}`)).toEqual([carol]);
    expect(await found(`q=${encodeURIComponent('1%s')}`)).toEqual([]);
    expect(await found('owner=tenant')).toEqual([]);
  });

  it.each([
    ...['limit=0', 'limit=201', 'limit=-1', 'limit=1.5', 'limit=many', 'limit=', 'limit=1e2', 'limit=1&limit=2'],
    ...['cursor=x', 'cursor=', 'cursor=Y29ubl94', 'status=unknown', 'status=', `q=${'x'.repeat(201)}`],
  ])('refuse %.20s', async (query) => {
    await using harness = await startHarness({ memory: true });
    expect(await harness.api('GET', `/v1/connections?${query}`)).toMatchObject({
      status: 400,
      headers: { 'content-type': 'application/problem+json' },
      data: { code: 'invalid_request', errors: [{ pointer: `/${query.split('=')[0]}` }] },
    });
  });
});

describe('the timeline of a connection', () => {
  it('tells one event for one change, newest first, in pages', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    await patch(harness, connection.id, { disabled: true });
    const path = `/v1/connections/${connection.id}/events`;
    const all = await harness.api<Page<{ id: string; type: string; data: object }>>('GET', path);
    const about = { connection_id: connection.id, owner: 'owner-1', provider: 'acme', at: time };
    const id = expect.stringMatching(/^evt_[0-9a-f]{32}$/);
    expect(all.data).toStrictEqual({
      data: [
        { id, type: 'connection.disabled', ...about, data: {} },
        { id, type: 'connection.refreshed', ...about, data: { generation: 2 } },
        { id, type: 'connection.created', ...about, data: {} },
      ],
      next_cursor: null,
    });
    const first = await harness.api<Page>('GET', `${path}?limit=2`);
    const second = await harness.api<Page>('GET', `${path}?limit=2&cursor=${first.data.next_cursor}`);
    expect([...first.data.data, ...second.data.data]).toEqual(all.data.data);
    expect(second.data.next_cursor).toBeNull();
    for (const query of ['limit=0', 'limit=201', 'cursor=x']) {
      expect(await harness.api('GET', `${path}?${query}`)).toMatchObject({ status: 400 });
    }
  });

  itKeepsSecrets();
});
