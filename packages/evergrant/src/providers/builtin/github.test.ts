import { describe, expect, it } from 'vitest';
import { checkScopes } from '../../grants/scopes.ts';
import { classify } from '../../protocols/errors.ts';
import fixture from './github.fixture.ts';
import github from './github.ts';
import { basic, credentials, exchange, identityOf, renew, setUp } from './requests.test-support.ts';

describe('github', () => {
  it('asks for JSON, with PKCE and the secret in the body', async () => {
    const world = setUp(github, fixture);
    const { searchParams } = await exchange(world, fixture.exchange);
    expect(searchParams.get('scope')).toBe('read:user gist');
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://github.com/login/oauth/access_token' });
    expect(world.last().headers).toMatchObject({ accept: 'application/json' });
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: 'https://app.example/integrations/social/github',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  it('renews the token of a GitHub App', async () => {
    const world = setUp(github, fixture);
    expect(await renew(world, fixture.refresh)).toMatchObject({
      tokens: { refreshToken: 'SAMPLE_RT2', expiresIn: 28_800, refreshExpiresIn: 15_811_200, scopes: null },
    });
    expect(world.last().form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'SAMPLE_RT',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  it('revokes one token by DELETE with Basic and JSON, and is content when it is gone', async () => {
    const { app, platform, protocol } = setUp(github, fixture);
    platform.script({ status: 204, body: '' });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent).toMatchObject([
      {
        method: 'DELETE',
        url: 'https://api.github.com/applications/client-1/token',
        headers: { authorization: basic, accept: 'application/json', 'content-type': 'application/json' },
        body: '{"access_token":"SAMPLE_AT"}',
      },
    ]);
    platform.script({ status: 404, body: { message: 'Not Found' } });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    platform.script({ status: 422, body: { message: 'Validation Failed' } });
    await expect(protocol.revoke(app, credentials)).rejects.toMatchObject({ code: 'provider_bad_response' });
  });

  it('sends the version of the options', async () => {
    const { app, getJson, last } = setUp(github, fixture);
    await getJson(app, { accessToken: 'AT', extra: {} }, github.profile.get);
    expect(last().headers).toMatchObject({
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    });
  });

  it('names people who gave no name by their login', async () => {
    const [url, person] = Object.entries(fixture.get)[0]!;
    const nameless = { ...fixture, get: { [url]: { ...person, name: null } } };
    const { accounts } = await identityOf(setUp(github, nameless), fixture.exchange);
    expect(accounts).toMatchObject([{ id: '1', name: 'example', username: 'example' }]);
  });

  it('counts scopes that a wider one includes as granted', () => {
    expect(checkScopes(github, ['read:user', 'public_repo', 'gist'], ['user', 'repo'])).toEqual(['gist']);
  });

  it('waits a minute where the second limit names no time, and until the reset of the first', () => {
    const second = { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } };
    expect(classify(github, 'api', second)).toMatchObject({ class: 'rate-limit', retryAfter: 60 });
    const headers = {
      date: 'Mon, 23 Nov 2026 10:00:00 GMT',
      'x-ratelimit-reset': String(Date.UTC(2026, 10, 23, 10, 30) / 1000),
    };
    const first = { status: 429, headers, body: { message: 'API rate limit exceeded for user ID 1.' } };
    expect(classify(github, 'api', first)).toMatchObject({ class: 'rate-limit', retryAfter: 1800 });
  });
});
