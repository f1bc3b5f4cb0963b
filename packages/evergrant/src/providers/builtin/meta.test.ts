import { describe, expect, it } from 'vitest';
import { identify } from '../../connections/identify.ts';
import { classify } from '../../protocols/errors.ts';
import type { ProviderDefinition } from '../define.ts';
import type { ProviderFixture } from '../fixture.ts';
import instagramFixture from './instagram.fixture.ts';
import instagram from './instagram.ts';
import standaloneFixture from './instagram-standalone.fixture.ts';
import standalone from './instagram-standalone.ts';
import { credentials, exchange, renew, setUp, tokens, tokensOf } from './requests.test-support.ts';
import threadsFixture from './threads.fixture.ts';
import threads from './threads.ts';

describe('instagram', () => {
  it('leaves out pages without an Instagram account, and gives each account the token of its page', async () => {
    const { app, getJson, platform } = setUp(instagram, instagramFixture);
    const { accounts, person } = await identify(getJson, app, tokens);
    expect(person.name).toBe('Ada Example');
    expect(accounts.map(({ id, token }) => [id, token])).toEqual([
      ['17841401234567890', 'SAMPLE_PAGE_AT'],
      ['17841401234567891', 'SAMPLE_PAGE_AT3'],
    ]);
    const list = new URL(platform.sent.find(({ url }) => url.includes('/me/accounts'))!.url);
    expect(list.searchParams.get('fields')).toBe(
      'id,name,access_token,instagram_business_account{id,username,name,profile_picture_url}',
    );
  });

  it('explains an empty list: no page, or none with an Instagram account', async () => {
    const get: ProviderFixture['get'] = { ...instagramFixture.get };
    for (const url of Object.keys(get)) if (url.includes('/me/accounts')) get[url] = { data: [{ id: '1' }] };
    const { app, getJson } = setUp(instagram, { ...instagramFixture, get });
    await expect(identify(getJson, app, tokens)).rejects.toMatchObject({
      code: 'account_type_unsupported',
      detail: expect.stringMatching(/Business or Creator.*tick/),
    });
  });

  it('upgrades before it reads pages, by POST', async () => {
    const world = setUp(instagram, instagramFixture);
    world.platform.script(instagramFixture.upgrade);
    await world.protocol.sendUpgrade(world.app, await tokensOf(world, instagramFixture.exchange));
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://graph.facebook.com/v26.0/oauth/access_token' });
    expect(world.last().form).toMatchObject({
      grant_type: 'fb_exchange_token',
      fb_exchange_token: 'SAMPLE_SHORT_AT',
    });
  });

  it('ends one account, not its siblings, where only that one is out of sight', () => {
    const found = (id: string) =>
      classify(instagram, 'api', {
        status: 400,
        body: { error: { code: 100, error_subcode: 33, message: `Object with ID '${id}' does not exist` } },
      });
    expect(found('17841401234567890')?.rule).toMatchObject({ is: 'reconnect', affects: 'account' });
    expect(found('17895695668004550')).toMatchObject({ class: 'bad-body' });
  });
});

describe.each<[string, ProviderDefinition, ProviderFixture, Record<string, string>]>([
  [
    'instagram-standalone',
    standalone,
    standaloneFixture,
    {
      token: 'https://api.instagram.com/oauth/access_token',
      upgrade: 'https://graph.instagram.com/access_token',
      renewal: 'https://graph.instagram.com/refresh_access_token',
      prefix: 'ig',
    },
  ],
  [
    'threads',
    threads,
    threadsFixture,
    {
      token: 'https://graph.threads.com/oauth/access_token',
      upgrade: 'https://graph.threads.net/access_token',
      renewal: 'https://graph.threads.net/refresh_access_token',
      prefix: 'th',
    },
  ],
])('%s', (id, definition, fixture, { token, upgrade, renewal, prefix }) => {
  it('exchanges the code by form with the secret, and without PKCE', async () => {
    const world = setUp(definition, fixture);
    const url = await exchange(world, fixture.exchange);
    expect(url.searchParams.get('scope')).toBe(definition.scopes.required.join(','));
    expect([...url.searchParams.keys()].toSorted()).toEqual([
      'client_id',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ]);
    expect(world.last()).toMatchObject({ method: 'POST', url: token });
    expect(world.last().form).toEqual({
      client_id: 'client-1',
      client_secret: 's3cret',
      code: 'CODE',
      grant_type: 'authorization_code',
      redirect_uri: `https://app.example/integrations/social/${id}`,
    });
  });

  it('trades the first token with the secret alone', async () => {
    const world = setUp(definition, fixture);
    world.platform.script(fixture.upgrade!);
    await world.protocol.sendUpgrade(world.app, await tokensOf(world, fixture.exchange));
    const { method, url, query, body, headers } = world.last();
    expect([method, new URL(url).origin + new URL(url).pathname, body]).toEqual(['GET', upgrade, undefined]);
    expect(query).toEqual({
      grant_type: `${prefix}_exchange_token`,
      client_secret: 's3cret',
      access_token: 'SAMPLE_SHORT_AT',
    });
    expect(headers).not.toHaveProperty('authorization');
  });

  it('renews the token by itself, without id and secret', async () => {
    const world = setUp(definition, fixture);
    const verdict = await renew(world, fixture.refresh!, { refreshToken: null });
    const { method, url, query } = world.last();
    expect([method, new URL(url).origin + new URL(url).pathname]).toEqual(['GET', renewal]);
    expect(query).toEqual({ grant_type: `${prefix}_refresh_token`, access_token: 'SAMPLE_AT' });
    expect(verdict).toMatchObject({ tokens: { accessToken: 'SAMPLE_AT2' } });
  });

  it('offers no revocation, and sends none', async () => {
    const { app, protocol, platform } = setUp(definition, fixture);
    expect(await protocol.revoke(app, credentials)).toBe('unsupported');
    expect(platform.sent).toEqual([]);
  });

  it('keeps a connection whose renewal is refused in unknown words', async () => {
    const { app, protocol } = setUp(definition, fixture);
    const body = JSON.stringify({ error: { message: 'Something about 24 hours', code: 2500 } });
    const verdict = await protocol.read(app, 'refresh', { status: 400, headers: {}, body });
    expect(verdict).toMatchObject({ kind: 'not_processed', error: { retryAfter: 3600 } });
  });

  it('takes the id of /me, not the one of the token answer', async () => {
    const { app, getJson } = setUp(definition, fixture);
    const { person } = await identify(getJson, app, tokens);
    expect(person.id).toBe(fixture.accounts[0]!.id);
  });
});

describe('instagram-standalone', () => {
  it('reads a profile that is wrapped in a list', async () => {
    const [url] = Object.keys(standaloneFixture.get);
    const get = { [url!]: { data: [{ user_id: '17841400123456789', username: 'example.bakery' }] } };
    const { app, getJson } = setUp(standalone, { ...standaloneFixture, get });
    expect((await identify(getJson, app, tokens)).person).toMatchObject({
      id: '17841400123456789',
      name: 'example.bakery',
      username: 'example.bakery',
      picture: null,
    });
  });
});

describe('threads', () => {
  it('asks debug_token about the token itself', async () => {
    const { app, getJson, platform } = setUp(threads, threadsFixture);
    const { grantedScopes } = await identify(getJson, app, tokens);
    expect(grantedScopes).toEqual(['threads_basic', 'threads_content_publish']);
    const asked = platform.sent.find(({ url }) => url.includes('debug_token'))!;
    expect(Object.fromEntries(new URL(asked.url).searchParams)).toEqual({
      access_token: 'SAMPLE_AT',
      input_token: 'SAMPLE_AT',
    });
  });

  it('is content when debug_token is for testers only', async () => {
    const world = setUp(threads, threadsFixture);
    const denied = threadsFixture.errors.find(({ phase, is }) => phase === 'api' && is === 'missing-scope')!;
    world.platform.script(denied);
    expect(await identify(world.getJson, world.app, tokens)).toMatchObject({
      grantedScopes: null,
      person: { id: '1234567890123456' },
    });
  });
});
