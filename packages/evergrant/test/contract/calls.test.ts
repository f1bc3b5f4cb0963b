import { describe, expect, it } from 'vitest';
import { eventually, itKeepsSecrets, startHarness } from '../security/support.ts';
import { call, sent, withApi } from './calling.ts';
import { addKey } from './keys.ts';

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
