import { describe, expect, it } from 'vitest';
import tumblrFixture from '../../src/providers/builtin/tumblr-oauth1.fixture.ts';
import xFixture from '../../src/providers/builtin/x-oauth1.fixture.ts';
import { makeSecret } from './canaries.ts';
import { createOAuth1Server } from './oauth1-server.ts';
import { type ConnectionBody, itKeepsSecrets, startHarness } from './support.ts';

const x = 'x-oauth1';
const tumblr = 'tumblr-oauth1';
const platforms = {
  [x]: { origins: ['https://api.x.com'], fixture: xFixture },
  [tumblr]: { origins: ['https://www.tumblr.com', 'https://api.tumblr.com'], fixture: tumblrFixture },
};

/** Evergrant with both platforms, each behind a server that checks every signature. */
const start = async () => {
  const servers = await Promise.all(
    Object.entries(platforms).map(async ([id, { origins, fixture }]) => {
      const server = await createOAuth1Server(origins, { id: `key-of-${id}`, secret: makeSecret('cs_') });
      for (const [url, answer] of Object.entries(fixture.get)) server.gets.set(url.split('?')[0]!, answer);
      return [id, server] as const;
    }),
  );
  const providers = Object.fromEntries(
    servers.map(([id, { client, origins }]) => [id, { clientId: client.id, clientSecret: client.secret, origins }]),
  );
  const harness = await startHarness({ config: { providers } });
  for (const [, { watch, client }] of servers) {
    harness.canaries.add('client secret', client.secret);
    watch.secret = (kind, value) => void harness.canaries.add(kind, value);
  }
  const at = Object.fromEntries(servers);
  const stub = at[x]!;
  const connect = async (provider = x, input: Record<string, unknown> = {}) => {
    const begun = await harness.begin({ provider, ...input });
    const page = await begun.browser.follow(at[provider]!.consent(begun.authorizationUrl));
    const flow = await harness.flow(begun.started.id);
    return { ...begun, page, flow, connection: flow.connections[0]! };
  };
  return {
    harness,
    stub,
    tumblr: at[tumblr]!,
    connect,
    exchanges: () => stub.requestsTo('/oauth/access_token'),
    async [Symbol.asyncDispose]() {
      for (const [, server] of servers) {
        const notRight = server.requests.filter(({ signature }) => signature !== 'right');
        expect(notRight.map(({ method, url, signature }) => [method, url, signature])).toEqual([]);
        await server.close();
      }
      await harness[Symbol.asyncDispose]();
    },
  };
};

const withParameters = (url: string, changes: Record<string, string | null>): string => {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) changed.searchParams.delete(name);
    else changed.searchParams.set(name, value);
  }
  return changed.href;
};

describe('a connection by OAuth 1.0a', () => {
  it('C21 is made by an application with a callback page of its own, for the session that began', async () => {
    await using world = await start();
    const provider = world.harness.evergrant.provider(x);
    const { url, state } = await provider.generateAuthUrl({ owner: 'owner-1' });
    world.harness.canaries.add('state', state);
    const callback = world.stub.consent(url);
    await expect(provider.authenticate({ callback, state: 'of another' })).rejects.toMatchObject({
      code: 'flow_browser_mismatch',
    });
    expect(world.exchanges()).toEqual([]);
    expect(await provider.authenticate({ callback, state })).toMatchObject({
      id: '12345',
      name: 'Example Person',
      expiresIn: null,
    });
  });

  it('C21 T05 goes from a request token to a token with its secret, and no secret stands in a URL', async () => {
    await using world = await start();
    const { harness, stub, connect, exchanges } = world;
    const { connection, authorizationUrl, page } = await connect();
    expect(page.status).toBe(200);
    expect(authorizationUrl).toMatch(/\/oauth\/authorize\?oauth_token=[0-9a-f]{24}$/);
    expect(connection).toMatchObject({
      status: 'active',
      account: { id: '12345', type: 'profile', name: 'Example Person', username: 'example' },
      scopes: { granted: [], missing: [] },
      token: { expires_at: null, refreshable: false, next_refresh_at: null, generation: 1 },
    });
    const { status, data } = await harness.token(connection.id);
    expect(status).toBe(200);
    expect(data).toEqual({
      access_token: expect.stringMatching(/^at_/),
      token_secret: expect.stringMatching(/^ts_/),
      token_type: 'oauth1',
      expires_at: null,
      scopes: [],
      generation: 1,
    });
    expect(await harness.evergrant.getAccessToken(connection.id)).toMatchObject({ tokenSecret: data.token_secret });
    expect(exchanges()).toHaveLength(1);
    const [asked] = stub.requestsTo('/oauth/request_token');
    expect(asked?.parameters.get('oauth_callback')).toBe(`${harness.publicUrl}/integrations/social/${x}`);
    expect(harness.canaries.findIn(stub.requests.map(({ target }) => target).join('\n'))).toEqual([]);
  });

  it('is made of a token and its secret that another system holds', async () => {
    await using world = await start();
    const { harness, connect } = world;
    const { connection } = await connect();
    const { access_token, token_secret } = (await harness.token(connection.id)).data;
    await harness.api('DELETE', `/v1/connections/${connection.id}?revoke=false`);
    const json = { provider: x, owner: 'owner-2', access_token, token_secret };
    const imported = await harness.api<ConnectionBody>('POST', '/v1/connections/import', { json });
    expect(imported).toMatchObject({
      status: 201,
      data: {
        status: 'active',
        account: { id: '12345', username: 'example' },
        scopes: { granted: [], missing: [] },
        token: { expires_at: null, refreshable: false },
      },
    });
    const { data } = await harness.token(imported.data.id);
    expect(data.token_type).toBe('oauth1');
    expect(data.access_token === access_token && data.token_secret === token_secret).toBe(true);
    const { status } = await harness.api('GET', `/v1/connections/${imported.data.id}/api/2/users/me`);
    expect(status).toBe(200);
  });

  it('is made of what came with the token where the platform refuses to say more', async () => {
    await using world = await start();
    const { harness, stub, connect } = world;
    const refused = { status: 403, body: { title: 'Client Forbidden', status: 403, type: 'about:blank' } };
    const unauthorized = { status: 401, body: { title: 'Unauthorized', status: 401, type: 'about:blank' } };
    stub.script('/2/users/me', refused, unauthorized);
    const { connection } = await connect();
    expect(connection).toMatchObject({
      status: 'active',
      account: { id: '12345', name: null, username: 'example', picture: null, url: 'https://x.com/example' },
    });
    const { flow, page } = await connect();
    expect(flow).toMatchObject({ status: 'failed', connections: [] });
    expect(page.body).toContain('reauth_required');
    expect((await harness.token(connection.id)).status).toBe(200);
  });

  it('is never renewed, whatever is asked for', async () => {
    await using world = await start();
    const { harness, stub, connect } = world;
    const { connection } = await connect();
    const before = stub.requests.length;
    harness.clock.advance(400 * 86_400_000);
    expect((await harness.token(connection.id, '?min_valid=86400')).status).toBe(200);
    const refreshed = await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect(refreshed).toMatchObject({ status: 200, data: { status: 'active', token: { generation: 1 } } });
    const rejected = await harness.api('POST', `/v1/connections/${connection.id}/token/rejected`, {
      json: { generation: 1 },
    });
    expect(rejected).toMatchObject({ status: 409, data: { code: 'token_expired_not_renewable' } });
    expect(harness.sql((database) => database.prepare('select due_at, deadline_at from schedule').all())).toEqual([
      { due_at: null, deadline_at: null },
    ]);
    expect(stub.requests).toHaveLength(before);
  });

  it('offers the blogs of a person, and connects those that are chosen', async () => {
    await using world = await start();
    const { harness, connect } = world;
    const { flow } = await connect(tumblr);
    expect(flow).toMatchObject({ status: 'choosing', connections: [] });
    expect(flow.accounts.map(({ id, type }) => [id, type])).toEqual(
      tumblrFixture.accounts.map(({ id }) => [id, 'blog']),
    );
    const ids = flow.accounts.map(({ id }) => id);
    await harness.api('POST', `/v1/connect/${flow.id}/accounts`, { json: { account_ids: ids } });
    const { connections } = await harness.flow(flow.id);
    const tokens = await Promise.all(connections.map(async ({ id }) => (await harness.token(id)).data));
    expect(new Set(tokens.map(({ token_secret }) => token_secret)).size).toBe(1);
    expect(world.tumblr.requests.every(({ userAgent }) => userAgent === world.tumblr.requests[0]?.userAgent)).toBe(
      true,
    );
  });

  it('is revoked by a signed request, and a token that is dead already counts as revoked', async () => {
    await using world = await start();
    const { harness, stub, connect } = world;
    const path = '/1.1/oauth/invalidate_token';
    const remove = (id: string) => harness.api('DELETE', `/v1/connections/${id}`);
    expect((await remove((await connect()).connection.id)).status).toBe(204);
    expect(stub.requestsTo(path)).toHaveLength(1);
    const dead = { status: 401, body: { errors: [{ code: 89, message: 'Invalid or expired token.' }] } };
    stub.script(path, dead, { status: 503, body: '' });
    expect((await remove((await connect()).connection.id)).status).toBe(204);
    expect(await remove((await connect()).connection.id)).toMatchObject({
      status: 200,
      data: { warnings: [{ code: 'revocation_unconfirmed' }] },
    });
  });

  it('keeps its token where the same person connects again for another owner', async () => {
    await using world = await start();
    const { harness, stub, connect } = world;
    const one = await connect(x, { owner: 'owner-1' });
    const two = await connect(x, { owner: 'owner-2' });
    expect((await harness.api('DELETE', `/v1/connections/${one.connection.id}`)).status).toBe(204);
    expect(stub.requestsTo('/1.1/oauth/invalidate_token')).toEqual([]);
    expect((await harness.token(two.connection.id)).status).toBe(200);
  });
});

describe('calls with OAuth 1.0a', () => {
  it('are signed with their query and their form', async () => {
    await using world = await start();
    const { harness, stub, connect } = world;
    const { connection } = await connect();
    const path = `/v1/connections/${connection.id}/api/2/things`;
    const query = 'text=it%27s+100%25%20%2B%20more&ids=1,2&ids=%E2%98%83&empty=&bare';
    await harness.api('GET', `${path}?${query}`);
    const form = 'status=Hello+Ladies+%2B+Gentlemen%21&a=1&a=&c%40';
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    await harness.api('POST', `${path}?include=all`, { body: form, headers });
    await harness.api('POST', path, { json: { text: 'not covered by the signature' } });
    await harness.api('DELETE', `${path}/~1(2)*!`);
    const calls = stub.requests.filter(({ url }) => url.includes('/2/things'));
    expect(calls.map(({ method, signature }) => [method, signature])).toEqual([
      ['GET', 'right'],
      ['POST', 'right'],
      ['POST', 'right'],
      ['DELETE', 'right'],
    ]);
    expect(calls[0]?.target).toBe(`/0/2/things?${query}`);
    expect(calls[1]?.parameters.get('status')).toBe('Hello Ladies + Gentlemen!');
  });

  it('may be signed for the application to make them', async () => {
    await using world = await start();
    const { harness, stub, connect } = world;
    const { connection } = await connect();
    const url = 'https://api.x.com/1.1/statuses/update.json?include_entities=true';
    const body = 'status=Hello%20Ladies%20%2b%20Gentlemen';
    const sign = (json: object) =>
      harness.api<{ headers: Record<string, string> }>('POST', `/v1/connections/${connection.id}/sign`, { json });
    const { status, data } = await sign({ method: 'post', url, body });
    expect(status).toBe(200);
    expect(Object.keys(data.headers)).toEqual(['authorization']);
    const [origin = ''] = Object.values(stub.origins);
    const headers = { ...data.headers, 'content-type': 'application/x-www-form-urlencoded' };
    await fetch(url.replace('https://api.x.com', origin), { method: 'POST', headers, body });
    expect(stub.requestsTo('/1.1/statuses/update.json')).toMatchObject([{ signature: 'right' }]);
    expect((await sign({ method: 'GET', url: 'https://elsewhere.example/' })).status).toBe(422);
  });

  it('that the platform refuses for good need a person', async () => {
    await using world = await start();
    const { harness, stub, connect } = world;
    const { connection } = await connect();
    const about = { title: 'Unauthorized', type: 'about:blank', status: 401, detail: 'Unauthorized' };
    stub.script(
      '/2/things',
      { status: 429, body: { errors: [{ code: 88, message: 'Rate limit exceeded' }] } },
      { status: 401, body: about },
    );
    expect((await harness.api('GET', `/v1/connections/${connection.id}/api/2/things`)).status).toBe(429);
    expect((await harness.connection(connection.id)).data).toMatchObject({ status: 'active' });
    expect((await harness.api('GET', `/v1/connections/${connection.id}/api/2/things`)).status).toBe(401);
    expect((await harness.connection(connection.id)).data).toMatchObject({ status: 'reauth_required' });
    expect(await harness.token(connection.id)).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
    const again = await connect(x, { connection_id: connection.id });
    expect(again.connection).toMatchObject({ id: connection.id, status: 'active', token: { generation: 2 } });
  });
});

describe('the answer of a platform of OAuth 1.0a', () => {
  it('C02 C21 is taken from the browser that began the flow only', async () => {
    await using world = await start();
    const { harness, stub, exchanges } = world;
    const { authorizationUrl, browser, started } = await harness.begin({ provider: x });
    const callback = stub.consent(authorizationUrl);
    for (const other of [harness.browser(), (await harness.begin({ provider: x })).browser]) {
      const page = await other.follow(callback);
      expect(page.status).toBe(403);
      expect(page.body).toContain('flow_browser_mismatch');
    }
    expect(exchanges()).toEqual([]);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'pending' });
    await browser.follow(callback);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  it('C21 with another request token belongs to no flow, or to that token’s, whose verifier it lacks', async () => {
    await using world = await start();
    const { harness, stub } = world;
    const browser = harness.browser();
    const [mine, other] = [
      await harness.begin({ provider: x }, browser),
      await harness.begin({ provider: x }, browser),
    ];
    const callback = stub.consent(mine.authorizationUrl);
    const unknown = await browser.follow(withParameters(callback, { oauth_token: 'f'.repeat(24) }));
    expect(unknown.status).toBe(404);
    expect(unknown.body).toContain('flow_not_found');
    const otherToken = new URL(other.authorizationUrl).searchParams.get('oauth_token');
    const swapped = await browser.follow(withParameters(callback, { oauth_token: otherToken }));
    expect(swapped.body).toContain('code_rejected');
    expect(await harness.flow(other.started.id)).toMatchObject({ status: 'failed', error: { code: 'code_rejected' } });
    // `state` finds a flow, but it is the request token that must be the flow's own.
    const mineToken = new URL(callback).searchParams.get('oauth_token')!;
    const byState = await browser.follow(
      withParameters(callback, { oauth_token: null, state: mineToken, oauth_verifier: 'guessed' }),
    );
    expect(byState.status).toBe(400);
    expect(byState.body).toContain('callback_malformed');
    await browser.follow(callback);
    expect(await harness.flow(mine.started.id)).toMatchObject({ status: 'connected' });
  });

  it.each<[string, Record<string, string | null>]>([
    ['no verifier', { oauth_verifier: null }],
    ['an empty verifier', { oauth_verifier: '' }],
    ['no request token', { oauth_token: null }],
  ])('C21 with %s is malformed and spends nothing', async (_, changes) => {
    await using world = await start();
    const { harness, stub, exchanges } = world;
    const { authorizationUrl, browser, started } = await harness.begin({ provider: x });
    const callback = stub.consent(authorizationUrl);
    const page = await browser.follow(withParameters(callback, changes));
    expect(page.status).toBe(400);
    expect(page.body).toContain('callback_malformed');
    expect(exchanges()).toEqual([]);
    await browser.follow(callback);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  it('C21 with a parameter twice is malformed', async () => {
    await using world = await start();
    const { harness, stub, exchanges } = world;
    const { authorizationUrl, browser } = await harness.begin({ provider: x });
    const page = await browser.follow(`${stub.consent(authorizationUrl)}&oauth_verifier=other`);
    expect(page.body).toContain('callback_malformed');
    expect(exchanges()).toEqual([]);
  });

  it.each([
    [x, 'denied', (token: string) => `denied=${token}`],
    [tumblr, 'the missing verifier', (token: string) => `oauth_token=${token}`],
    [tumblr, 'denied', (token: string) => `denied=${token}`],
  ])('C03 at %s says by %s that the person refused, which ends the flow', async (provider, _, query) => {
    await using world = await start();
    const { harness } = world;
    const server = provider === x ? world.stub : world.tumblr;
    const { authorizationUrl, browser, started } = await harness.begin({ provider });
    const callback = server.consent(authorizationUrl);
    const token = new URL(authorizationUrl).searchParams.get('oauth_token')!;
    const page = await browser.follow(`${new URL(callback).origin}${new URL(callback).pathname}?${query(token)}`);
    expect(page.status).toBe(403);
    expect(page.body).toContain('consent_denied');
    expect((await browser.follow(callback)).body).toContain('flow_already_used');
    expect(await harness.flow(started.id)).toMatchObject({ status: 'failed', error: { code: 'consent_denied' } });
    expect(server.requestsTo('/oauth/access_token')).toEqual([]);
  });

  it('C03 is taken once when it comes twenty times at once', async () => {
    await using world = await start();
    const { harness, stub, exchanges } = world;
    const { authorizationUrl, browser, started } = await harness.begin({ provider: x });
    const callback = stub.consent(authorizationUrl);
    const visits = await Promise.all(Array.from({ length: 20 }, () => browser.get(callback)));
    expect(exchanges()).toHaveLength(1);
    expect(visits.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(visits.filter(({ status }) => status === 409)).toHaveLength(19);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
    expect((await harness.browser().follow(callback)).body).toContain('flow_already_used');
  });

  it('C07 on the path of another platform exchanges nothing', async () => {
    await using world = await start();
    const { harness, stub, exchanges } = world;
    const { authorizationUrl, browser } = await harness.begin({ provider: x });
    const callback = stub.consent(authorizationUrl);
    const page = await browser.follow(callback.replace(x, tumblr));
    expect(page.body).toContain('issuer_mismatch');
    expect((await browser.follow(callback.replace(x, 'acme'))).body).toContain('callback_malformed');
    expect(exchanges()).toEqual([]);
  });
});

describe('the request for a request token', () => {
  const errors = (code: number) => ({ errors: [{ code, message: 'No.' }] });
  it.each([
    ['a wrong key', { status: 401, body: errors(32) }, 'provider_app_credentials_invalid'],
    ['a callback that is not on the list', { status: 403, body: errors(415) }, 'redirect_uri_mismatch'],
    ['a platform that is down', { status: 503, body: '' }, 'provider_unavailable'],
    ['OAuth 1.0 without its revision', { body: 'oauth_token=a&oauth_token_secret=b' }, 'provider_bad_response'],
    ['a page instead of a token', { body: '<html></html>' }, 'provider_bad_response'],
  ])('ends the flow with the reason: %s', async (_, answer, code) => {
    await using world = await start();
    const { harness, stub } = world;
    stub.script('/oauth/request_token', answer);
    const started = await harness.start({ provider: x });
    const page = await harness.browser().get(started.data.url);
    const flow = await harness.flow(started.data.id);
    expect(flow).toMatchObject({ status: 'failed', error: { code } });
    expect(page.status).toBe(flow.error?.status);
    expect(page.body).toContain(code);
  });

  it('counts once where the link is opened twice at once', async () => {
    await using world = await start();
    const { harness, stub } = world;
    const browser = harness.browser();
    const started = await harness.start({ provider: x, skip_confirmation: false });
    await browser.get(started.data.url);
    const visits = await Promise.all([1, 2, 3].map(() => browser.post(started.data.url, {})));
    const places = new Set(visits.map(({ location }) => location));
    expect(places.size).toBe(1);
    await browser.follow(stub.consent([...places][0]!));
    expect(await harness.flow(started.data.id)).toMatchObject({ status: 'connected' });
  });

  it('whose answer repeats an earlier token is refused while that one waits, and taken afterwards', async () => {
    await using world = await start();
    const { harness, stub } = world;
    const same = { body: 'oauth_token=again&oauth_token_secret=secret-of-it&oauth_callback_confirmed=true' };
    stub.script('/oauth/request_token', same, same, same);
    const first = await harness.begin({ provider: x });
    const second = await harness.start({ provider: x });
    await harness.browser().get(second.data.url);
    expect(await harness.flow(second.data.id)).toMatchObject({ error: { code: 'provider_bad_response' } });
    const callback = `${harness.publicUrl}/integrations/social/${x}?denied=again`;
    await first.browser.follow(callback);
    const third = await harness.begin({ provider: x });
    await third.browser.follow(callback);
    expect(await harness.flow(third.started.id)).toMatchObject({ error: { code: 'consent_denied' } });
  });
});

itKeepsSecrets();
