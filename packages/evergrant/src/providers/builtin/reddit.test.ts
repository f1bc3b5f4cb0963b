import { describe, expect, it } from 'vitest';
import { classify } from '../../protocols/errors.ts';
import fixture from './reddit.fixture.ts';
import reddit from './reddit.ts';
import { basic, credentials, exchange, renew, setUp } from './requests.test-support.ts';

describe('reddit', () => {
  it('asks for lasting access, and exchanges with Basic and a name of its own', async () => {
    const world = setUp(reddit, fixture);
    const { searchParams } = await exchange(world, fixture.exchange);
    expect(searchParams.get('duration')).toBe('permanent');
    expect(searchParams.get('scope')).toBe('identity submit read flair');
    expect(searchParams.has('code_challenge')).toBe(false);
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://www.reddit.com/api/v1/access_token' });
    expect(world.last().headers).toMatchObject({ authorization: basic, 'user-agent': 'web:evergrant:v0.1' });
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/reddit',
    });
  });

  it('renews with the refresh token alone, and keeps the old one when none comes', async () => {
    const world = setUp(reddit, fixture);
    const { refresh_token: _none, ...body } = fixture.refresh.body;
    const verdict = await renew(world, { ...fixture.refresh, body });
    expect(world.last().form).toEqual({ grant_type: 'refresh_token', refresh_token: 'SAMPLE_RT' });
    expect(world.last().headers).toMatchObject({ authorization: basic, 'user-agent': 'web:evergrant:v0.1' });
    expect(verdict).toMatchObject({ kind: 'tokens', tokens: { accessToken: 'SAMPLE_AT2', refreshToken: null } });
  });

  it('revokes both tokens, each with its kind', async () => {
    const { app, platform, protocol } = setUp(reddit, fixture);
    platform.script({ status: 204, body: '' }, { status: 204, body: '' });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent.map(({ body }) => body)).toEqual([
      'token=SAMPLE_RT&token_type_hint=refresh_token',
      'token=SAMPLE_AT&token_type_hint=access_token',
    ]);
    expect(platform.sent[0]?.headers).toMatchObject({ authorization: basic, 'user-agent': 'web:evergrant:v0.1' });
  });

  it('calls the API at its own host under the operator’s name', async () => {
    const { app, getJson, last } = setUp(reddit, fixture);
    const userAgent = 'web:app.example:v1.0 (by /u/owner)';
    await getJson({ ...app, variables: { userAgent } }, { accessToken: 'AT', extra: {} }, reddit.profile.get);
    expect(last()).toMatchObject({
      url: 'https://oauth.reddit.com/api/v1/me',
      headers: { authorization: 'Bearer AT', 'user-agent': userAgent },
    });
  });

  it('counts the end of a limit in seconds from now', () => {
    const answer = { status: 429, headers: { 'x-ratelimit-reset': '212.0' }, body: { error: 429 } };
    expect(classify(reddit, 'api', answer)).toMatchObject({ class: 'rate-limit', retryAfter: 212 });
  });

  it('takes an ordinary answer of the API for no error', () => {
    expect(classify(reddit, 'api', { status: 200, body: { json: { errors: [] } } })).toBeNull();
    const badLink = { json: { errors: [['NO_URL', 'a url is required', 'url']] } };
    expect(classify(reddit, 'api', { status: 200, body: badLink })).toBeNull();
  });
});
