import { describe, expect, it } from 'vitest';
import fixture from './dribbble.fixture.ts';
import dribbble from './dribbble.ts';
import { credentials, exchange, setUp } from './requests.test-support.ts';

describe('dribbble', () => {
  it('exchanges with id and secret in the body, without PKCE', async () => {
    const world = setUp(dribbble, fixture);
    const { searchParams } = await exchange(world, fixture.exchange);
    expect(searchParams.get('scope')).toBe('public upload');
    expect(searchParams.has('code_challenge')).toBe(false);
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://dribbble.com/oauth/token' });
    expect(world.last().headers).not.toHaveProperty('authorization');
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/dribbble',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  it('sends nothing to revoke', async () => {
    const { app, platform, protocol } = setUp(dribbble, fixture);
    expect(await protocol.revoke(app, credentials)).toBe('unsupported');
    expect(platform.sent).toEqual([]);
  });
});
