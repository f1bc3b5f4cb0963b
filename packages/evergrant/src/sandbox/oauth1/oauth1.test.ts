import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { identify } from '../../connections/identify.ts';
import { createEgress } from '../../egress/index.ts';
import { createGetJson } from '../../protocols/get-json.ts';
import { createOAuth1 } from '../../protocols/oauth1/index.ts';
import type { App, ExchangeInput, TokenSet } from '../../protocols/types.ts';
import tumblrFixture from '../../providers/builtin/tumblr-oauth1.fixture.ts';
import tumblr from '../../providers/builtin/tumblr-oauth1.ts';
import xFixture from '../../providers/builtin/x-oauth1.fixture.ts';
import x from '../../providers/builtin/x-oauth1.ts';
import { Secret } from '../../telemetry/secret.ts';
import { createTestClock, startSandbox } from '../test-client.ts';
import type { Decision } from '../types.ts';

const platforms = [
  { definition: x, fixture: xFixture },
  { definition: tumblr, fixture: tumblrFixture },
];

const redirectUri = 'http://localhost:4321/integrations/social/any';

/** A running sandbox, and Evergrant's own way of speaking to it: over HTTP, with everything rerouted. */
const setUp = async ({ definition }: (typeof platforms)[number], clientSecret?: string) => {
  const clock = createTestClock();
  const { sandbox, close } = await startSandbox({ platforms, clock });
  const egress = createEgress({ clock });
  onTestFinished(async () => {
    await egress.close();
    await close();
  });
  const { id } = definition;
  const client = sandbox.appFor(id);
  const origins = sandbox.origins(id);
  const app: App<typeof definition.protocol> = {
    provider: id,
    clientId: client.clientId,
    clientSecret: new Secret(clientSecret ?? client.clientSecret),
    definition,
    scopes: [],
    origins,
    trustedOrigins: new Set(Object.values(origins).map((url) => new URL(url).origin)),
    redirectUri,
    variables: {},
  };
  const protocol = createOAuth1(egress, { clock });
  const getJson = createGetJson(egress, clock, () => protocol as never);
  const begin = async () => {
    const input = { state: 's', scopes: [], redirectUri, reconnect: false, instance: null };
    return protocol.authorize(app, input);
  };
  const consent = async (decision?: Decision): Promise<ExchangeInput> => {
    const { url, secrets } = await begin();
    const parameters = new URL(await sandbox.consent(url, decision)).searchParams;
    return { parameters, state: 's', secrets, redirectUri };
  };
  const exchange = async (input: ExchangeInput) =>
    protocol.read(app, 'exchange', await protocol.sendExchange(app, input));
  const connect = async (decision?: Decision): Promise<TokenSet> => {
    const verdict = await exchange(await consent(decision));
    if (verdict.kind !== 'tokens') throw verdict.error;
    return verdict.tokens;
  };
  const accounts = async (tokens: TokenSet) => (await identify(getJson, app, tokens)).accounts;
  return { app, protocol, sandbox, clock, begin, consent, exchange, connect, accounts, control: sandbox.control(id) };
};

describe.each(platforms.map((platform) => [platform.definition.id, platform] as const))(
  'the simulated %s',
  (_id, platform) => {
    let world: Awaited<ReturnType<typeof setUp>>;
    beforeEach(async () => {
      world = await setUp(platform);
    });

    it('goes from a request token to signed reads of the profile', async () => {
      const tokens = await world.connect({ name: 'Grace Sample' });
      expect(tokens).toMatchObject({ tokenType: 'oauth1', expiresIn: null, refreshToken: null, scopes: [] });
      expect(await world.accounts(tokens)).toHaveLength(platform.fixture.accounts.length);
      world.clock.advance(400 * 86_400);
      expect(await world.accounts(tokens)).toHaveLength(platform.fixture.accounts.length);
    });

    it('takes a client that knows nothing of the platform’s own addresses', async () => {
      const { app, protocol, begin, sandbox } = world;
      const here = (url: string) => url.replace(/^https:\/\/[^/]+/, (origin) => app.origins[origin]!);
      const { requestTokenEndpoint, authorizationEndpoint, accessTokenEndpoint } = app.definition.protocol;
      const endpoints = {
        requestTokenEndpoint: here(requestTokenEndpoint),
        authorizationEndpoint: here(authorizationEndpoint),
        accessTokenEndpoint: here(accessTokenEndpoint),
      };
      const definition = { ...app.definition, protocol: { ...app.definition.protocol, ...endpoints } };
      Object.assign(app, { definition, origins: {} });
      const { url, secrets } = await begin();
      const parameters = new URL(await sandbox.consent(url)).searchParams;
      const answer = await protocol.sendExchange(app, { parameters, state: 's', secrets, redirectUri });
      expect(await protocol.read(app, 'exchange', answer)).toMatchObject({ kind: 'tokens' });
    });

    it('gives a person the same id every time, and another person another', async () => {
      const idOf = async (name: string) => (await world.accounts(await world.connect({ name })))[0]!.id;
      const [first, again, other] = [await idOf('Grace Sample'), await idOf('Grace Sample'), await idOf('Kim Third')];
      expect(again).toBe(first);
      expect(other).not.toBe(first);
    });

    it('sends a refusal back in its own way', async () => {
      const input = await world.consent({ deny: true });
      expect([...input.parameters.keys()]).toEqual(Object.keys(platform.fixture.callback.denied));
      await expect(world.protocol.checkCallback(world.app, input)).rejects.toMatchObject({ code: 'consent_denied' });
    });

    it('takes a verifier once', async () => {
      const input = await world.consent();
      expect(await world.exchange(input)).toMatchObject({ kind: 'tokens' });
      expect(await world.exchange(input)).toMatchObject({ kind: 'rejected', error: { code: 'code_rejected' } });
    });

    it('refuses a wrong verifier, and a request token that is too old', async () => {
      const input = await world.consent();
      const wrong = new URLSearchParams(input.parameters);
      wrong.set('oauth_verifier', 'wrong');
      expect(await world.exchange({ ...input, parameters: wrong })).toMatchObject({ kind: 'rejected' });
      world.clock.advance(601);
      expect(await world.exchange(input)).toMatchObject({ kind: 'rejected' });
    });

    it('refuses what another app has signed', async () => {
      const { begin } = await setUp(platform, 'another secret');
      await expect(begin()).rejects.toMatchObject({ code: 'provider_app_credentials_invalid' });
    });

    it('refuses what the wrong secret of the token has signed, and a callback elsewhere', async () => {
      const tokens = await world.connect();
      const swapped = { ...tokens, extra: { ...tokens.extra, oauth_token_secret: 'another' } };
      await expect(world.accounts(swapped)).rejects.toMatchObject({ code: 'reauth_required' });
      const input = {
        state: 's',
        scopes: [],
        redirectUri: 'https://elsewhere.example',
        reconnect: false,
        instance: null,
      };
      await expect(world.protocol.authorize(world.app, input)).rejects.toMatchObject({ code: expect.any(String) });
    });

    it('refuses a request that comes a second time, or too late', async () => {
      const tokens = await world.connect();
      const url = platform.definition.profile.get;
      const { headers } = await world.protocol.sign(world.app, tokens, { method: 'GET', url });
      const { origin } = new URL(url);
      const send = async () => (await fetch(world.app.origins[origin]! + url.slice(origin.length), { headers })).status;
      expect([await send(), await send()]).toEqual([200, 401]);
      const late = await world.protocol.sign(world.app, tokens, { method: 'GET', url });
      world.clock.advance(301);
      const answer = await fetch(world.app.origins[origin]! + url.slice(origin.length), { headers: late.headers });
      expect(answer.status).toBe(401);
    });

    it('reads forms and queries as they were signed', async () => {
      const tokens = await world.connect();
      const url = `${platform.definition.api.baseUrl}/2/things?q=${encodeURIComponent("it's 100% + more & ☃!*()")}&q=&a`;
      const form = new URLSearchParams([
        ['text', 'Hello Ladies + Gentlemen, a signed OAuth request!'],
        ['text', ''],
        ['~tilde*', '(ä)'],
      ]).toString();
      const { headers } = await world.protocol.sign(world.app, tokens, { method: 'POST', url, form });
      const { origin } = new URL(url);
      const post = (body: string) =>
        fetch(world.app.origins[origin]! + url.slice(origin.length), {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
          body,
        });
      expect((await post(`${form}&more=1`)).status).toBe(401);
      expect((await post(form)).status).toBe(200);
    });

    it('tells apart a person who has withdrawn', async () => {
      const tokens = await world.connect({ name: 'Ada Example' });
      expect(world.control.revokeGrant('Ada Example')).toBe(1);
      await expect(world.accounts(tokens)).rejects.toMatchObject({ code: 'reauth_required' });
    });

    it('writes down requests without a secret in them', async () => {
      const tokens = await world.connect();
      await world.accounts(tokens);
      expect(world.control.tokenRequests()).toEqual({ exchange: 1, upgrade: 0, refresh: 0 });
      const log = JSON.stringify(world.control.log());
      expect(world.control.log().map(({ endpoint }) => endpoint)).toEqual(
        expect.arrayContaining(['request', 'authorize', 'token', 'api']),
      );
      for (const secret of [tokens.accessToken, tokens.extra['oauth_token_secret']!]) expect(log).not.toContain(secret);
    });
  },
);

it('ends a token when it is revoked, and says of a dead one that it is', async () => {
  const { app, protocol, connect, accounts } = await setUp(platforms[0]!);
  const tokens = await connect();
  const credentials = { accessToken: tokens.accessToken, refreshToken: null, extra: tokens.extra };
  expect(await protocol.revoke(app, credentials)).toBe('revoked');
  await expect(accounts(tokens)).rejects.toMatchObject({ code: 'reauth_required' });
  expect(await protocol.revoke(app, credentials)).toBe('revoked');
  const other = await setUp(platforms[1]!);
  expect(await other.protocol.revoke(other.app, credentials)).toBe('unsupported');
});

it('shows the blogs that stayed ticked', async () => {
  const { connect, accounts } = await setUp(platforms[1]!);
  const [, kept] = tumblrFixture.accounts;
  // The primary blog stands for the person and cannot be withheld.
  expect((await accounts(await connect({ accounts: [kept!.id] }))).map(({ id }) => id)).toContain(kept!.id);
});
