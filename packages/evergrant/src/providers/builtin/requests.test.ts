import { describe, expect, it } from 'vitest';
import { identify } from '../../connections/identify.ts';
import { classify } from '../../protocols/errors.ts';
import type { ProviderFixture } from '../fixture.ts';
import facebookFixture from './facebook.fixture.ts';
import facebook from './facebook.ts';
import linkedinFixture from './linkedin.fixture.ts';
import linkedin from './linkedin.ts';
import mastodonFixture from './mastodon.fixture.ts';
import mastodon from './mastodon.ts';
import { credentials, exchange, setUp } from './requests.test-support.ts';
import xFixture from './x.fixture.ts';
import x from './x.ts';
import youtubeFixture from './youtube.fixture.ts';
import youtube from './youtube.ts';

const tokens = { accessToken: 'SAMPLE_AT', scopes: null, extra: {} };

describe('x', () => {
  it('authenticates with Basic and keeps the secret out of the body', async () => {
    const world = setUp(x, xFixture);
    const url = await exchange(world, xFixture.exchange);
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(world.last().headers).toMatchObject({ authorization: `Basic ${btoa('client-1:s3cret')}` });
    expect(world.last().form).not.toHaveProperty('client_secret');
    expect(world.last().form).toMatchObject({ code: 'CODE', code_verifier: expect.stringMatching(/^[\w-]{43}$/) });
  });

  it('names an app without a secret in the body', async () => {
    const world = setUp(x, xFixture, null);
    await exchange(world, xFixture.exchange);
    expect(world.last().headers).not.toHaveProperty('authorization');
    expect(world.last().form).toMatchObject({ client_id: 'client-1' });
  });

  it('always says which kind of token it revokes', async () => {
    const { app, platform, protocol } = setUp(x, xFixture);
    platform.script({ status: 200, body: {} }, { status: 200, body: {} });
    await protocol.revoke(app, credentials);
    const hints = platform.sent.map(({ body }) => new URLSearchParams(body).get('token_type_hint'));
    expect(hints).toEqual(['refresh_token', 'access_token']);
  });

  it('reads the end of a rate limit from its own header', () => {
    const headers = {
      date: 'Mon, 23 Nov 2026 10:00:00 GMT',
      'x-rate-limit-reset': String(Date.UTC(2026, 10, 23, 10, 5) / 1000),
    };
    expect(classify(x, 'api', { status: 429, headers, body: {} })).toMatchObject({
      class: 'rate-limit',
      retryAfter: 300,
    });
  });
});

describe('mastodon', () => {
  it('reads the end of a rate limit from a date', () => {
    const headers = { date: 'Thu, 01 Jan 2026 00:00:00 GMT', 'x-ratelimit-reset': '2026-01-01T00:05:00.000000Z' };
    expect(classify(mastodon, 'api', { status: 429, headers, body: { error: 'Too many requests' } })).toMatchObject({
      class: 'rate-limit',
      retryAfter: 300,
    });
  });

  it('revokes at the instance with the credentials of its app, without a hint', async () => {
    const { app, platform, protocol, last } = setUp(mastodon, mastodonFixture);
    platform.script({ status: 200, body: {} });
    const at = { ...app, variables: { ...app.variables, instance: 'one.example' } };
    await protocol.revoke(at, { ...credentials, refreshToken: null });
    expect(last()).toMatchObject({
      url: 'https://one.example/oauth/revoke',
      form: { client_id: 'client-1', client_secret: 's3cret', token: 'SAMPLE_AT' },
    });
    expect(last().form).not.toHaveProperty('token_type_hint');
  });
});

describe('linkedin', () => {
  it('sends no PKCE and puts the secret into the body', async () => {
    const world = setUp(linkedin, linkedinFixture);
    const url = await exchange(world, linkedinFixture.exchange);
    expect(url.searchParams.has('code_challenge')).toBe(false);
    expect(world.last().form).toMatchObject({ client_id: 'client-1', client_secret: 's3cret' });
    expect(world.last().form).not.toHaveProperty('code_verifier');
    expect(world.last().headers).not.toHaveProperty('authorization');
  });

  it('revokes the access token only, without a hint', async () => {
    const { app, platform, protocol, last } = setUp(linkedin, linkedinFixture);
    platform.script({ status: 200, body: {} });
    await protocol.revoke(app, credentials);
    expect(platform.sent).toHaveLength(1);
    expect(last().form).toEqual({ client_id: 'client-1', client_secret: 's3cret', token: 'SAMPLE_AT' });
  });

  it('sends the API version of the options', async () => {
    const { app, getJson, last } = setUp(linkedin, linkedinFixture);
    await getJson({ ...app, variables: { apiVersion: '202612' } }, tokens, linkedin.profile.get);
    expect(last().headers).toMatchObject({ 'linkedin-version': '202612', 'x-restli-protocol-version': '2.0.0' });
  });
});

describe('facebook', () => {
  it.each(['upgrade', 'renewal'])('keeps the app secret and the token out of the URL of the %s', async (kind) => {
    const { app, platform, protocol, last } = setUp(facebook, facebookFixture);
    platform.script(facebookFixture.upgrade);
    if (kind === 'renewal') await protocol.sendRenewal(app, credentials, () => {});
    else {
      const verdict = await protocol.read(app, 'exchange', {
        status: 200,
        headers: {},
        body: JSON.stringify(facebookFixture.exchange.body),
      });
      if (verdict.kind === 'tokens') await protocol.sendUpgrade(app, verdict.tokens);
    }
    const token = kind === 'renewal' ? 'SAMPLE_AT' : 'SAMPLE_SHORT_AT';
    expect(last()).toMatchObject({ method: 'POST', url: 'https://graph.facebook.com/v26.0/oauth/access_token' });
    expect(last().form).toEqual({
      grant_type: 'fb_exchange_token',
      fb_exchange_token: token,
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  it('removes the app from the person with the user token', async () => {
    const { app, platform, protocol, last } = setUp(facebook, facebookFixture);
    platform.script({ status: 200, body: { success: true } });
    expect(await protocol.revoke(app, { accessToken: 'SAMPLE_AT', refreshToken: null, extra: {} })).toBe('revoked');
    expect(last()).toMatchObject({
      method: 'DELETE',
      url: 'https://graph.facebook.com/v26.0/me/permissions',
      headers: { authorization: 'Bearer SAMPLE_AT' },
    });
    expect(last().body ?? '').toBe('');
  });

  it('shows a page without the right to create content, with the reason', async () => {
    const { app, getJson } = setUp(facebook, facebookFixture);
    const { accounts } = await identify(getJson, app, tokens);
    expect(accounts.map(({ unavailable }) => unavailable)).toEqual([
      undefined,
      expect.stringContaining('create content'),
    ]);
  });

  it('explains an empty list of pages', async () => {
    const get: ProviderFixture['get'] = { ...facebookFixture.get };
    for (const url of Object.keys(get)) if (url.includes('/me/accounts')) get[url] = { data: [] };
    const { app, getJson } = setUp(facebook, { ...facebookFixture, get });
    await expect(identify(getJson, app, tokens)).rejects.toMatchObject({
      code: 'account_type_unsupported',
      detail: expect.stringMatching(/tick the pages.*business_management/),
    });
  });

  it.each([
    [
      'the longest of several',
      '{"1":[{"estimated_time_to_regain_access":3}],"2":[{"estimated_time_to_regain_access": 19}]}',
      19 * 60,
    ],
    ['nothing while calls are allowed', '{"1":[{"estimated_time_to_regain_access":0}]}', undefined],
    ['nothing from what it cannot read', 'soon', undefined],
  ])('reads minutes until access is regained: %s', (_, usage, seconds) => {
    const body = { error: { code: 80001, message: 'There have been too many calls' } };
    const found = classify(facebook, 'api', { status: 400, headers: { 'x-business-use-case-usage': usage }, body });
    expect(found).toMatchObject({ class: 'rate-limit', error: 'provider_rate_limited' });
    expect(found?.retryAfter).toBe(seconds);
  });

  it.each([
    [458, { reason: 'revoked' }],
    [460, { reason: 'password_changed' }],
    [463, { reason: 'expired' }],
    [492, { affects: 'account', message: expect.stringContaining('role on this page') }],
  ])('tells why a token died: 190/%i', (subcode, rule) => {
    const body = { error: { code: 190, error_subcode: subcode, message: 'Error validating access token' } };
    expect(classify(facebook, 'api', { status: 400, body })?.rule).toMatchObject({ is: 'reconnect', ...rule });
  });
});

describe('youtube', () => {
  const channels = Object.keys(youtubeFixture.get).find((url) => url.includes('/channels'))!;

  it('asks for offline access and for consent, and for nothing that was granted before', async () => {
    const { searchParams } = await exchange(setUp(youtube, youtubeFixture), youtubeFixture.exchange);
    expect(searchParams.get('access_type')).toBe('offline');
    expect(searchParams.get('prompt')).toBe('consent');
    expect(searchParams.has('include_granted_scopes')).toBe(false);
  });

  it('revokes with nothing but the token, and is content when there is none left', async () => {
    const { app, platform, protocol, last } = setUp(youtube, youtubeFixture);
    const gone = { status: 400, body: { error: 'invalid_token', error_description: 'Token expired or revoked' } };
    platform.script({ status: 200, body: {} }, gone);
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent.map(({ body }) => body)).toEqual(['token=SAMPLE_RT', 'token=SAMPLE_AT']);
    expect(last().headers).not.toHaveProperty('authorization');
  });

  it('says so when there is no channel: the list is missing', async () => {
    const get = {
      ...youtubeFixture.get,
      [channels]: { kind: 'youtube#channelListResponse', pageInfo: { totalResults: 0 } },
    };
    const { app, getJson } = setUp(youtube, { ...youtubeFixture, get });
    await expect(identify(getJson, app, tokens)).rejects.toMatchObject({
      code: 'account_type_unsupported',
      detail: expect.stringContaining('no YouTube channel'),
    });
  });

  it('says so when there is no channel: youtubeSignupRequired is no dead token', async () => {
    const { app, platform, getJson } = setUp(youtube, youtubeFixture);
    const signUp = youtubeFixture.errors.find(({ body }) => JSON.stringify(body).includes('youtubeSignupRequired'))!;
    const profile = { status: 200, body: youtubeFixture.get[youtube.profile.get as keyof typeof youtubeFixture.get] };
    platform.script(profile, signUp);
    await expect(identify(getJson, app, tokens)).rejects.toMatchObject({
      code: 'account_type_unsupported',
      detail: expect.stringContaining('no YouTube channel'),
    });
  });
});
