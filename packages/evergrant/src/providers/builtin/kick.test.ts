import { describe, expect, it } from 'vitest';
import fixture from './kick.fixture.ts';
import kick from './kick.ts';
import { credentials, exchange, renew, setUp } from './requests.test-support.ts';

describe('kick', () => {
  it('sends PKCE, and id and secret in the body', async () => {
    const world = setUp(kick, fixture);
    const { searchParams } = await exchange(world, fixture.exchange);
    expect(searchParams.get('code_challenge_method')).toBe('S256');
    expect(searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/);
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://id.kick.com/oauth/token' });
    expect(world.last().headers).not.toHaveProperty('authorization');
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: 'https://app.example/integrations/social/kick',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  it('renews with id and secret in the body, and learns when the new refresh token ends', async () => {
    const world = setUp(kick, fixture);
    const verdict = await renew(world, fixture.refresh);
    expect(world.last().form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'SAMPLE_RT',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
    expect(verdict).toMatchObject({ tokens: { refreshToken: 'SAMPLE_RT2', refreshExpiresIn: 2_592_000 } });
  });

  it('revokes by query, with its own name of the hint, and names no client', async () => {
    const { app, platform, protocol } = setUp(kick, fixture);
    platform.script({ status: 200, body: 'OK' }, { status: 200, body: 'OK' });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent.map(({ method, url, body }) => ({ method, url, body }))).toEqual([
      { method: 'POST', url: 'https://id.kick.com/oauth/revoke?token=SAMPLE_RT&token_hint_type=refresh_token' },
      { method: 'POST', url: 'https://id.kick.com/oauth/revoke?token=SAMPLE_AT&token_hint_type=access_token' },
    ]);
    expect(platform.sent[0]?.headers).toEqual({ 'content-type': 'application/x-www-form-urlencoded' });
  });
});
