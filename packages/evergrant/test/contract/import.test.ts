import { describe, expect, it } from 'vitest';
import { makeSecret } from '../security/canaries.ts';
import {
  type ConnectionBody,
  eventually,
  type Harness,
  itKeepsSecrets,
  type ProblemBody,
  startHarness,
} from '../security/support.ts';
import { addKey } from './keys.ts';

type Body = ConnectionBody & ProblemBody & { accounts?: { id: string }[] };

const send = (harness: Harness, json: object, key?: string) =>
  harness.api<Body>('POST', '/v1/connections/import', { json: { provider: 'acme', owner: 'owner-1', ...json }, key });

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const anHourAgo = () => new Date(Date.now() - 3_600_000).toISOString();

/** Tokens as another system holds them: the same app has got them at the platform. */
const tokensOf = async (harness: Harness, account = 'alice', owner = `elsewhere ${account}`) => {
  const { connection } = await harness.connect({ owner }, { account });
  const { form } = harness.stub.requestsTo('/token').at(-1)!;
  expect(form.get('grant_type')).toBe('authorization_code');
  const { access_token } = (await harness.token(connection.id)).data;
  const refresh_token = refreshTokenOf(harness);
  await harness.api('DELETE', `/v1/connections/${connection.id}?revoke=false`);
  return { access_token, refresh_token };
};

const issued = new WeakMap<Harness, string[]>();
const refreshTokenOf = (harness: Harness): string => issued.get(harness)!.at(-1)!;

/** Notes the refresh tokens that the platform gives. */
const startNoting = async (...options: Parameters<typeof startHarness>) => {
  const harness = await startHarness(...options);
  const given: string[] = [];
  issued.set(harness, given);
  harness.stub.answer('/token', (received) => {
    const answer = harness.stub.behave(received);
    const body = answer.body as { refresh_token?: string } | undefined;
    if (body?.refresh_token) given.push(body.refresh_token);
    return answer;
  });
  return harness;
};

const grants = (harness: Harness) =>
  harness.sql((db) => db.prepare('select id, status, generation from grants').all()) as { generation: number }[];

describe('POST /v1/connections/import', () => {
  it('keeps tokens as those of any other connection, and renews them', async () => {
    await using harness = await startNoting();
    const { access_token, refresh_token } = await tokensOf(harness);
    const reply = await send(harness, {
      access_token,
      refresh_token,
      expires_at: inAnHour(),
      scopes: ['read', 'write'],
      metadata: { plan: 'pro' },
    });
    expect(reply).toMatchObject({
      status: 201,
      data: {
        id: expect.stringMatching(/^conn_/),
        provider: 'acme',
        owner: 'owner-1',
        status: 'active',
        account: { id: 'alice', name: 'Alice Adams', username: 'alice' },
        scopes: { granted: ['read', 'write'], missing: [] },
        token: { refreshable: true, generation: 1, next_refresh_at: expect.stringMatching(/Z$/) },
        metadata: { plan: 'pro' },
      },
    });
    const { id } = reply.data;
    expect((await harness.token(id)).data.access_token === access_token).toBe(true);
    expect((await harness.events(id)).map(({ type }) => type)).toEqual(['connection.created']);
    expect(harness.logLines.join('')).toContain('"audit":"connection.import"');
    harness.clock.advance(2 * 3_600_000);
    const renewed = await harness.token(id);
    expect(renewed).toMatchObject({ status: 200, data: { generation: 2 } });
    expect(await harness.api('DELETE', `/v1/connections/${id}`)).toMatchObject({ status: 204 });
    expect(harness.stub.requestsTo('/revoke').length).toBeGreaterThan(0);
  });

  it('updates the connection of the same account and owner', async () => {
    await using harness = await startNoting();
    const tokens = await tokensOf(harness);
    const { connection } = await harness.connect({ owner: 'owner-1', metadata: { a: 1 } });
    const reply = await send(harness, { ...tokens, expires_at: inAnHour(), metadata: { b: 2 } });
    expect(reply).toMatchObject({
      status: 200,
      data: { id: connection.id, metadata: { a: 1, b: 2 }, token: { generation: 2 } },
    });
    expect((await harness.token(connection.id)).data.access_token === tokens.access_token).toBe(true);
    expect(grants(harness)).toHaveLength(1);
  });

  it('gives the same connection for the same tokens, without asking the platform', async () => {
    await using harness = await startNoting();
    const tokens = await tokensOf(harness);
    const first = await send(harness, { ...tokens, expires_at: anHourAgo() });
    expect(first.status).toBe(201);
    const before = harness.stub.requests.length;
    // The tokens were renewed meanwhile: presented again they would end the grant.
    const again = await send(harness, { ...tokens, expires_at: anHourAgo() });
    expect(again).toMatchObject({ status: 200, data: { id: first.data.id } });
    expect(harness.stub.requests).toHaveLength(before);
  });

  it('of several that come at once makes one connection with one renewal', async () => {
    await using harness = await startNoting();
    const tokens = await tokensOf(harness);
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => send(harness, { ...tokens, expires_at: anHourAgo() })),
    );
    expect(replies.map(({ status }) => status < 300)).toEqual(replies.map(() => true));
    expect(new Set(replies.map(({ data }) => data.id)).size).toBe(1);
    expect(harness.stub.renewals()).toHaveLength(1);
    expect(grants(harness)).toHaveLength(1);
  });

  it.each([
    ['has ended', () => ({ expires_at: anHourAgo() })],
    ['is left out', () => ({ access_token: undefined })],
  ])('renews first where the access token %s', async (_, change) => {
    await using harness = await startNoting();
    const tokens = await tokensOf(harness);
    const reply = await send(harness, { ...tokens, ...change() });
    expect(reply).toMatchObject({ status: 201, data: { status: 'active', token: { generation: 2 } } });
    expect(harness.stub.renewals()).toHaveLength(1);
    expect((await harness.token(reply.data.id)).status).toBe(200);
  });

  it('renews where the platform refuses an access token whose end was not told', async () => {
    await using harness = await startNoting();
    const { refresh_token } = await tokensOf(harness);
    const dead = harness.canaries.add('access token', makeSecret('at_'));
    const reply = await send(harness, { access_token: dead, refresh_token });
    expect(reply).toMatchObject({ status: 201, data: { token: { generation: 2 } } });
  });

  it('goes on from renewed tokens when the platform stumbled after the renewal', async () => {
    await using harness = await startNoting();
    const tokens = await tokensOf(harness);
    harness.stub.answer('/me', { status: 403, body: { error: 'no' } });
    const failed = await send(harness, { ...tokens, expires_at: anHourAgo() });
    expect(failed.status).toBeGreaterThanOrEqual(400);
    expect(grants(harness)).toMatchObject([{ status: 'active', generation: 2 }]);
    await harness.restart();
    harness.stub.answer('/me', null);
    expect(await send(harness, { ...tokens, expires_at: anHourAgo() })).toMatchObject({
      status: 201,
      data: { account: { id: 'alice' }, token: { generation: 2 } },
    });
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  it('forgets such tokens when nobody comes back for them in a week', async () => {
    await using harness = await startNoting({ config: { engine: 'embedded' } });
    const tokens = await tokensOf(harness);
    harness.stub.answer('/me', { status: 403, body: { error: 'no' } });
    await send(harness, { ...tokens, expires_at: anHourAgo() });
    expect(grants(harness)).toHaveLength(1);
    harness.stub.answer('/token', { status: 503 });
    await eventually('it is gone', () => {
      harness.clock.advance(8 * 24 * 3_600_000);
      return grants(harness).length === 0;
    });
    expect(harness.stub.requestsTo('/revoke')).toEqual([]);
  });

  it('leaves nothing behind and revokes nothing when tokens are dead', async () => {
    await using harness = await startNoting();
    await harness.connect();
    const [access_token, refresh_token] = [
      harness.canaries.add('access token', makeSecret('at_')),
      harness.canaries.add('refresh token', makeSecret('rt_')),
    ];
    const over = await send(harness, { access_token, refresh_token, expires_at: anHourAgo() });
    expect(over).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
    const alone = await send(harness, { access_token });
    expect(alone).toMatchObject({
      status: 409,
      data: { code: 'reauth_required', actor: 'user', upstream: { status: 401 } },
    });
    expect(grants(harness)).toHaveLength(1);
    expect(harness.stub.requestsTo('/revoke')).toEqual([]);
  });

  it('says why, also where the platform renews nothing', async () => {
    await using harness = await startHarness({ acme: () => ({ definition: { refresh: { supported: false } } }) });
    const access_token = harness.canaries.add('access token', makeSecret('at_'));
    expect(await send(harness, { access_token })).toMatchObject({
      status: 409,
      data: { code: 'reauth_required', reason: 'revoked_or_expired', upstream: { status: 401 } },
    });
  });

  it('does not take many dead tokens for an incident of the platform', async () => {
    await using harness = await startNoting();
    const { connection } = await harness.connect();
    for (let count = 0; count < 40; count++) {
      const refresh_token = harness.canaries.add('refresh token', makeSecret('rt_'));
      expect(await send(harness, { refresh_token })).toMatchObject({ data: { code: 'reauth_required' } });
    }
    harness.stub.withdraw();
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject({
      status: 409,
      data: { code: 'reauth_required' },
    });
  });

  it('is limited where granted scopes are missing, and tells what else was granted', async () => {
    await using harness = await startNoting();
    const tokens = await tokensOf(harness);
    expect(await send(harness, { ...tokens, scopes: ['read', 'more'] })).toMatchObject({
      status: 201,
      data: { status: 'limited', scopes: { granted: ['read', 'more'], missing: ['write'] } },
    });
  });

  it('asks to choose among several accounts, and connects each from the same tokens', async () => {
    await using harness = await startNoting({
      acme: ({ origin }) => ({
        definition: {
          accounts: { get: `${origin}/pages`, items: 'data', map: { id: 'id', name: 'name' }, type: 'page' },
        },
      }),
    });
    harness.stub.answer('/pages', { body: { data: ['one', 'two'].map((id) => ({ id, name: `Page ${id}` })) } });
    const refresh_token = await (async () => {
      const { started, authorizationUrl, browser } = await harness.begin({ owner: 'elsewhere' });
      await browser.follow(harness.stub.consent(authorizationUrl));
      await harness.api('POST', `/v1/connect/${started.id}/accounts`, { json: { account_ids: ['one'] } });
      const { connections } = await harness.flow(started.id);
      await harness.api('DELETE', `/v1/connections/${connections[0]!.id}?revoke=false`);
      return refreshTokenOf(harness);
    })();
    const several = await send(harness, { refresh_token });
    expect(several).toMatchObject({ status: 409, data: { code: 'account_selection_required' } });
    expect(several.data.accounts?.map(({ id }) => id)).toEqual(['one', 'two']);
    const [one, two] = [
      await send(harness, { refresh_token, account_id: 'one' }),
      await send(harness, { refresh_token, account_id: 'two' }),
    ];
    expect([one.status, two.status]).toEqual([201, 201]);
    expect([one.data.account.id, two.data.account.id]).toEqual(['one', 'two']);
    expect(harness.stub.renewals()).toHaveLength(1);
    expect(grants(harness)).toHaveLength(1);
    expect(await send(harness, { refresh_token, account_id: 'three' })).toMatchObject({
      data: { code: 'account_selection_required' },
    });
  });

  it('A02 refuses tokens that another owner holds, and owners to which the key is not bound', async () => {
    await using harness = await startNoting();
    const tokens = await tokensOf(harness);
    await send(harness, { ...tokens, expires_at: inAnHour() });
    expect(await send(harness, { ...tokens, owner: 'owner-2' })).toMatchObject({
      status: 409,
      data: { code: 'conflict' },
    });
    const key = await addKey(harness, ['connections:write'], { owner: 'owner-2' });
    expect(await send(harness, tokens, key)).toMatchObject({ status: 403, data: { code: 'permission_denied' } });
  });

  it('refuses tokens of an app that is not known, and takes those of one that was replaced', async () => {
    await using harness = await startNoting();
    const tokens = await tokensOf(harness);
    expect(await send(harness, { ...tokens, client_id: 'of somebody else' })).toMatchObject({
      status: 404,
      data: { code: 'provider_not_configured', detail: expect.stringContaining('of somebody else') },
    });
    const another = harness.canaries.add('client secret', makeSecret('cs_'));
    await harness.api('PUT', '/v1/providers/acme/app', { json: { client_id: 'another', client_secret: another } });
    expect(
      await send(harness, { ...tokens, client_id: harness.stub.client.id, expires_at: anHourAgo() }),
    ).toMatchObject({
      status: 201,
      data: { token: { generation: 2 } },
    });
  });

  it.each<[object, string]>([
    [{}, '/access_token'],
    [{ access_token: '' }, '/access_token'],
    [{ access_token: 'a b' }, '/access_token'],
    [{ access_token: 'a\r\nx-evil: 1' }, '/access_token'],
    [{ access_token: 'x'.repeat(20_001) }, '/access_token'],
    [{ access_token: 'a', refresh_token: 'ü' }, '/refresh_token'],
    [{ access_token: 'a', expires_at: 'tomorrow' }, '/expires_at'],
    [{ access_token: 'a', expires_at: 1_800_000_000 }, '/expires_at'],
    [{ access_token: 'a', expires_at: '2001-01-01T00:00:00Z' }, '/expires_at'],
    [{ access_token: 'a', token_secret: 'b' }, '/token_secret'],
    [{ access_token: 'a', instance: 'one.example' }, '/instance'],
    [{ access_token: 'a', scopes: 'read' }, '/scopes'],
    [{ access_token: 'a', owner: '' }, '/owner'],
    [{ access_token: 'a', id_token: 'b' }, '/id_token'],
    [{ access_token: 'a', metadata: [] }, '/metadata'],
    [{ provider: 'x-oauth1', access_token: 'a' }, '/token_secret'],
    [{ provider: 'x-oauth1', access_token: 'a', token_secret: 'b', refresh_token: 'c' }, '/refresh_token'],
    [{ provider: 'mastodon', access_token: 'a' }, '/instance'],
    [{ provider: 'mastodon', access_token: 'a', instance: 'one.example' }, '/client_id'],
  ])('refuses %j', async (json, pointer) => {
    await using harness = await startHarness({
      memory: true,
      config: { providers: { 'x-oauth1': { clientId: 'key', clientSecret: 'secret' } } },
    });
    const reply = await send(harness, json);
    expect(reply).toMatchObject({ status: 400, data: { code: 'invalid_request' } });
    expect(reply.data.errors!.map((error) => error.pointer)).toContain(pointer);
    expect(harness.stub.requests).toEqual([]);
  });

  it('refuses platforms that are not known or not set up', async () => {
    await using harness = await startHarness({ memory: true });
    expect(await send(harness, { provider: 'nobody', access_token: 'a' })).toMatchObject({
      status: 404,
      data: { code: 'provider_unknown' },
    });
    expect(await send(harness, { provider: 'linkedin', access_token: 'a' })).toMatchObject({
      status: 404,
      data: { code: 'provider_not_configured' },
    });
  });

  itKeepsSecrets();
});
