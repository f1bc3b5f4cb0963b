import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { discovered, metadata } from './discovery.ts';
import { itKeepsSecrets, startHarness } from './support.ts';

const parametersOf = (url: string): URLSearchParams => new URL(url).searchParams;

describe('what flows send and accept', () => {
  it('C06 every flow has a new S256 challenge whose verifier comes with the code and is seen nowhere else', async () => {
    await using harness = await startHarness();
    const challenges = new Set<string>();
    for (const owner of ['owner-1', 'owner-2']) {
      const { authorizationUrl, browser } = await harness.begin({ owner });
      const asked = parametersOf(authorizationUrl);
      expect(asked.get('code_challenge_method')).toBe('S256');
      await browser.follow(harness.stub.consent(authorizationUrl));
      const verifier = harness.stub.requestsTo('/token').at(-1)?.form.get('code_verifier') ?? '';
      expect(verifier).toMatch(/^[\w.~-]{43,128}$/);
      expect(createHash('sha256').update(verifier).digest('base64url')).toBe(asked.get('code_challenge'));
      expect(browser.setCookies.join()).not.toContain(verifier);
      challenges.add(asked.get('code_challenge') ?? '');
    }
    expect(challenges.size).toBe(2);
    expect(harness.canaries.count('verifier')).toBe(2);
  });

  it("C07 an answer on another provider's path is refused and reaches no token endpoint", async () => {
    await using harness = await startHarness({ providers: ['other'] });
    const { authorizationUrl, browser, started } = await harness.begin();
    expect(parametersOf(authorizationUrl).get('redirect_uri')).toBe(`${harness.publicUrl}/integrations/social/acme`);
    const callback = harness.stub.consent(authorizationUrl);
    const page = await browser.follow(callback.replace('/social/acme', '/social/other'));
    expect(page.status).toBe(400);
    expect(page.body).toContain('issuer_mismatch');
    for (const stub of Object.values(harness.stubs)) expect(stub.requests).toEqual([]);
    await browser.follow(callback);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  it.each(['unknown', '__proto__', 'constructor'])('C07 a path of no provider (%s) takes nothing', async (provider) => {
    await using harness = await startHarness();
    const { authorizationUrl, browser } = await harness.begin();
    const callback = harness.stub.consent(authorizationUrl);
    const page = await browser.follow(callback.replace('/social/acme', `/social/${provider}`));
    expect(page.status).toBe(400);
    expect(page.body).toContain('issuer_mismatch');
    expect(harness.stub.requests).toEqual([]);
  });

  it('C08 an answer with the wrong issuer is refused', async () => {
    await using harness = await startHarness({
      acme: ({ origin }) => ({ definition: { protocol: { issuer: origin } } }),
    });
    const begun = await harness.begin();
    const page = await begun.browser.follow(
      harness.stub.consent(begun.authorizationUrl, { iss: 'https://evil.example' }),
    );
    expect(page.status).toBe(400);
    expect(page.body).toContain('issuer_mismatch');
    expect(harness.stub.requestsTo('/token')).toEqual([]);
    expect(await harness.flow(begun.started.id)).toMatchObject({ error: { code: 'issuer_mismatch' } });
  });

  it('C08 an answer without the issuer that the metadata promises is refused', async () => {
    await using harness = await startHarness({ acme: discovered });
    const { stub } = harness;
    const promise = { authorization_response_iss_parameter_supported: true };
    stub.answer('/.well-known/oauth-authorization-server', metadata(stub.origin, promise));
    const begun = await harness.begin();
    const page = await begun.browser.follow(harness.stub.consent(begun.authorizationUrl));
    expect(page.body).toContain('issuer_mismatch');
    expect(harness.stub.requestsTo('/token')).toEqual([]);

    const second = await harness.begin();
    await second.browser.follow(harness.stub.consent(second.authorizationUrl, { iss: harness.stub.origin }));
    expect(await harness.flow(second.started.id)).toMatchObject({ status: 'connected' });
  });

  it('C08 an error with a foreign issuer is no news of ours', async () => {
    await using harness = await startHarness({
      acme: ({ origin }) => ({ definition: { protocol: { issuer: origin } } }),
    });
    const { authorizationUrl, browser } = await harness.begin();
    const callback = new URL(harness.stub.consent(authorizationUrl, { iss: 'https://evil.example' }));
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    const page = await browser.follow(callback.href);
    expect(page.body).toContain('issuer_mismatch');
    expect(page.body).not.toContain('consent_denied');
  });

  it('C09 the code of one provider never arrives at the token endpoint of another', async () => {
    // "other" has acme's page for people and a token endpoint of its own.
    await using harness = await startHarness({ providers: ['other'] });
    const { origin } = harness.stub;
    const authorizationEndpoint = `${origin}/authorize`;
    await harness.restart({ providers: { other: { definition: { protocol: { authorizationEndpoint } } } } });
    const victim = await harness.begin({ provider: 'acme' });
    const attack = await harness.begin({ provider: 'other' }, victim.browser);
    expect(attack.authorizationUrl).toContain(`${origin}/authorize?`);
    // The attacker's page answers with the victim's code, and with the victim's state.
    const stolen = harness.stub.consent(victim.authorizationUrl);
    await victim.browser.follow(stolen.replace('/social/acme', '/social/other'));
    expect(harness.stubs['other']?.requests).toEqual([]);
    await victim.browser.follow(stolen);
    expect(await harness.flow(victim.started.id)).toMatchObject({ status: 'connected' });
    expect(harness.stubs['other']?.requests).toEqual([]);
  });

  it.each([
    ['code twice', (query: string) => `${query}&code=second`],
    ['state twice', (query: string) => `${query}&state=second`],
    ['the same state twice', (query: string) => `${query}&${/state=[^&]+/.exec(query)?.[0]}`],
    ['a list of states', (query: string) => `${query}&state[]=x`],
    ['a list of codes', (query: string) => `${query}&code%5B%5D=x`],
    ['an error beside the error', (query: string) => `${query}&error=a&error=b`],
  ])('C10 repeated parameters are refused and spend nothing: %s', async (_, change) => {
    await using harness = await startHarness();
    const { authorizationUrl, browser, started } = await harness.begin();
    const callback = harness.stub.consent(authorizationUrl);
    const { origin, pathname, search } = new URL(callback);
    const page = await browser.follow(origin + pathname + change(search));
    expect(page.status).toBe(400);
    expect(page.body).toContain('callback_malformed');
    expect(harness.stub.requests).toEqual([]);
    await browser.follow(callback);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  it('C12 only codes are asked for; tokens in an answer are ignored and reported', async () => {
    await using harness = await startHarness();
    const { authorizationUrl, browser, started } = await harness.begin();
    expect(parametersOf(authorizationUrl).get('response_type')).toBe('code');
    const token = harness.canaries.add('access token', 'injected-token-0123456789abcdef');
    const callback = harness.stub.consent(authorizationUrl, { access_token: token, token_type: 'bearer' });
    const withoutCode = new URL(callback);
    withoutCode.searchParams.delete('code');
    expect((await browser.follow(withoutCode.href)).body).toContain('callback_malformed');
    await browser.follow(callback);
    const flow = await harness.flow(started.id);
    expect(flow).toMatchObject({ status: 'connected' });
    const { data } = await harness.token(flow.connections[0]?.id ?? '');
    expect(data.access_token).not.toBe(token);
    expect(harness.logLines.join('')).toContain('The callback carried tokens, which were ignored');
  });

  it('C13 a caller may narrow the scopes and never widen them', async () => {
    await using harness = await startHarness();
    const narrow = await harness.begin({ scopes: ['read'] });
    expect(parametersOf(narrow.authorizationUrl).get('scope')).toBe('read');
    for (const scopes of [['admin'], ['read', 'admin'], ['read write admin'], ['']]) {
      const { status, data } = await harness.start({ scopes });
      expect({ status, data }).toMatchObject({ status: 400 });
    }
    expect(await harness.start({ scopes: ['admin'] })).toMatchObject({
      headers: { 'content-type': 'application/problem+json' },
      data: { code: 'scope_not_allowed', actor: 'developer' },
    });
  });

  it.each([
    { 'extra[redirect_uri]': 'https://evil.example' },
    { extra: { state: 'x' } },
    { extra: { code_challenge: 'x' } },
    { redirect_uri: 'https://evil.example' },
    { state: 'chosen' },
    { code_challenge_method: 'plain' },
    { prompt: 'none' },
  ])('C14 a caller cannot set parameters of the authorization request: %j', async (more) => {
    await using harness = await startHarness();
    expect(await harness.start(more)).toMatchObject({ status: 400, data: { code: 'invalid_request' } });
  });

  it.each(['redirect_uri', 'state', 'code_challenge', 'response_type', 'scope', 'nonce', 'client_id'])(
    'C14 the fixed parameters of a definition cannot replace %s',
    async (name) => {
      await using harness = await startHarness({
        acme: () => ({ definition: { protocol: { authorizationParameters: { [name]: 'x' } } } }),
      });
      const { data } = await harness.start();
      const page = await harness.browser().get(data.url);
      expect(page).toMatchObject({ status: 500, location: null });
      expect(page.body).toContain('definition_invalid');
    },
  );

  it('C15 redirect URI and links come from the settings, whatever the headers say', async () => {
    await using harness = await startHarness({ publicUrl: 'https://connect.example.test' });
    const forged = {
      host: 'evil.example',
      forwarded: 'host=evil.example;proto=http',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '10.0.0.1',
      'x-original-url': '/v1/connections',
    };
    const { data } = await harness.api<{ url: string }>('POST', '/v1/connect', {
      headers: forged,
      json: { provider: 'acme', owner: 'owner-1', skip_confirmation: true },
    });
    expect(data.url).toMatch(/^https:\/\/connect\.example\.test\/connect\//);
    const browser = harness.browser();
    const opened = await browser.get(data.url, forged);
    const redirectUri = 'https://connect.example.test/integrations/social/acme';
    expect(parametersOf(opened.location ?? '').get('redirect_uri')).toBe(redirectUri);
    const callback = harness.stub.consent(opened.location ?? '');
    const { location } = await browser.get(callback, forged);
    expect(location).toMatch(/^https:\/\/connect\.example\.test\/connect\/done\//);
    const problem = await harness.api('GET', '/v1/connections/conn_x', { headers: forged });
    expect(problem.body).not.toContain('evil');
  });

  it.each([
    ['without a path', 'https://connect.example.test', undefined],
    ['with a final slash', 'https://connect.example.test/', undefined],
    ['with a path', 'https://example.test/tools/evergrant/', undefined],
    [
      'with the final slash that a platform demands',
      'https://connect.example.test',
      'https://connect.example.test/integrations/social/acme/',
    ],
  ])('C16 the redirect URI at the exchange equals that of the request: %s', async (_, publicUrl, redirectUri) => {
    await using harness = await startHarness({ publicUrl, acme: () => (redirectUri ? { redirectUri } : {}) });
    const { authorizationUrl, browser, started } = await harness.begin();
    const asked = parametersOf(authorizationUrl).get('redirect_uri');
    expect(asked).toBe(redirectUri ?? `${publicUrl.replace(/\/$/, '')}/integrations/social/acme`);
    await browser.follow(harness.stub.consent(authorizationUrl));
    expect(harness.stub.requestsTo('/token')[0]?.form.get('redirect_uri')).toBe(asked);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  it('C22 an answer by form is turned into a GET, and the Lax cookie is still needed', async () => {
    await using harness = await startHarness();
    const { authorizationUrl, browser, started } = await harness.begin();
    expect(browser.setCookies.join()).toMatch(/SameSite=Lax/i);
    const callback = new URL(harness.stub.consent(authorizationUrl));
    const form = Object.fromEntries(callback.searchParams);
    const sent = { crossSite: true, origin: harness.stub.origin };
    const stranger = harness.browser();
    const posted = await stranger.post(callback.origin + callback.pathname, form, sent);
    expect(posted).toMatchObject({ status: 303, location: callback.href });
    expect((await stranger.follow(posted.location ?? '')).body).toContain('flow_browser_mismatch');

    const own = await browser.post(callback.origin + callback.pathname, form, sent);
    expect(own.status).toBe(303);
    expect(harness.stub.requests).toEqual([]);
    await browser.follow(own.location ?? '');
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  itKeepsSecrets();
});
