import { describe, expect, it } from 'vitest';
import { classify } from '../protocols/errors.ts';
import type { ProviderDefinition } from '../providers/define.ts';
import { valueAt } from './json.ts';
import { sandboxPlatform } from './sandbox-provider.ts';
import { builtinPlatforms, codeOf, redirectUri, setUpSandbox } from './test-client.ts';
import { tokenId } from './tokens.ts';
import type { Decision, SandboxPlatform } from './types.ts';

const builtin = await builtinPlatforms();
const all: SandboxPlatform<ProviderDefinition>[] = [sandboxPlatform, ...builtin];

describe.each(all.map((platform) => [platform.definition.id, platform] as const))(
  'the simulated %s',
  (_id, platform) => {
    const { definition, fixture } = platform;
    const renewsByAccessToken = definition.protocol.refreshRequest?.credential === 'access_token';
    // The sandbox's app is one that may renew, where there is such a thing.
    const renewable =
      fixture.refresh && fixture.variants?.find((variant) => variant.expected.refreshToken && !variant.unplayed);
    const renews = Boolean(fixture.refresh && (fixture.expected.refreshToken || renewable || renewsByAccessToken));
    const { expected } = fixture.expected.refreshToken ? fixture : (renewable ?? fixture);
    /** In the platform's own way, which may be status 200. */
    const isRefused = async (phase: 'exchange' | 'refresh' | 'api', answer: Response): Promise<boolean> => {
      const headers = Object.fromEntries(answer.headers);
      return classify(definition, phase, { status: answer.status, headers, body: await answer.text() }) !== null;
    };

    it('goes from consent to a token that reads the profile', async () => {
      const { client, clock } = await setUpSandbox(definition);
      const tokens = await client.connect({ name: 'Grace Sample' });
      if (tokens.expiresIn !== undefined) expect(Number(tokens.expiresIn)).toBe(120);
      const profile = await client.get(tokens.accessToken, definition.profile.get);
      expect(profile.status).toBe(200);
      expect(await profile.text()).toContain('Grace');
      clock.advance(121);
      const later = await client.get(tokens.accessToken, definition.profile.get);
      expect(await isRefused('api', later)).toBe(expected.expiresIn !== null);
    });

    it('gives a person the same id every time, and another person another', async () => {
      const { client } = await setUpSandbox(definition);
      // Some tell the id with the token alone.
      const profileOf = async (name: string) => {
        const { accessToken, kept } = await client.connect({ name });
        return (await (await client.get(accessToken, definition.profile.get)).text()) + kept;
      };
      const [first, again, other] = [
        await profileOf('Grace Sample'),
        await profileOf('Grace Sample'),
        await profileOf('Kim Third'),
      ];
      expect(again).toBe(first);
      expect(other).not.toContain('Grace');
      expect(other.replaceAll(/Kim|Third/gi, '')).not.toBe(first.replaceAll(/Grace|Sample/gi, ''));
    });

    if (renews)
      it('renews', async () => {
        const { client, clock } = await setUpSandbox(definition);
        const tokens = await client.connect();
        clock.advance(90);
        const answer = await client.renew(tokens);
        expect(answer.status).toBe(fixture.refresh!.status);
        const next = await client.read(answer, tokens);
        expect(next.accessToken).not.toBe(tokens.accessToken);
        clock.advance(60);
        expect((await client.get(next.accessToken, definition.profile.get)).status).toBe(200);
      });

    if (renews)
      it('refuses a renewal in its own words once the person has withdrawn', async () => {
        const { client, control } = await setUpSandbox(definition);
        const tokens = await client.connect({ name: 'Ada Example' });
        expect(control.revokeGrant('Ada Example')).toBe(1);
        const answer = await client.renew(tokens);
        const own = fixture.errors.find(({ phase, is }) => phase === 'refresh' && is === 'reconnect');
        expect(answer.status).toBe(own?.status ?? 400);
        const body: unknown = await answer.json();
        if (own) expect(body).toEqual(own.body);
        else expect(body).toMatchObject({ error: 'invalid_grant' });
      });

    it('refuses the wrong secret as the fault of the app, and acts on nothing', async () => {
      if (definition.protocol.clientAuthentication === 'none') return;
      const { client, sandbox } = await setUpSandbox(definition);
      const code = codeOf(await sandbox.consent(client.authorizationUrl()));
      const answer = await client.exchange(code, {}, 'wrong');
      const own = fixture.errors.find(
        (e) => e.phase === 'exchange' && e.is === 'app-misconfigured' && e.error === 'provider_app_credentials_invalid',
      );
      expect(answer.status).toBe(own?.status ?? 401);
      expect(await answer.json()).toEqual(own?.body ?? expect.objectContaining({ error: 'invalid_client' }));
      expect(await isRefused('exchange', await client.exchange(code))).toBe(false);
    });

    it('sends a refusal back with its own parameters', async () => {
      const { client, sandbox } = await setUpSandbox(definition);
      const callback = new URL(await sandbox.consent(client.authorizationUrl(), { deny: true }));
      const { denied, deniedWithoutState } = fixture.callback;
      expect(Object.fromEntries(callback.searchParams)).toEqual({
        ...denied,
        ...(deniedWithoutState ? {} : { state: 'st4te' }),
      });
    });

    it('takes a code once, and ends what came of it when it is replayed', async () => {
      const { client, sandbox } = await setUpSandbox(definition);
      const code = codeOf(await sandbox.consent(client.authorizationUrl()));
      const tokens = await client.read(await client.exchange(code));
      expect(await isRefused('exchange', await client.exchange(code))).toBe(true);
      expect(await isRefused('api', await client.get(tokens.accessToken, definition.profile.get))).toBe(true);
    });

    it('refuses a code that is too old, or comes with another redirect URI', async () => {
      const { client, sandbox, clock } = await setUpSandbox(definition);
      const code = codeOf(await sandbox.consent(client.authorizationUrl()));
      const omitted = definition.protocol.exchange?.omit?.includes('redirect_uri');
      if (!omitted) {
        const elsewhere = await client.exchange(code, { redirect_uri: `${redirectUri}/` });
        expect(await isRefused('exchange', elsewhere)).toBe(true);
      }
      clock.advance(60);
      expect(await isRefused('exchange', await client.exchange(code))).toBe(true);
    });

    it('holds to its PKCE', async () => {
      const { client, sandbox } = await setUpSandbox(definition);
      const wrong = await client.exchange(codeOf(await sandbox.consent(client.authorizationUrl())), {
        code_verifier: 'w'.repeat(43),
      });
      expect(await isRefused('exchange', wrong)).toBe(true);
      if (definition.protocol.pkce === 'none') return;
      const callback = await sandbox.consent(client.authorizationUrl({ code_challenge: null }));
      expect(new URL(callback).searchParams.get('error')).toBe('invalid_request');
    });

    it('reports only the scopes that stayed ticked', async () => {
      const { client } = await setUpSandbox(definition);
      const { required, facts, grantedFrom } = definition.scopes;
      const [unticked, ...kept] = required;
      const tokens = await client.connect({ scopes: kept });
      if (grantedFrom) {
        const answer = await client.get(tokens.accessToken, grantedFrom.get);
        const items = valueAt(await answer.json(), grantedFrom.items) as unknown[];
        const granted = items.filter((item) =>
          Object.entries(grantedFrom.where ?? {}).every(([path, value]) => valueAt(item, path) === value),
        );
        const names = granted.map((item) => valueAt(item, grantedFrom.scope));
        expect(names).toEqual(expect.arrayContaining(kept));
        expect(names).not.toContain(unticked);
      } else {
        const names = String(tokens.scope).split(/[ ,]/).filter(Boolean);
        const short = (name: string) => kept.find((scope) => facts?.[scope]?.aliases?.includes(name)) ?? name;
        // Where there is an upgrade, the first answer told them.
        const isTold = expected.scopes !== null || fixture.upgrade !== undefined;
        expect(names.map(short)).toEqual(isTold ? kept : []);
      }
    });

    if (renews && !renewsByAccessToken)
      it('kills the grant when a used refresh token comes back', async () => {
        const { client, control } = await setUpSandbox(definition);
        control.behave({ rotates: 'always', reuseRevokes: true, graceSeconds: 0 });
        const first = await client.connect();
        const second = await client.read(await client.renew(first), first);
        expect(second.refreshToken).not.toBe(first.refreshToken);
        expect([control.chain(first.refreshToken!), control.chain(second.refreshToken!)]).toEqual([false, true]);
        expect(await isRefused('refresh', await client.renew(first))).toBe(true);
        expect(control.chain(second.refreshToken!)).toBe(false);
        expect(await isRefused('api', await client.get(second.accessToken, definition.profile.get))).toBe(true);
      });

    it('writes down requests without a secret in them', async () => {
      const { client, control } = await setUpSandbox(definition);
      const tokens = await client.connect();
      if (renews) await client.renew(tokens);
      expect(control.tokenRequests()).toEqual({
        exchange: 1,
        upgrade: definition.protocol.upgrade ? 1 : 0,
        refresh: renews ? 1 : 0,
      });
      const log = control.log();
      expect(log.at(-1)).toMatchObject({
        endpoint: 'token',
        outcome: (renews ? fixture.refresh! : fixture.exchange).status,
        ...(renews && { tokenId: tokenId(renewsByAccessToken ? tokens.accessToken : tokens.refreshToken!) }),
      });
      for (const secret of [tokens.accessToken, tokens.refreshToken ?? tokens.accessToken, client.app.clientSecret]) {
        expect(JSON.stringify(log)).not.toContain(secret);
      }
    });
  },
);

describe('revocation', () => {
  const { definition } = sandboxPlatform;
  const revoke = (
    client: Awaited<ReturnType<typeof setUpSandbox>>['client'],
    token: string,
    secret = client.app.clientSecret,
  ) =>
    fetch(client.reroute(definition.protocol.revocationEndpoint!), {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.app.clientId}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ token }),
    });

  it('ends the grant by its refresh token, and only itself by an access token', async () => {
    const { client, control } = await setUpSandbox();
    const tokens = await client.connect();
    expect((await revoke(client, tokens.accessToken)).status).toBe(200);
    expect((await client.get(tokens.accessToken, definition.profile.get)).status).toBe(401);
    expect(control.chain(tokens.refreshToken!)).toBe(true);
    expect((await revoke(client, tokens.refreshToken!, 'wrong')).status).toBe(401);
    expect(control.chain(tokens.refreshToken!)).toBe(true);
    await revoke(client, tokens.refreshToken!);
    expect(control.chain(tokens.refreshToken!)).toBe(false);
  });

  it('calls a token that it does not know revoked (RFC 7009 section 2.2)', async () => {
    const { client } = await setUpSandbox();
    expect((await revoke(client, 'unknown')).status).toBe(200);
  });

  it('ends everything of the person at Facebook, by DELETE', async () => {
    const facebook = builtin.find(({ definition: { id } }) => id === 'facebook')!.definition;
    const { client, control } = await setUpSandbox(facebook);
    const [one, two] = [await client.connect(), await client.connect()];
    const url = client.reroute('https://graph.facebook.com/{graphVersion}/me/permissions');
    const answer = await fetch(url, { method: 'DELETE', headers: { authorization: `Bearer ${one.accessToken}` } });
    expect(answer.status).toBe(200);
    expect([control.chain(one.accessToken), control.chain(two.accessToken)]).toEqual([false, false]);
  });
});

describe('registration', () => {
  const mastodon = builtin.find(({ definition: { id } }) => id === 'mastodon')!.definition;

  const register = (client: Awaited<ReturnType<typeof setUpSandbox>>['client'], uri = redirectUri) =>
    fetch(client.reroute(mastodon.instance!.registration!.endpoint), {
      method: 'POST',
      body: new URLSearchParams({ client_name: 'Test', redirect_uris: uri, scopes: 'read:accounts write:media' }),
    });

  it('gives each app credentials, which hold for its redirect URI and its scopes', async () => {
    const { client, sandbox } = await setUpSandbox(mastodon);
    const app = (await (await register(client)).json()) as { client_id: string; client_secret: string };
    Object.assign(client.app, { clientId: app.client_id, clientSecret: app.client_secret });
    const url = (changes: Record<string, string>) => client.authorizationUrl({ scope: 'read:accounts', ...changes });
    const code = codeOf(await sandbox.consent(url({})));
    expect((await client.exchange(code, {}, 'wrong')).status).toBe(401);
    expect((await client.exchange(code)).status).toBe(200);
    const beyond = new URL(await sandbox.consent(url({ scope: 'read:accounts write:statuses' })));
    expect(beyond.searchParams.get('error')).toBe('invalid_scope');
    expect((await fetch(url({ redirect_uri: `${redirectUri}/` }))).status).toBe(400);
    expect((await fetch(url({ client_id: `${app.client_id.slice(0, -1)}_` }))).status).toBe(401);
  });

  it('refuses a redirect URI that is not on this computer', async () => {
    const { client } = await setUpSandbox(mastodon);
    expect((await register(client, 'https://elsewhere.example/')).status).toBe(422);
  });
});

describe('accounts', () => {
  const facebook = builtin.find(({ definition: { id } }) => id === 'facebook')!;
  const pagesUrl = Object.keys(facebook.fixture.get).find((url) => url.includes('/me/accounts?fields'))!;

  it('shows the pages that stayed ticked, each with a live token of its own', async () => {
    const { client } = await setUpSandbox(facebook.definition);
    const [kept] = facebook.fixture.accounts;
    const tokens = await client.connect({ accounts: [kept!.id] });
    const pages = (await (await client.get(tokens.accessToken, pagesUrl)).json()) as {
      data: { id: string; access_token: string }[];
    };
    expect(pages.data.map(({ id }) => id)).toEqual([kept!.id]);
    expect(pages.data[0]!.access_token).not.toContain('SAMPLE');
    expect((await client.get(pages.data[0]!.access_token, facebook.definition.profile.get)).status).toBe(200);
    const none = await client.connect({ accounts: [] });
    expect(await (await client.get(none.accessToken, pagesUrl)).json()).toMatchObject({ data: [] });
  });

  it('gives other people other pages', async () => {
    const { client } = await setUpSandbox(facebook.definition);
    const tokens = await client.connect({ name: 'Grace Sample' });
    const pages = (await (await client.get(tokens.accessToken, pagesUrl)).json()) as {
      data: { id: string; name: string }[];
    };
    expect(pages.data[0]!.name).toBe(`${facebook.fixture.accounts[0]!.name} (Grace)`);
    expect(pages.data[0]!.id).not.toBe(facebook.fixture.accounts[0]!.id);
  });

  const named = (id: string) => builtin.find(({ definition }) => definition.id === id)!;
  const read = async (platform: (typeof builtin)[number], decision: Decision, part: string) => {
    const { client } = await setUpSandbox(platform.definition);
    const { accessToken } = await client.connect(decision);
    const url = part.startsWith('https:')
      ? part
      : Object.keys(platform.fixture.get).find((known) => known.includes(part))!;
    const answer = await client.get(accessToken, url);
    return { status: answer.status, text: await answer.text() };
  };

  it('answers about an account by the id that it has in these hands, and in no others', async () => {
    const pages = named('linkedin-page');
    const grace = { name: 'Grace Sample' };
    const list = await read(pages, grace, 'organizationAcls');
    const id = /urn:li:organization:(\d+)/.exec(list.text)![1]!;
    expect(id).not.toBe(pages.fixture.accounts[0]!.id);
    const url = `https://api.linkedin.com/rest/organizations/${id}`;
    expect(await read(pages, grace, url)).toMatchObject({
      status: 200,
      text: expect.stringContaining('Example Org (Grace)'),
    });
    expect((await read(pages, { name: 'Ada Example' }, url)).status).toBe(404);
  });

  it('knows an account whose id is joined from several names, or lies in a URN', async () => {
    const business = named('google-business');
    const [bakery, museum] = business.fixture.accounts.map(({ id }) => id);
    const tail = bakery!.slice(bakery!.lastIndexOf('/') + 1);
    expect((await read(business, {}, '/locations?')).text).toContain(tail);
    expect((await read(business, { name: 'Grace Sample' }, '/locations?')).text).not.toContain(tail);
    expect((await read(business, { accounts: [museum!] }, '/locations?')).text).not.toContain(tail);
    const pages = named('linkedin-page');
    const [first, second] = pages.fixture.accounts.map(({ id }) => id);
    const list = await read(pages, { accounts: [second!] }, 'organizationAcls');
    expect(list.text).toContain(`organization:${second}`);
    expect(list.text).not.toContain(`organization:${first}`);
  });
});

describe('consent', () => {
  it('ends what was granted with other scopes, where the platform has it so', async () => {
    const { definition } = builtin.find(({ definition: { id } }) => id === 'linkedin-page')!;
    const { client, control } = await setUpSandbox(definition);
    const [first, alike] = [await client.connect(), await client.connect()];
    const chains = () => [first, alike].map(({ refreshToken }) => control.chain(refreshToken!));
    expect(chains()).toEqual([true, true]);
    await client.connect({ name: 'Grace Sample', scopes: ['openid', 'profile'] });
    expect(chains()).toEqual([true, true]);
    await client.connect({ scopes: ['openid', 'profile'] });
    expect(chains()).toEqual([false, false]);
  });
});
