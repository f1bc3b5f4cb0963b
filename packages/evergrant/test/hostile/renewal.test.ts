import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../security/authorization-server.ts';
import type { ProblemBody } from '../security/shapes.ts';
import { eventually, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

const hour = 60 * 60_000;

const refresh = (harness: Harness, id: string) => harness.api<ProblemBody>('POST', `/v1/connections/${id}/refresh`);

const eventTypes = async (harness: Harness, id: string) => (await harness.events(id)).map(({ type }) => type);

/** A port of this machine at which nobody listens. */
const closedPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

describe('scopes that the platform reports', () => {
  it.each<[string, string, string, string[], string[]]>([
    ['the same', 'read write', 'active', ['read', 'write'], []],
    ['in another order and twice', 'write  read write', 'active', ['write', 'read'], []],
    ['more', 'read write admin', 'active', ['read', 'write', 'admin'], []],
    ['fewer', 'read', 'limited', ['read'], ['write']],
    ['others', 'admin', 'limited', ['admin'], ['read', 'write']],
    ['in another case', 'READ write', 'limited', ['READ', 'write'], ['read']],
    ['nothing', '', 'active', ['read', 'write'], []],
  ])('T07 are compared as sets: %s', async (_, scope, status, granted, missing) => {
    await using harness = await startHarness();
    const { flow, connection, page } = await harness.connect({}, { scope });
    expect(flow.status).toBe('connected');
    expect(connection).toMatchObject({ status, scopes: { granted, missing } });
    expect(page.status).toBe(200);
    for (const scope of missing) expect(page.body).toContain(scope);
    expect(await harness.token(connection.id)).toMatchObject({ status: 200, data: { scopes: granted } });
  });

  it('T07 may be separated by commas where the definition says so', async () => {
    await using harness = await startHarness({ acme: () => ({ definition: { scopes: { reported: 'comma' } } }) });
    const { connection } = await harness.connect({}, { scope: 'read, write' });
    expect(connection).toMatchObject({ status: 'active', scopes: { granted: ['read', 'write'], missing: [] } });
  });

  it('T07 that are left out count as asked for, also the narrowed ones', async () => {
    await using harness = await startHarness();
    harness.stub.behaviour.extra = () => ({ scope: undefined });
    const { connection } = await harness.connect({ scopes: ['read'] });
    expect(connection).toMatchObject({ status: 'active', scopes: { granted: ['read'], missing: [] } });
  });

  it('T07 that shrink at a renewal limit the connection, and grow it back', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    for (const [scope, status] of [
      ['read', 'limited'],
      ['read write', 'active'],
    ]) {
      harness.stub.behaviour.extra = () => ({ scope });
      expect(await refresh(harness, connection.id)).toMatchObject({ status: 200, data: { status } });
    }
    expect((await eventTypes(harness, connection.id)).filter((type) => type === 'connection.limited')).toHaveLength(1);
  });
});

describe('refresh tokens', () => {
  it('T08 an answer without one keeps the old one, with one replaces it', async () => {
    await using harness = await startHarness();
    const { stub } = harness;
    const { connection } = await harness.connect();
    const presented: (string | null)[] = [];
    let given: string | null = null;
    for (const next of ['first+/=', undefined, undefined, 'second+/=', undefined]) {
      stub.answerOnce('/token', ({ form }) => {
        presented.push(form.get('refresh_token'));
        return { body: { access_token: 'AT', token_type: 'Bearer', expires_in: 3600, refresh_token: next } };
      });
      if (given !== null) expect(presented.at(-1)).not.toBeNull();
      expect(await refresh(harness, connection.id)).toMatchObject({ status: 200 });
      given = next ?? given;
    }
    expect(presented.slice(1)).toEqual(['first+/=', 'first+/=', 'first+/=', 'second+/=']);
  });
});

describe('failures', () => {
  const json = { 'content-type': 'application/json' };
  it.each<[string, Answer]>([
    ['400 with HTML', { status: 400, headers: { 'content-type': 'text/html' }, body: '<html>invalid_grant</html>' }],
    ['400 with nothing', { status: 400 }],
    ['400 invalid_request', { status: 400, body: { error: 'invalid_request' } }],
    ['400 invalid_scope', { status: 400, body: { error: 'invalid_scope' } }],
    ['400 unauthorized_client', { status: 400, body: { error: 'unauthorized_client' } }],
    ['401 with nothing', { status: 401 }],
    ['401 with a challenge', { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }],
    ['403 with HTML', { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>blocked</html>' }],
    ['404', { status: 404, body: 'not found' }],
    ['429', { status: 429, headers: { 'retry-after': '20' }, body: { error: 'invalid_grant_not' } }],
    ['500', { status: 500, body: 'oops' }],
    ['500 invalid_grant', { status: 500, body: { error: 'invalid_grant' } }],
    ['502 with HTML', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['503 invalid_grant', { status: 503, body: { error: 'invalid_grant' } }],
    ['200 with HTML', { headers: { 'content-type': 'text/html' }, body: '<html>please sign in</html>' }],
    ['200 with nothing', {}],
    ['200 {}', { body: {} }],
    ['200 null', { headers: json, body: 'null' }],
    ['200 with an error', { body: { error: 'invalid_grant' } }],
    ['204', { status: 204 }],
    ['a captive portal', { status: 302, headers: { location: 'https://portal.example/' } }],
    ['a reset', { fault: 'reset' }],
    ['half an answer', { headers: { ...json, 'content-length': '400' }, body: { access_token: 'x' }, fault: 'cut' }],
    ['broken JSON', { headers: json, body: '{"access_token":"x","token_type":"Bearer"' }],
  ])('T09 %s ends no connection and withholds no token that lives', async (_, answer) => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const { data: before } = await harness.token(connection.id);
    harness.stub.answer('/token', answer);
    const failed = await refresh(harness, connection.id);
    expect(failed.status).toBeGreaterThanOrEqual(502);
    expect(failed.headers['content-type']).toBe('application/problem+json');
    const { data: now } = await harness.connection(connection.id);
    expect(now).toMatchObject({ status: 'active', last_error: { code: failed.data.code } });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200, data: before });
    expect(await eventTypes(harness, connection.id)).toEqual(['connection.refresh_failed', 'connection.created']);

    // The token runs out while the platform is still ill, then the platform is well again.
    harness.clock.advance(2 * hour);
    const ranOut = await harness.token(connection.id);
    expect(ranOut.status).toBeGreaterThanOrEqual(502);
    expect(await harness.connection(connection.id)).toMatchObject({ data: { status: 'degraded', reason: null } });
    harness.stub.answer('/token', null);
    harness.clock.advance(2 * hour);
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
    expect(await harness.connection(connection.id)).toMatchObject({ data: { status: 'active', last_error: null } });
    expect(await eventTypes(harness, connection.id)).not.toContain('connection.reauth_required');
  });

  it('T09 a timeout ends no connection', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/token', { fault: 'hang' });
    const waiting = refresh(harness, connection.id);
    await eventually('the renewal', () => harness.stub.renewals().length === 1);
    harness.clock.advance(15_000);
    expect(await waiting).toMatchObject({ status: 504, data: { code: 'provider_timeout', retryable: true } });
    expect(await harness.connection(connection.id)).toMatchObject({ data: { status: 'active' } });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
    // Whether the platform has spent the token is not known: a person who insists does not risk it either.
    expect((await refresh(harness, connection.id)).status).toBeGreaterThanOrEqual(502);
    expect(harness.stub.renewals()).toHaveLength(1);
    harness.clock.advance(hour);
    expect(await harness.token(connection.id)).toMatchObject({ status: 200, data: { generation: 2 } });
  });

  it.each(['refuses connections', 'has a name that does not resolve'])(
    'T09 a platform that %s ends no connection',
    async (how) => {
      await using harness = await startHarness();
      const { connection } = await harness.connect();
      const origin = how.startsWith('refuses') ? `https://127.0.0.1:${await closedPort()}` : 'https://platform.invalid';
      await harness.restart({
        providers: { acme: { definition: { protocol: { tokenEndpoint: `${origin}/token` } } } },
      });
      // Without a name server the system's resolver takes its time; the deadline does not wait for it.
      const impatience = setTimeout(() => harness.clock.advance(15_000), 2000);
      const failed = await refresh(harness, connection.id);
      clearTimeout(impatience);
      expect(failed.data.code).toMatch(/^provider_(?:unavailable|timeout)$/);
      expect(await harness.connection(connection.id)).toMatchObject({ data: { status: 'active' } });
      expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
      await harness.restart();
      // Nothing was sent, so nothing is in doubt.
      expect(await refresh(harness, connection.id)).toMatchObject({ status: 200 });
    },
  );

  it('T10 a withdrawn grant is noticed by one request and reported once, whoever asks', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.withdraw();
    harness.clock.advance(2 * hour);
    const answers = await Promise.all(Array.from({ length: 50 }, () => harness.token(connection.id)));
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 409, data: { code: 'reauth_required', actor: 'user' } });
    }
    await refresh(harness, connection.id);
    expect(harness.stub.renewals()).toHaveLength(1);
    expect(await harness.connection(connection.id)).toMatchObject({
      data: { status: 'reauth_required', reason: 'revoked_or_expired', token: { next_refresh_at: null } },
    });
    const types = await eventTypes(harness, connection.id);
    expect(types.filter((type) => type === 'connection.reauth_required')).toHaveLength(1);

    const { flow } = await harness.connect({ connection_id: connection.id });
    expect(flow.connections).toMatchObject([{ id: connection.id, status: 'active', reason: null }]);
    expect((await eventTypes(harness, connection.id))[0]).toBe('connection.recovered');
  });
});

describe('readers', () => {
  it('T15 a caller that leaves does not abort the renewal', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.clock.advance(2 * hour);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    harness.stub.answerOnce('/token', (received) => ({ ...harness.stub.behave(received), after: held }));
    const leaving = new AbortController();
    const call = harness.api('GET', `/v1/connections/${connection.id}/token`, { signal: leaving.signal });
    await eventually('the renewal', () => harness.stub.renewals().length === 1);
    leaving.abort();
    await expect(call).rejects.toThrow();
    release();
    await eventually('the answer to be stored', async () => {
      const { data } = await harness.connection(connection.id);
      return data.token.generation === 2;
    });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200, data: { generation: 2 } });
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  it('T16 a token that ran out and cannot be renewed is an error', async () => {
    await using harness = await startHarness();
    harness.stub.behaviour.extra = () => ({ refresh_token: undefined });
    const { connection } = await harness.connect();
    expect(connection.token).toMatchObject({ refreshable: false, next_refresh_at: null });
    harness.clock.advance(hour);
    for (const query of ['', '?min_valid=0']) {
      const answer = await harness.token(connection.id, query);
      expect(answer.status).toBe(409);
      expect(harness.canaries.findIn(answer.body)).toEqual([]);
    }
    expect(await harness.connection(connection.id)).toMatchObject({
      data: { status: 'reauth_required', reason: 'expired' },
    });
    expect(harness.stub.renewals()).toEqual([]);
  });

  it('T16 a token ends a little before the platform says, and is never handed out after that', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const { data } = await harness.token(connection.id);
    harness.stub.answer('/token', { status: 503 });
    const left = Date.parse(data.expires_at ?? '') - harness.clock.now();
    expect(left).toBeLessThanOrEqual(3_570_000);
    expect(left).toBeGreaterThan(3_560_000);
    harness.clock.advance(left - 2000);
    expect(await harness.token(connection.id, '?min_valid=0')).toMatchObject({ status: 200 });
    harness.clock.advance(2001);
    expect(await harness.token(connection.id, '?min_valid=0')).toMatchObject({ status: 503 });
    expect(await harness.api('GET', `/v1/connections/${connection.id}/token`)).toMatchObject({ status: 503 });
  });

  it('T21 a rejected older token gives the present one, and sends nothing', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    await refresh(harness, connection.id);
    const { data: present } = await harness.token(connection.id);
    const report = (generation: number) =>
      harness.api('POST', `/v1/connections/${connection.id}/token/rejected`, { json: { generation } });
    expect(await report(1)).toMatchObject({ status: 200, data: present });
    expect(harness.stub.renewals()).toHaveLength(1);

    const storm = await Promise.all(Array.from({ length: 30 }, () => report(2)));
    for (const answer of storm) expect(answer).toMatchObject({ status: 200, data: { generation: 3 } });
    expect(harness.stub.renewals()).toHaveLength(2);
  });

  itKeepsSecrets();
});
