import { describe, expect, it } from 'vitest';
import { identify } from '../../connections/identify.ts';
import { classify } from '../../protocols/errors.ts';
import pinterestFixture from './pinterest.fixture.ts';
import pinterest from './pinterest.ts';
import { basic as basicHeader, credentials, exchange, renew, setUp, tokens } from './requests.test-support.ts';

const basic = { authorization: basicHeader };

describe('pinterest', () => {
  it('authenticates with Basic as it stands, asks with commas and for renewing refresh tokens', async () => {
    const world = setUp(pinterest, pinterestFixture);
    const url = await exchange(world, pinterestFixture.exchange);
    expect(url.searchParams.get('scope')).toBe('boards:read,boards:write,pins:read,pins:write,user_accounts:read');
    expect(url.searchParams.has('code_challenge')).toBe(false);
    expect(world.last()).toMatchObject({ url: 'https://api.pinterest.com/v5/oauth/token', headers: basic });
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/pinterest',
      continuous_refresh: 'true',
    });
  });

  it('takes the new refresh token of a renewal', async () => {
    const world = setUp(pinterest, pinterestFixture);
    const verdict = await renew(world, pinterestFixture.refresh);
    expect(world.last()).toMatchObject({ headers: basic });
    expect(world.last().form).toEqual({ grant_type: 'refresh_token', refresh_token: 'SAMPLE_RT' });
    expect(verdict).toMatchObject({ tokens: { refreshToken: 'SAMPLE_RT2' } });
  });

  it('knows a personal account of an older API by its user name', async () => {
    const get = { [pinterest.profile.get]: { username: 'ada_example', profile_image: 'https://i.pinimg.com/a.jpg' } };
    const { app, getJson } = setUp(pinterest, { ...pinterestFixture, get });
    expect((await identify(getJson, app, tokens)).person).toMatchObject({ id: 'ada_example', name: 'ada_example' });
  });

  it('tries to revoke, and leaves it at a refusal', async () => {
    const { app, platform, protocol, last } = setUp(pinterest, pinterestFixture);
    const refused = { status: 403, body: { code: 29, message: 'You are not permitted to access that resource.' } };
    platform.script(refused, refused);
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(last()).toMatchObject({ url: 'https://api.pinterest.com/v5/oauth/token/revoke', headers: basic });
    expect(last().form).toEqual({ token: 'SAMPLE_AT' });
  });

  it.each([
    ['42', 42],
    ['1795449600', undefined],
    ['soon', undefined],
  ])('waits for x-ratelimit-reset %s where it may be seconds', (reset, seconds) => {
    const answer = { status: 429, headers: { 'x-ratelimit-reset': reset }, body: { code: 8, message: 'm' } };
    expect(classify(pinterest, 'api', answer)?.retryAfter).toBe(seconds);
  });
});
