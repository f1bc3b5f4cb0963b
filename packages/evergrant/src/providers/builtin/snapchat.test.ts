import { describe, expect, it } from 'vitest';
import { identify } from '../../connections/identify.ts';
import { credentials, exchange, setUp, tokens } from './requests.test-support.ts';
import snapchatFixture from './snapchat.fixture.ts';
import snapchat from './snapchat.ts';

const api = 'https://businessapi.snapchat.com/v1';
const ads = 'https://adsapi.snapchat.com/v1';
const both = ['snapchat-profile-api', 'snapchat-marketing-api'];
const none = { status: 404, body: { request_status: 'ERROR', debug_message: 'Resource can not be found' } };

describe('snapchat', () => {
  it('takes the Business login, without PKCE', async () => {
    const world = setUp(snapchat, snapchatFixture);
    const url = await exchange(world, snapchatFixture.exchange);
    expect(url.origin + url.pathname).toBe('https://accounts.snapchat.com/login/oauth2/authorize');
    expect(url.searchParams.has('code_challenge')).toBe(false);
    expect(world.last().url).toBe('https://accounts.snapchat.com/login/oauth2/access_token');
    expect(world.last().form).toEqual({
      client_id: 'client-1',
      client_secret: 's3cret',
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/snapchat',
    });
  });

  it('asks for organizations only where the scope allows it', async () => {
    const { app, getJson, platform } = setUp(snapchat, snapchatFixture);
    const { accounts } = await identify(getJson, app, { ...tokens, scopes: ['snapchat-profile-api'] });
    expect(accounts.map(({ id }) => id)).toEqual([snapchatFixture.accounts[0]!.id]);
    expect(platform.sent.map(({ url }) => url)).toEqual([`${api}/public_profiles/my_profile`]);
  });

  it('leaves out what failed in a list, and names each profile once', async () => {
    const { app, getJson } = setUp(snapchat, snapchatFixture);
    const { accounts } = await identify(getJson, app, { ...tokens, scopes: both });
    expect(accounts.map(({ name }) => name)).toEqual(['Example Bakery', 'Example Museum']);
  });

  it('connects a member who has no public profile with those of the organization', async () => {
    const get = {
      ...snapchatFixture.get,
      [`${ads}/me`]: { request_status: 'SUCCESS', me: { id: 'm-1', display_name: 'Ada' } },
    };
    const { app, getJson, platform } = setUp(snapchat, { ...snapchatFixture, get });
    platform.script(none);
    const { person, accounts } = await identify(getJson, app, { ...tokens, scopes: both });
    expect(person).toMatchObject({ id: 'm-1', name: 'Ada' });
    expect(accounts.map(({ name }) => name)).toEqual(['Example Bakery', 'Example Museum']);
  });

  it.each([
    ['there is none', none],
    ['the answer is good but for its own status', { status: 200, body: { request_status: 'ERROR' } }],
  ])('says so when nobody can be connected: %s', async (_, answer) => {
    const { app, getJson, platform } = setUp(snapchat, snapchatFixture);
    platform.script(answer, { status: 403, body: { request_status: 'ERROR' } });
    await expect(identify(getJson, app, { ...tokens, scopes: ['snapchat-profile-api'] })).rejects.toMatchObject({
      code: 'account_type_unsupported',
      detail: expect.stringContaining('no public profile'),
    });
  });

  it('says so when a member has no profile in any organization', async () => {
    const { app, getJson, platform } = setUp(snapchat, snapchatFixture);
    const member = { status: 200, body: { request_status: 'SUCCESS', me: { id: 'm-1', display_name: 'Ada' } } };
    const organizations = { status: 200, body: { request_status: 'SUCCESS', organizations: [] } };
    platform.script(none, member, organizations);
    await expect(identify(getJson, app, { ...tokens, scopes: both })).rejects.toMatchObject({
      code: 'account_type_unsupported',
      detail: expect.stringContaining('no public profile'),
    });
  });

  it('passes over an organization whose profiles are closed to the member', async () => {
    const get: Record<string, unknown> = { ...snapchatFixture.get };
    for (const url of Object.keys(get)) if (url.includes('/organizations/')) delete get[url];
    const { app, getJson, platform } = setUp(snapchat, snapchatFixture);
    const answers = Object.values(get).map((body) => ({ status: 200, body }));
    platform.script(...answers, { status: 403, body: { request_status: 'ERROR' } });
    const { accounts } = await identify(getJson, app, { ...tokens, scopes: both });
    expect(accounts.map(({ name }) => name)).toEqual(['Example Bakery']);
  });

  it('blames the app when the first call is forbidden', async () => {
    const { app, getJson, platform } = setUp(snapchat, snapchatFixture);
    platform.script({ status: 403, body: { request_status: 'ERROR' } });
    await expect(identify(getJson, app, tokens)).rejects.toMatchObject({ code: 'provider_app_not_allowed' });
  });

  it('revokes by the refresh token', async () => {
    const { app, platform, protocol, last } = setUp(snapchat, snapchatFixture);
    platform.script({ status: 200, body: {} });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent).toHaveLength(1);
    expect(last().form).toEqual({ client_id: 'client-1', client_secret: 's3cret', token: 'SAMPLE_RT' });
  });
});
