import { describe, expect, it } from 'vitest';
import fixture from './medium.fixture.ts';
import medium from './medium.ts';
import { credentials, exchange, renew, setUp } from './requests.test-support.ts';

const headers = { accept: 'application/json', 'accept-charset': 'utf-8' };

describe('medium', () => {
  it('sends the fields that Medium knows and no other', async () => {
    const world = setUp(medium, fixture);
    const { searchParams } = await exchange(world, fixture.exchange);
    expect(searchParams.get('scope')).toBe('basicProfile,publishPost');
    expect(searchParams.has('code_challenge')).toBe(false);
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://api.medium.com/v1/tokens', headers });
    expect(world.last().headers).not.toHaveProperty('authorization');
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/medium',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  it('renews without a scope, which Medium would refuse', async () => {
    const world = setUp(medium, fixture);
    const verdict = await renew(world, fixture.refresh, { scopes: ['basicProfile'] });
    expect(verdict).toMatchObject({ kind: 'tokens', tokens: { accessToken: 'SAMPLE_AT2' } });
    expect(world.last().form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'SAMPLE_RT',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  it('asks the API for JSON in UTF-8', async () => {
    const { app, getJson, last } = setUp(medium, fixture);
    await getJson(app, { accessToken: 'AT', extra: {} }, medium.profile.get);
    expect(last()).toMatchObject({ headers: { ...headers, authorization: 'Bearer AT' } });
  });

  it('sends nothing to revoke', async () => {
    const { app, platform, protocol } = setUp(medium, fixture);
    expect(await protocol.revoke(app, credentials)).toBe('unsupported');
    expect(platform.sent).toEqual([]);
  });
});
