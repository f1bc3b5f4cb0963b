import { describe, expect, it } from 'vitest';
import { identify } from '../../connections/identify.ts';
import { credentials, exchange, renew, setUp, state, tokens, tokensOf } from './requests.test-support.ts';
import tiktokFixture from './tiktok.fixture.ts';
import tiktok from './tiktok.ts';
import businessFixture from './tiktok-business.fixture.ts';
import business from './tiktok-business.ts';

describe('tiktok', () => {
  it('calls the client id client_key everywhere, and sends PKCE', async () => {
    const world = setUp(tiktok, tiktokFixture);
    const url = await exchange(world, tiktokFixture.exchange);
    expect(url.origin + url.pathname).toBe('https://www.tiktok.com/v2/auth/authorize/');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_key: 'client-1',
      scope: 'user.info.basic,video.publish',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(url.searchParams.has('client_id')).toBe(false);
    expect(url.searchParams.has('disable_auto_auth')).toBe(false);
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://open.tiktokapis.com/v2/oauth/token/' });
    expect(world.last().form).toEqual({
      client_key: 'client-1',
      client_secret: 's3cret',
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/tiktok',
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it('shows the consent page again at a reconnect', async () => {
    const { app, protocol } = setUp(tiktok, tiktokFixture);
    const input = { state, scopes: app.scopes, redirectUri: app.redirectUri, reconnect: true, instance: null };
    const { url } = await protocol.authorize(app, input);
    expect(new URL(url).searchParams.get('disable_auto_auth')).toBe('1');
  });

  it('decodes a code with stars and exclamation marks once', async () => {
    const world = setUp(tiktok, tiktokFixture);
    await exchange(world, tiktokFixture.exchange, { code: 'abc*1!5%2F' });
    expect(world.last().form['code']).toBe('abc*1!5%2F');
  });

  it('renews with the key and the secret and nothing else', async () => {
    const world = setUp(tiktok, tiktokFixture);
    const verdict = await renew(world, tiktokFixture.refresh);
    expect(world.last().form).toEqual({
      client_key: 'client-1',
      client_secret: 's3cret',
      grant_type: 'refresh_token',
      refresh_token: 'SAMPLE_RT',
    });
    expect(verdict).toMatchObject({ tokens: { refreshToken: 'SAMPLE_RT2', refreshExpiresIn: 15552000 } });
  });

  it.each([
    [['user.info.basic', 'user.info.profile'], 'open_id,union_id,avatar_url,display_name,username'],
    [['user.info.basic'], 'open_id,union_id,avatar_url,display_name'],
    [null, 'open_id,union_id,avatar_url,display_name'],
  ])('asks with %j for no field outside the scopes', async (scopes, fields) => {
    const { app, getJson, last } = setUp(tiktok, tiktokFixture);
    await identify(getJson, app, { ...tokens, scopes });
    expect(last().query).toEqual({ fields });
    expect(last().headers).toMatchObject({ authorization: 'Bearer SAMPLE_AT' });
  });

  it('revokes by the access token alone', async () => {
    const { app, platform, protocol, last } = setUp(tiktok, tiktokFixture);
    platform.script({ status: 200, body: {} });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent).toHaveLength(1);
    expect(last().url).toBe('https://open.tiktokapis.com/v2/oauth/revoke/');
    expect(last().form).toEqual({ client_key: 'client-1', client_secret: 's3cret', token: 'SAMPLE_AT' });
  });

  it('does not take a revocation for done that failed under 200', async () => {
    const { app, platform, protocol } = setUp(tiktok, tiktokFixture);
    platform.script({ status: 200, body: { error: 'invalid_client', error_description: 'Client key is incorrect.' } });
    await expect(protocol.revoke(app, credentials)).rejects.toMatchObject({ code: 'provider_app_credentials_invalid' });
  });
});

describe('tiktok-business', () => {
  const api = 'https://business-api.tiktok.com/open_api/v1.3';

  it('calls the client id client_key at the consent and client_id in JSON, where the code is auth_code', async () => {
    const world = setUp(business, businessFixture);
    const url = await exchange(world, businessFixture.exchange);
    expect(url.origin + url.pathname).toBe('https://www.tiktok.com/v2/auth/authorize');
    expect(url.searchParams.get('client_key')).toBe('client-1');
    expect(url.searchParams.has('client_id')).toBe(false);
    expect(url.searchParams.has('code_challenge')).toBe(false);
    const { method, url: target, headers, json } = world.last();
    expect([method, target]).toEqual(['POST', `${api}/tt_user/oauth2/token/`]);
    expect(headers).toMatchObject({ 'content-type': 'application/json' });
    expect(json).toEqual({
      client_id: 'client-1',
      client_secret: 's3cret',
      grant_type: 'authorization_code',
      auth_code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/tiktok-business',
    });
  });

  it('renews at an address of its own', async () => {
    const world = setUp(business, businessFixture);
    await renew(world, businessFixture.refresh);
    expect(world.last().url).toBe(`${api}/tt_user/oauth2/refresh_token/`);
    expect(world.last().json).toEqual({
      client_id: 'client-1',
      client_secret: 's3cret',
      grant_type: 'refresh_token',
      refresh_token: 'SAMPLE_RT',
    });
  });

  it('knows the account from the token answer, and signs in a header of its own', async () => {
    const world = setUp(business, businessFixture);
    const found = await tokensOf(world, businessFixture.exchange);
    const { person } = await identify(world.getJson, world.app, found);
    expect(person.id).toBe(businessFixture.accounts[0]!.id);
    const { headers, query, url } = world.last();
    expect(new URL(url).pathname).toBe('/open_api/v1.3/business/get/');
    expect(query).toEqual({ business_id: person.id, fields: '["username","display_name","profile_image"]' });
    expect(headers).toMatchObject({ 'access-token': 'SAMPLE_AT' });
    expect(headers).not.toHaveProperty('authorization');
  });

  it('revokes in JSON', async () => {
    const { app, platform, protocol, last } = setUp(business, businessFixture);
    platform.script({ status: 200, body: { code: 0, message: 'OK', data: {} } });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent).toHaveLength(1);
    expect(last().url).toBe(`${api}/tt_user/oauth2/revoke/`);
    expect(last().json).toEqual({ client_id: 'client-1', client_secret: 's3cret', access_token: 'SAMPLE_AT' });
  });
});
