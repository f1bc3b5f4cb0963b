import { describe, expect, it } from 'vitest';
import { classify } from '../../protocols/errors.ts';
import { credentials, exchange, renew, setUp, tokens } from './requests.test-support.ts';
import fixture from './twitch.fixture.ts';
import twitch from './twitch.ts';

describe('twitch', () => {
  it('exchanges with id and secret in the body, without PKCE', async () => {
    const world = setUp(twitch, fixture);
    const { searchParams } = await exchange(world, fixture.exchange);
    expect(searchParams.get('scope')).toBe('user:read:chat user:write:chat');
    expect(searchParams.has('code_challenge')).toBe(false);
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://id.twitch.tv/oauth2/token' });
    expect(world.last().headers).not.toHaveProperty('authorization');
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/twitch',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  it('encodes the refresh token, and assumes four hours when the answer names none', async () => {
    const world = setUp(twitch, fixture);
    const { expires_in: _none, ...body } = fixture.refresh.body;
    const verdict = await renew(world, { status: 200, body }, { refreshToken: 'a+b/c%d' });
    expect(world.last().body).toContain('refresh_token=a%2Bb%2Fc%25d');
    expect(verdict).toMatchObject({ tokens: { expiresIn: 14400, scopes: ['user:read:chat', 'user:write:chat'] } });
  });

  it('is asked whether a token lives with the scheme of its own, and says so plainly', async () => {
    const { app, getJson, last, platform } = setUp(twitch, fixture);
    const { get, authentication, everySeconds } = twitch.validation!;
    const api = { ...twitch.api, authentication };
    const asking = { ...app, definition: { ...twitch, api } };
    expect(await getJson(asking, tokens, get)).toMatchObject({ user_id: '141981764' });
    expect(last()).toMatchObject({ method: 'GET', url: 'https://id.twitch.tv/oauth2/validate' });
    expect(last().headers).toMatchObject({ authorization: 'OAuth SAMPLE_AT' });
    expect(everySeconds).toBe(3600);
    platform.script({ status: 401, body: { status: 401, message: 'invalid access token' } });
    await expect(getJson(asking, tokens, get)).rejects.toMatchObject({ extensions: { class: 'refresh-token' } });
  });

  it('revokes the access token with the client id and without the secret', async () => {
    const { app, platform, protocol, last } = setUp(twitch, fixture);
    platform.script({ status: 200, body: '' });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent).toHaveLength(1);
    expect(last()).toMatchObject({ method: 'POST', url: 'https://id.twitch.tv/oauth2/revoke' });
    expect(last().form).toEqual({ client_id: 'client-1', token: 'SAMPLE_AT' });
    expect(last().headers).not.toHaveProperty('authorization');
  });

  it('is content when the token is dead already, but not when it is asked about another app', async () => {
    const { app, platform, protocol } = setUp(twitch, fixture);
    platform.script({ status: 400, body: { status: 400, message: 'Invalid token' } });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    platform.script({ status: 404, body: { status: 404, message: 'client does not exist' } });
    await expect(protocol.revoke(app, credentials)).rejects.toMatchObject({
      code: 'provider_app_credentials_invalid',
    });
  });

  it('names the app in every call of the API', async () => {
    const { app, getJson, last } = setUp(twitch, fixture);
    await getJson(app, { accessToken: 'AT', extra: {} }, twitch.profile.get);
    expect(last().headers).toMatchObject({ 'client-id': 'client-1', authorization: 'Bearer AT' });
  });

  it('reads the end of a limit from its own header', () => {
    const headers = {
      date: 'Mon, 23 Nov 2026 10:00:00 GMT',
      'ratelimit-reset': String(Date.UTC(2026, 10, 23, 10, 1) / 1000),
    };
    const answer = { status: 429, headers, body: { status: 429, message: 'Too Many Requests' } };
    expect(classify(twitch, 'api', answer)).toMatchObject({ class: 'rate-limit', retryAfter: 60 });
  });
});
