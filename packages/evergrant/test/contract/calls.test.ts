import { describe, expect, it } from 'vitest';
import { eventually, type Harness, type HarnessOptions, itKeepsSecrets, startHarness } from '../security/support.ts';
import { addKey } from './keys.ts';

const withApi = (api: object = {}, more: object = {}): HarnessOptions => ({
  acme: ({ origin }) => ({
    definition: { api: { baseUrl: `${origin}/api`, headers: { 'Acme-Version': '7' }, ...api }, ...more },
  }),
});

const call = (
  harness: Harness,
  id: string,
  path: string,
  { method = 'GET', ...more }: { method?: string } & Parameters<Harness['api']>[2] = {},
) => harness.api<Record<string, unknown>>(method, `/v1/connections/${id}/api${path}`, more);

const sent = ({ stub }: Harness, path = '/api/posts') => stub.requestsTo(path);

describe('a call', () => {
  it('goes to the API of the provider with the token, and comes back as it is', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    const { data: token } = await harness.token(connection.id);
    harness.stub.answer('/api/posts', { status: 201, body: { id: 'post-1' }, headers: { 'x-limit-left': '9' } });
    const reply = await call(harness, connection.id, '/posts?draft=a%20b', {
      method: 'POST',
      json: { text: 'Hello' },
      headers: { 'x-campaign': 'autumn', 'idempotency-key': 'k1' },
    });
    expect(reply).toMatchObject({ status: 201, data: { id: 'post-1' } });
    expect(reply.headers).toMatchObject({ 'x-limit-left': '9', 'evergrant-upstream-status': '201' });
    const [request] = sent(harness);
    expect(request).toMatchObject({ method: 'POST', body: '{"text":"Hello"}' });
    expect(request?.query.get('draft')).toBe('a b');
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${token.access_token}`,
      'acme-version': '7',
      'content-type': 'application/json',
      'content-length': '16',
      'x-campaign': 'autumn',
      'idempotency-key': 'k1',
    });
  });

  it('leaves what belongs to the journey behind, both ways', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', {
      body: 'ok',
      headers: {
        'set-cookie': 'platform=1',
        'access-control-allow-origin': '*',
        'content-security-policy': 'default-src *',
        'strict-transport-security': 'max-age=1',
        connection: 'close, x-between',
        'x-between': '1',
      },
    });
    const reply = await call(harness, connection.id, '/posts', {
      headers: { cookie: 'session=1', origin: 'https://app.example', 'x-forwarded-for': '10.0.0.1', te: 'trailers' },
    });
    for (const name of ['cookie', 'origin', 'x-forwarded-for', 'te'])
      expect(sent(harness)[0]?.headers).not.toHaveProperty(name);
    for (const name of ['set-cookie', 'access-control-allow-origin', 'x-between'])
      expect(reply.headers).not.toHaveProperty(name);
    expect(reply.headers).toMatchObject({
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  it.each(['/../../me', '/%2e%2e/me', '/a/%2E./b', '/..'])('cannot leave the base address by %s', async (path) => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    const before = harness.stub.requests.length;
    // The library gets the path as it is; over HTTP it has been resolved before it comes here.
    await expect(harness.evergrant.fetch(connection.id, path)).rejects.toMatchObject({ code: 'target_not_allowed' });
    expect(harness.stub.requests).toHaveLength(before);
  });

  it('takes an absolute address on hosts of the provider only', async () => {
    await using harness = await startHarness({ ...withApi(), providers: ['other'] });
    const { connection } = await harness.connect();
    const { evergrant, stub, stubs } = harness;
    expect((await evergrant.fetch(connection.id, `${stub.origin}/me`)).status).toBe(200);
    for (const target of [`${stubs['other']!.origin}/me`, 'https://evil.example/', 'http://169.254.169.254/']) {
      await expect(evergrant.fetch(connection.id, target)).rejects.toMatchObject({ code: 'target_not_allowed' });
    }
    // Over HTTP an address is a path like any other.
    expect(await call(harness, connection.id, `/${stubs['other']!.origin}/me`)).toMatchObject({ status: 404 });
    expect(stubs['other']!.requests).toHaveLength(0);
  });

  it('never fills placeholders of a caller', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answer('/api/%7BaccessToken%7D', { body: 'ok' });
    const { status } = await harness.evergrant.fetch(connection.id, '/{accessToken}?x={clientId}', {
      headers: { 'x-text': '{clientId}' },
    });
    expect(status).toBe(200);
    expect(harness.stub.requests.at(-1)?.query.get('x')).toBe('{clientId}');
    expect(harness.stub.requests.at(-1)?.headers['x-text']).toBe('{clientId}');
  });

  it('needs the permission, and a connection of its owner', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    const key = await addKey(harness, ['connections:write', 'tokens:read']);
    expect(await call(harness, connection.id, '/posts', { key })).toMatchObject({ status: 403 });
    const stranger = await addKey(harness, ['calls:write'], { owner: 'owner-2' });
    expect(await call(harness, connection.id, '/posts', { key: stranger })).toMatchObject({
      status: 404,
      data: { code: 'connection_not_found' },
    });
    expect(sent(harness)).toHaveLength(0);
  });

  it('carries large bodies both ways without keeping them', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    const film = Buffer.alloc(9_000_000, 'f').toString();
    harness.stub.answer('/api/posts', (received) => ({ body: received.body }));
    const { status, body } = await call(harness, connection.id, '/posts', {
      method: 'PUT',
      body: film,
      headers: { 'content-type': 'video/mp4' },
    });
    expect(status).toBe(200);
    expect(body === film).toBe(true);
    expect(sent(harness)[0]?.headers['content-type']).toBe('video/mp4');
  });

  it('asked by HEAD is answered without a body', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { headers: { etag: '"1"' } });
    const reply = await call(harness, connection.id, '/posts', { method: 'HEAD' });
    expect(reply).toMatchObject({ status: 200, body: '', headers: { etag: '"1"' } });
    expect(sent(harness)[0]?.method).toBe('HEAD');
  });

  it('to a platform that is away says so', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { fault: 'reset' });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 503,
      data: { code: 'provider_unavailable', actor: 'provider' },
    });
    expect(sent(harness)).toHaveLength(2);
    expect(await call(harness, connection.id, '/posts', { method: 'POST', json: {} })).toMatchObject({ status: 503 });
    // What may have been done once is not done again.
    expect(sent(harness)).toHaveLength(3);
  });
});

describe('a refused token', () => {
  it('is renewed once and the call repeated with the new one, its body included', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/api/posts', { status: 401 });
    harness.stub.answer('/api/posts', { body: { ok: true } });
    const reply = await call(harness, connection.id, '/posts', { method: 'POST', json: { text: 'once' } });
    expect(reply).toMatchObject({ status: 200, data: { ok: true } });
    const [first, second] = sent(harness);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers.authorization).not.toBe(first?.headers.authorization);
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  it('that is refused again is passed through, the connection stays, and no storm follows', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 401, body: { error: 'may_not_chat' } });
    for (let turn = 0; turn < 3; turn++) {
      expect(await call(harness, connection.id, '/posts')).toMatchObject({
        status: 401,
        data: { error: 'may_not_chat' },
        headers: { 'evergrant-verdict': 'refresh-token' },
      });
    }
    expect(harness.stub.renewals()).toHaveLength(1);
    expect((await harness.connection(connection.id)).data.status).toBe('active');
  });

  it('is renewed once for many calls at the same time', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    const { data: token } = await harness.token(connection.id);
    harness.stub.answer('/api/posts', ({ headers }) =>
      headers.authorization === `Bearer ${token.access_token}` ? { status: 401 } : { body: {} },
    );
    const replies = await Promise.all(Array.from({ length: 20 }, () => call(harness, connection.id, '/posts')));
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  it('whose body has flowed through is renewed, and the refusal passed on: nothing is sent twice', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/api/posts', { status: 401 });
    const film = Buffer.alloc(3_000_000, 'f').toString();
    const reply = await call(harness, connection.id, '/posts', { method: 'POST', body: film });
    expect(reply.status).toBe(401);
    expect(sent(harness)).toHaveLength(1);
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  it('that nothing can renew asks a person to reconnect', async () => {
    await using harness = await startHarness(withApi());
    harness.stub.behaviour.extra = () => ({ refresh_token: undefined, expires_in: undefined });
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 401 });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({ status: 401 });
    expect((await harness.connection(connection.id)).data).toMatchObject({
      status: 'reauth_required',
      reason: 'revoked_or_expired',
    });
    expect((await harness.events(connection.id)).map(({ type }) => type)).toContain('connection.reauth_required');
  });
});

describe('a token that is refused where the platform renews none', () => {
  it('is sent once, asks a person to reconnect, and is sent no more', async () => {
    await using harness = await startHarness(withApi({}, { refresh: { supported: false } }));
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 401, body: { message: 'Bad credentials.' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 401,
      data: { message: 'Bad credentials.' },
      headers: { 'evergrant-verdict': 'reconnect' },
    });
    expect((await harness.connection(connection.id)).data).toMatchObject({
      status: 'reauth_required',
      reason: 'revoked_or_expired',
    });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 409,
      data: { code: 'reauth_required' },
    });
    expect(sent(harness)).toHaveLength(1);
    expect(harness.stub.renewals()).toHaveLength(0);
  });
});

describe('an error of the platform', () => {
  const handleErrors = [
    { phase: 'api', code: 'account_closed', is: 'reconnect', reason: 'revoked' },
    { phase: 'api', code: 'no_scope', is: 'missing-scope' },
    { phase: 'api', code: 'slow', is: 'rate-limit' },
    { phase: 'api', code: 'page_gone', is: 'reconnect', affects: 'account' },
  ];

  it('that only a person can mend sets the connection aside, and is passed on', async () => {
    await using harness = await startHarness(withApi({}, { handleErrors }));
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 403, body: { error: 'account_closed' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 403,
      data: { error: 'account_closed' },
      headers: { 'evergrant-verdict': 'reconnect' },
    });
    expect((await harness.connection(connection.id)).data).toMatchObject({
      status: 'reauth_required',
      reason: 'revoked',
    });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 409,
      data: { code: 'reauth_required' },
    });
  });

  it('is told from the same code on another path', async () => {
    const rule = { phase: 'api', code: 'no_access', path: /^\/api\/teams\/\w+$/, is: 'reconnect' };
    await using harness = await startHarness(withApi({}, { handleErrors: [rule] }));
    const { connection } = await harness.connect();
    for (const path of ['/api/teams/t1', '/api/teams/t1/posts'])
      harness.stub.answer(path, { status: 403, body: { error: 'no_access' } });
    const verdictOf = async (path: string) =>
      (await call(harness, connection.id, path)).headers['evergrant-verdict'] ?? null;
    expect(await verdictOf('/teams/t1/posts')).toBeNull();
    expect(await verdictOf('/teams/t1?full=1')).toBe('reconnect');
  });

  it('under 200 is found where the definition says so', async () => {
    const protocol = { errors: { under200: { path: 'ok', equals: false } } };
    await using harness = await startHarness(withApi({}, { handleErrors, protocol }));
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { body: { ok: false, error: 'account_closed' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({ status: 200, data: { ok: false } });
    expect((await harness.connection(connection.id)).data.status).toBe('reauth_required');
  });

  it('of a missing scope is named and changes nothing', async () => {
    await using harness = await startHarness(withApi({}, { handleErrors }));
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 403, body: { error: 'no_scope' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      headers: { 'evergrant-verdict': 'missing-scope' },
    });
    expect((await harness.connection(connection.id)).data.status).toBe('active');
    expect(sent(harness)).toHaveLength(1);
  });

  it('about a rate limit is waited for when it is short, and passed on with its end when it is long', async () => {
    await using harness = await startHarness(
      withApi({ rateLimitReset: { header: 'x-reset', unit: 'seconds' } }, { handleErrors }),
    );
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/api/posts', { status: 429, headers: { 'retry-after': '0' } });
    harness.stub.answer('/api/posts', { body: {} });
    expect(await call(harness, connection.id, '/posts', { method: 'POST', json: {} })).toMatchObject({ status: 200 });
    expect(sent(harness)).toHaveLength(2);
    harness.stub.answer('/api/posts', { status: 400, body: { error: 'slow' }, headers: { 'x-reset': '90' } });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({
      status: 400,
      headers: { 'retry-after': '90', 'evergrant-verdict': 'rate-limit' },
    });
    expect(sent(harness)).toHaveLength(3);
  });

  it('of its own is met by one more try, if that can do no harm', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    harness.stub.answer('/api/posts', { status: 502, body: 'bad gateway' });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({ status: 502, body: 'bad gateway' });
    expect(sent(harness)).toHaveLength(2);
    expect(await call(harness, connection.id, '/posts', { method: 'POST', json: {} })).toMatchObject({ status: 502 });
    expect(sent(harness)).toHaveLength(3);
    expect((await harness.connection(connection.id)).data.status).toBe('active');
  });
});

describe('calls at a time', () => {
  it('are as many as the definition says, over all connections of the app', async () => {
    await using harness = await startHarness(withApi({}, { maxConcurrentJob: 2 }));
    const alice = (await harness.connect()).connection;
    const bob = (await harness.connect({ owner: 'owner-2' }, { account: 'bob' })).connection;
    let [underWay, most] = [0, 0];
    const gate = Promise.withResolvers<void>();
    harness.stub.answer('/api/posts', async () => {
      most = Math.max(most, ++underWay);
      await gate.promise;
      underWay -= 1;
      return { body: {} };
    });
    const calls = Array.from({ length: 8 }, (_, index) => call(harness, index % 2 ? alice.id : bob.id, '/posts'));
    await eventually('two calls', () => underWay === 2);
    gate.resolve();
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(most).toBe(2);
  });

  it('give their place back when their caller leaves', async () => {
    await using harness = await startHarness(withApi({}, { maxConcurrentJob: 1 }));
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/api/posts', { fault: 'hang' });
    const leaving = new AbortController();
    const left = call(harness, connection.id, '/posts', { signal: leaving.signal }).catch(() => 'left');
    await eventually('the call', () => sent(harness).length === 1);
    leaving.abort();
    expect(await left).toBe('left');
    harness.stub.answer('/api/posts', { body: {} });
    expect(await call(harness, connection.id, '/posts')).toMatchObject({ status: 200 });
  });

  it('that cannot begin in time are told to come back', async () => {
    await using harness = await startHarness(withApi({}, { maxConcurrentJob: 1 }));
    const { connection } = await harness.connect();
    const gate = Promise.withResolvers<void>();
    harness.stub.answer('/api/posts', { after: gate.promise, body: {} });
    const first = call(harness, connection.id, '/posts');
    await eventually('the call', () => sent(harness).length === 1);
    const second = call(harness, connection.id, '/posts');
    const waiting = setInterval(() => harness.clock.advance(5000), 20);
    expect(await second).toMatchObject({ status: 503, data: { code: 'provider_rate_limited', retry_after: 5 } });
    clearInterval(waiting);
    gate.resolve();
    expect(await first).toMatchObject({ status: 200 });
  });
});

describe('a signature', () => {
  it('is the header that the platform wants', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    const { data: token } = await harness.token(connection.id);
    const reply = await harness.api<{ headers: Record<string, string> }>(
      'POST',
      `/v1/connections/${connection.id}/sign`,
      {
        json: { method: 'get', url: `${harness.stub.origin}/api/posts` },
      },
    );
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toEqual({
      headers: { authorization: `Bearer ${token.access_token}`, 'acme-version': '7' },
    });
  });

  it('is refused for other hosts and for a path', async () => {
    await using harness = await startHarness(withApi());
    const { connection } = await harness.connect();
    for (const url of ['https://evil.example/me', '/me', 'me']) {
      const reply = await harness.api('POST', `/v1/connections/${connection.id}/sign`, {
        json: { method: 'GET', url },
      });
      expect(reply).toMatchObject({ status: 422, data: { code: 'target_not_allowed' } });
    }
  });
});

itKeepsSecrets();
