import { describe, expect, it } from 'vitest';
import { type Harness, itKeepsSecrets, startHarness } from './support.ts';

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An ID token; the signature counts for nothing, because it comes over the token endpoint's own connection. */
const idToken = (harness: Harness, claims: object, algorithm = 'RS256'): string =>
  harness.canaries.add(
    'ID token',
    `${encoded({ alg: algorithm, typ: 'JWT' })}.${encoded(claims)}.${Buffer.from('signature').toString('base64url')}`,
  );

const withOpenId = ({ origin }: { origin: string }) => ({
  definition: { protocol: { issuer: origin }, scopes: { required: ['openid', 'read'] } },
});

/** Connects with an ID token whose claims are changed so. */
const connectWith = async (
  harness: Harness,
  change: (claims: Record<string, unknown>) => Record<string, unknown> | null,
  algorithm?: string,
) => {
  const { stub } = harness;
  stub.behaviour.extra = ({ account, nonce }) => {
    const now = Math.floor(Date.now() / 1000);
    const good = { iss: stub.origin, aud: stub.client.id, sub: account, iat: now, exp: now + 300, nonce };
    const claims = change(good);
    return claims === null ? {} : { id_token: idToken(harness, claims, algorithm) };
  };
  return harness.connect();
};

const storedTokens = (harness: Harness): number =>
  harness.sql((database) =>
    ['grants', 'journal', 'connections']
      .map((table) => Number(database.prepare(`select count(*) as count from ${table}`).get()?.['count']))
      .reduce((sum, count) => sum + count, 0),
  );

describe('whose account it is', () => {
  it('C17 an ID token that is right connects', async () => {
    await using harness = await startHarness({ acme: withOpenId });
    const { flow } = await connectWith(harness, (claims) => claims);
    expect(flow).toMatchObject({ status: 'connected', connections: [{ account: { id: 'alice' } }] });
    expect(harness.canaries.count('nonce')).toBe(1);
  });

  it.each<[string, (claims: Record<string, unknown>) => Record<string, unknown> | null]>([
    ['with another nonce', (claims) => ({ ...claims, nonce: 'other' })],
    ['without a nonce', ({ nonce: _nonce, ...claims }) => claims],
    ['for another client', (claims) => ({ ...claims, aud: 'another-client' })],
    ['without an audience', ({ aud: _aud, ...claims }) => claims],
    ['from another issuer', (claims) => ({ ...claims, iss: 'https://evil.example' })],
    ['that has expired', (claims) => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 120 })],
    ['without an end', ({ exp: _exp, ...claims }) => claims],
    ['without a subject', ({ sub: _sub, ...claims }) => claims],
    ['that is missing', () => null],
  ])('C17 an ID token %s connects nothing and nothing of it is kept', async (_, change) => {
    await using harness = await startHarness({ acme: withOpenId });
    const { flow, page } = await connectWith(harness, change);
    expect(flow).toMatchObject({ status: 'failed', connections: [], error: { code: 'provider_bad_response' } });
    expect(page.status).toBe(502);
    expect(harness.stub.requestsTo('/me')).toEqual([]);
    expect(storedTokens(harness)).toBe(0);
  });

  it.each(['none', 'HS256'])('C17 an ID token signed with %s connects nothing', async (algorithm) => {
    await using harness = await startHarness({ acme: withOpenId });
    const { flow } = await connectWith(harness, (claims) => claims, algorithm);
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'provider_bad_response' } });
    expect(storedTokens(harness)).toBe(0);
  });

  it('C18 an account is its id: namesakes are two, and a renamed one stays the same', async () => {
    await using harness = await startHarness();
    const { accounts } = harness.stub;
    accounts.set('1001', { id: '1001', name: 'Sam', username: 'sam' });
    accounts.set('1002', { id: '1002', name: 'Sam', username: 'sam' });
    const first = await harness.connect({}, { account: '1001' });
    const second = await harness.connect({}, { account: '1002' });
    expect(second.connection.id).not.toBe(first.connection.id);

    accounts.set('1001', { id: '1001', name: 'Samuel', username: 'samuel' });
    accounts.set('1002', { id: '1002', name: 'Samuel', username: 'samuel' });
    const again = await harness.connect({}, { account: '1001' });
    expect(again.connection.id).toBe(first.connection.id);
    expect(again.connection.account).toMatchObject({ id: '1001', name: 'Samuel', username: 'samuel' });
    const { data } = await harness.api<{ data: unknown[] }>('GET', '/v1/connections');
    expect(data.data).toHaveLength(2);
  });

  it('C18 one id at two providers is two accounts', async () => {
    await using harness = await startHarness({ providers: ['other'] });
    const one = await harness.connect({ provider: 'acme' });
    const other = await harness.connect({ provider: 'other' });
    expect(one.connection.account.id).toBe(other.connection.account.id);
    expect(one.connection.id).not.toBe(other.connection.id);
  });

  it('C18 one account with two owners is two connections', async () => {
    await using harness = await startHarness();
    const one = await harness.connect({ owner: 'owner-1' });
    const other = await harness.connect({ owner: 'owner-2' });
    expect(one.connection.id).not.toBe(other.connection.id);
    expect((await harness.connection(one.connection.id)).data.owner).toBe('owner-1');
  });

  it('C19 a reconnect with another account is refused, and nothing of the old one is touched', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect({}, { account: 'alice' });
    const before = await harness.token(connection.id);
    const mistaken = await harness.connect({ connection_id: connection.id }, { account: 'bob' });
    expect(mistaken.flow).toMatchObject({ status: 'failed', error: { code: 'account_mismatch', status: 409 } });
    expect(mistaken.page.status).toBe(409);
    expect((await harness.connection(connection.id)).data).toEqual(connection);
    expect((await harness.token(connection.id)).data).toEqual(before.data);
    const revoked = harness.stub.requestsTo('/revoke').map(({ form }) => form.get('token'));
    expect(revoked).not.toContain(before.data.access_token);
    expect((await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).status).toBe(200);
  });

  it('C19 a reconnect with the same account keeps the connection', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const { flow } = await harness.connect({ connection_id: connection.id });
    expect(flow.connections.map(({ id }) => id)).toEqual([connection.id]);
    expect(flow.connections[0]?.token.generation).toBeGreaterThan(connection.token.generation);
  });

  itKeepsSecrets();
});
