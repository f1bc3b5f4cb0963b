import { describe, expect, it } from 'vitest';
import {
  type ConnectionBody,
  type Harness,
  itKeepsSecrets,
  type ProblemBody,
  startHarness,
} from '../security/support.ts';

const minute = 60_000;
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);

const refresh = (harness: Harness, id: string) =>
  harness.api<ConnectionBody & ProblemBody>('POST', `/v1/connections/${id}/refresh`);

const rejected = (harness: Harness, id: string, json: object) =>
  harness.api('POST', `/v1/connections/${id}/token/rejected`, { json });

describe('a token', () => {
  it('has exactly the members of the contract, and is not stored anywhere on its way', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const { status, headers, data } = await harness.token(connection.id);
    expect({ status, data }).toStrictEqual({
      status: 200,
      data: {
        access_token: expect.stringMatching(/^at_/),
        token_type: 'bearer',
        expires_at: connection.token.expires_at,
        scopes: ['read', 'write'],
        generation: 1,
      },
    });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    const me = await fetch(`${harness.stub.origin}/me`, { headers: { authorization: `Bearer ${data.access_token}` } });
    expect(await me.json()).toMatchObject({ id: 'alice' });
  });

  it('is given as it is while it lives for a minute, and renewed after that', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const left = Date.parse(connection.token.expires_at ?? '') - harness.clock.now();
    harness.clock.advance(left - minute - 2000);
    expect(await harness.token(connection.id)).toMatchObject({ data: { generation: 1 } });
    harness.clock.advance(3000);
    expect(await harness.token(connection.id)).toMatchObject({ data: { generation: 2 } });
  });

  it('of a short life counts half of it', async () => {
    await using harness = await startHarness();
    harness.stub.behaviour.expiresIn = 40;
    const { connection } = await harness.connect();
    harness.clock.advance(14_000);
    expect(await harness.token(connection.id)).toMatchObject({ data: { generation: 1 } });
    harness.clock.advance(4000);
    expect(await harness.token(connection.id)).toMatchObject({ data: { generation: 2 } });
  });

  it('lives as long as min_valid asks, or it is said that none does', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    expect(await harness.token(connection.id, '?min_valid=0')).toMatchObject({ data: { generation: 1 } });
    expect(await harness.token(connection.id, '?min_valid=3500')).toMatchObject({ data: { generation: 1 } });
    harness.clock.advance(10 * minute);
    expect(await harness.token(connection.id, '?min_valid=2900')).toMatchObject({ data: { generation: 1 } });
    expect(await harness.token(connection.id, '?min_valid=3500')).toMatchObject({ data: { generation: 2 } });
    expect(await harness.token(connection.id, '?min_valid=3600')).toMatchObject({ status: 200 });
    const before = harness.stub.renewals().length;
    expect(await harness.token(connection.id, '?min_valid=3601')).toMatchObject({
      status: 422,
      data: { code: 'min_validity_unsatisfiable', actor: 'developer' },
    });
    expect(harness.stub.renewals()).toHaveLength(before);
  });

  it.each(['-1', 'x', '', '1e3', 'NaN', 'Infinity', '0x10'])('refuses min_valid=%s', async (minValid) => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    expect(await harness.token(connection.id, `?min_valid=${minValid}`)).toMatchObject({
      status: 400,
      data: { code: 'invalid_request', errors: [{ pointer: '/min_valid' }] },
    });
  });

  it('that never ends says so, and is not renewed', async () => {
    await using harness = await startHarness();
    harness.stub.behaviour.expiresIn = undefined;
    harness.stub.behaviour.extra = () => ({ refresh_token: undefined });
    const { connection } = await harness.connect();
    harness.clock.advance(400 * 24 * 60 * minute);
    expect(await harness.token(connection.id, '?min_valid=86400')).toMatchObject({
      status: 200,
      data: { expires_at: null, generation: 1 },
    });
    expect(await refresh(harness, connection.id)).toMatchObject({
      status: 200,
      data: { id: connection.id, token: { refreshable: false, expires_at: null, generation: 1 } },
    });
    expect(harness.stub.renewals()).toEqual([]);
  });

  it('early renewal that fails withholds nothing', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answer('/token', { status: 503 });
    harness.clock.advance(10 * minute);
    expect(await harness.token(connection.id, '?min_valid=3500')).toMatchObject({
      status: 200,
      data: { generation: 1 },
    });
  });
});

describe('reads by status', () => {
  const statusOf = async (harness: Harness, id: string) => (await harness.connection(id)).data.status;

  it('limited: 200', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect({}, { scope: 'read' });
    expect(connection).toMatchObject({ status: 'limited', scopes: { missing: ['write'] } });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200, data: { scopes: ['read'] } });
  });

  it.each([
    [503, 'provider_unavailable', 503, {}],
    [429, 'provider_rate_limited', 503, { 'retry-after': '5' }],
    [400, 'provider_bad_response', 502, {}],
  ])('degraded by a %i: %s', async (given, code, status, headers) => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answer('/token', { status: given, headers });
    harness.clock.advance(120 * minute);
    const answer = await harness.token(connection.id);
    expect(answer).toMatchObject({ status, data: { code, connection_id: connection.id, provider: 'acme' } });
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(await statusOf(harness, connection.id)).toBe('degraded');
    // While the pause lasts the cause is told again, and nothing is sent.
    expect(await harness.token(connection.id)).toMatchObject({ status, data: { code } });
    expect(harness.stub.renewals()).toHaveLength(1);
    // A person who asks does not wait it out.
    await refresh(harness, connection.id);
    expect(harness.stub.renewals()).toHaveLength(2);
  });

  it('reauth_required: 409, with the address where a person mends it', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.withdraw();
    expect(await refresh(harness, connection.id)).toMatchObject({
      status: 409,
      data: { code: 'reauth_required', actor: 'user', connection_id: connection.id },
    });
    const { data: now } = await harness.connection(connection.id);
    expect(now).toMatchObject({ status: 'reauth_required', last_error: { code: 'reauth_required', at: time } });
    expect(now.token).toMatchObject({ next_refresh_at: null });
    for (const answer of [
      await harness.token(connection.id),
      await refresh(harness, connection.id),
      await rejected(harness, connection.id, { generation: 1 }),
    ]) {
      expect(answer).toMatchObject({
        status: 409,
        data: { code: 'reauth_required', reconnect_url: now.reconnect_url },
      });
    }
    const browser = harness.browser();
    const opened = await browser.get(now.reconnect_url ?? '');
    expect(opened.status).toBe(303);
    const page = await browser.get(opened.location ?? '');
    expect(page.body).toContain('Alice Adams');
    const { location } = await browser.post(opened.location ?? '', {});
    await browser.follow(harness.stub.consent(location ?? ''));
    expect(await statusOf(harness, connection.id)).toBe('active');
    expect((await harness.connection(connection.id)).data.reconnect_url).toBeNull();
  });

  it('an address to reconnect that was made up leads nowhere', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const other = await harness.connect({ owner: 'owner-2' }, { scope: 'read' });
    const proof = other.connection.reconnect_url?.split('/').at(-1);
    for (const guess of [proof, 'x', '']) {
      const page = await harness.browser().get(`${harness.publicUrl}/reconnect/${connection.id}/${guess}`);
      expect(page).toMatchObject({ status: 404, location: null });
    }
  });

  it('no connection: 404', async () => {
    await using harness = await startHarness({ memory: true });
    for (const answer of [
      await harness.token('conn_x'),
      await refresh(harness, 'conn_x'),
      await rejected(harness, 'conn_x', { generation: 1 }),
      await harness.api('DELETE', '/v1/connections/conn_x'),
      await harness.api('GET', '/v1/connections/conn_x/events'),
    ]) {
      expect(answer).toMatchObject({ status: 404, data: { code: 'connection_not_found' } });
    }
  });
});

describe('POST refresh', () => {
  it('below the minimum age of the platform sends nothing and tells when', async () => {
    await using harness = await startHarness({
      acme: () => ({ definition: { refresh: { minimumAgeSeconds: 600 } } }),
    });
    const { connection } = await harness.connect();
    const { status, data } = await refresh(harness, connection.id);
    expect({ status, data }).toMatchObject({ status: 200, data: { status: 'active', token: { generation: 1 } } });
    expect(Date.parse(data.token.next_refresh_at ?? '') - harness.clock.now()).toBeGreaterThan(590_000);
    expect(harness.stub.renewals()).toEqual([]);
    harness.clock.advance(601_000);
    expect(await refresh(harness, connection.id)).toMatchObject({ status: 200, data: { token: { generation: 2 } } });
  });

  it('where the platform has no renewal sends nothing', async () => {
    await using harness = await startHarness({ acme: () => ({ definition: { refresh: { supported: false } } }) });
    const { connection } = await harness.connect();
    expect(connection.token.refreshable).toBe(false);
    expect(await refresh(harness, connection.id)).toMatchObject({ status: 200, data: { token: { generation: 1 } } });
    expect(harness.stub.renewals()).toEqual([]);
  });

  it('takes no body, and joins a renewal that runs', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(harness, connection.id)));
    for (const answer of answers) expect(answer.status).toBe(200);
    expect(harness.stub.renewals().length).toBeLessThan(10);
  });
});

describe('token/rejected', () => {
  it('answers like a read, renews once, and says 409 when nothing can', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const { status, data } = await rejected(harness, connection.id, { generation: 1 });
    expect({ status, data }).toStrictEqual({
      status: 200,
      data: {
        access_token: expect.stringMatching(/^at_/),
        token_type: 'bearer',
        expires_at: time,
        scopes: ['read', 'write'],
        generation: 2,
      },
    });
    harness.stub.behaviour.extra = () => ({ refresh_token: undefined });
    const other = await harness.connect({ owner: 'owner-2' });
    expect(await rejected(harness, other.connection.id, { generation: 1 })).toMatchObject({
      status: 409,
      data: { code: 'token_expired_not_renewable' },
    });
  });

  it.each([{}, { generation: 0 }, { generation: -1 }, { generation: 1.5 }, { generation: '1' }, { generation: null }])(
    'refuses %j',
    async (json) => {
      await using harness = await startHarness();
      const { connection } = await harness.connect();
      expect(await rejected(harness, connection.id, json)).toMatchObject({
        status: 400,
        data: { code: 'invalid_request', errors: [{ pointer: '/generation' }] },
      });
      expect(harness.stub.renewals()).toEqual([]);
    },
  );

  itKeepsSecrets();
});
