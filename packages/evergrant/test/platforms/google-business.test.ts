import { describe, expect, it } from 'vitest';
import googleBusiness from '../../src/providers/builtin/google-business.fixture.ts';
import { clientSecret, startPlatform } from './support.ts';

const accounts = 'https://mybusinessaccountmanagement.googleapis.com/v1/accounts';
const information = 'https://mybusinessbusinessinformation.googleapis.com/v1/';
const personal = 'accounts/112233445566778899001';
const group = 'accounts/112233445566778899002';
const bakery = `${personal}/locations/9988776655443322110`;

describe('Google Business locations', () => {
  it('are asked for with offline access and consent, and fetched with a secret in the body and a verifier', async () => {
    await using platform = await startPlatform('google-business');
    const { url, parameters } = await platform.connect();
    expect(url.href).toMatch(/^https:\/\/accounts\.google\.com\/o\/oauth2\/v2\/auth\?/);
    expect(parameters).toMatchObject({
      access_type: 'offline',
      prompt: 'consent',
      scope: 'openid profile https://www.googleapis.com/auth/business.manage',
      code_challenge_method: 'S256',
    });
    expect(parameters).not.toHaveProperty('include_granted_scopes');
    const [exchange] = platform.requestsTo('https://oauth2.googleapis.com/token');
    expect(exchange?.headers).not.toHaveProperty('authorization');
    expect(exchange?.form).toEqual({
      grant_type: 'authorization_code',
      code: '4/0Code+/=',
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: parameters['redirect_uri'],
      client_id: 'client-1',
      client_secret: clientSecret,
    });
  });

  it('are gathered from all pages of all accounts, each once asked for', async () => {
    await using platform = await startPlatform('google-business');
    const { flow, page } = await platform.connect();
    expect(flow.accounts.map(({ id }) => id)).toEqual(googleBusiness.accounts.map(({ id }) => id));
    expect(flow.accounts[0]).toEqual({
      id: bakery,
      type: 'location',
      name: 'Example Bakery',
      username: null,
      picture: null,
      url: 'https://maps.google.com/maps?cid=1001',
      unavailable: null,
    });
    expect(page.body).toContain('Example Garage');
    expect(platform.requestsTo(accounts).map(({ url }) => Object.fromEntries(url.searchParams))).toEqual([
      { pageSize: '20' },
      { pageSize: '20', pageToken: 'abc/2' },
    ]);
    const asked = platform.requestsTo(`${information}${personal}/locations`);
    expect(asked.map(({ url }) => Object.fromEntries(url.searchParams))).toEqual([
      { readMask: 'name,title,storefrontAddress,metadata', pageSize: '100' },
      { readMask: 'name,title,storefrontAddress,metadata', pageSize: '100', pageToken: 'def' },
    ]);
    const { connections } = await platform.choose(flow, bakery);
    expect(connections).toMatchObject([
      { status: 'active', account: { id: bakery, type: 'location', name: 'Example Bakery' } },
    ]);
  });

  it('of an account in which the person has no role any more hide no others', async () => {
    await using platform = await startPlatform('google-business');
    platform.answer('GET', `${information}${personal}/`, {
      status: 403,
      body: { error: { code: 403, message: 'The caller does not have permission', status: 'PERMISSION_DENIED' } },
    });
    expect((await platform.connect()).flow).toMatchObject({
      status: 'connected',
      connections: [{ account: { id: `${group}/locations/9988776655443322112` } }],
    });
  });

  it('that do not exist are explained, whether accounts or locations are missing', async () => {
    await using platform = await startPlatform('google-business');
    const failed = {
      status: 'failed',
      error: { code: 'account_type_unsupported', detail: expect.stringContaining('no business profile') },
    };
    platform.answer('GET', information, { status: 200, body: {} });
    expect((await platform.connect()).flow).toMatchObject(failed);
    platform.answer('GET', accounts, { status: 200, body: {} });
    expect((await platform.connect()).flow).toMatchObject(failed);
  });

  it('of a project that was never approved are the operator’s to mend', async () => {
    await using platform = await startPlatform('google-business');
    const unapproved = googleBusiness.errors.find(({ body }) =>
      JSON.stringify(body).includes('"quota_limit_value":"0"'),
    );
    platform.answer('GET', accounts, unapproved!);
    expect((await platform.connect()).flow).toMatchObject({
      status: 'failed',
      error: {
        code: 'provider_app_not_allowed',
        actor: 'operator',
        detail: expect.stringContaining('has not approved this project'),
      },
    });
  });

  it('are limited without their one scope, which people may untick', async () => {
    await using platform = await startPlatform('google-business');
    platform.answer('POST', 'https://oauth2.googleapis.com/token', {
      status: 200,
      body: {
        access_token: 'SAMPLE_AT',
        expires_in: 3599,
        refresh_token: '1//SAMPLE_RT',
        scope: 'https://www.googleapis.com/auth/business.manage openid',
        token_type: 'Bearer',
      },
    });
    const { connections } = await platform.choose((await platform.connect()).flow, bakery);
    expect(connections).toMatchObject([{ status: 'limited', scopes: { missing: ['profile'] } }]);
  });

  it('are not connected without a refresh token: access would end within the hour', async () => {
    await using platform = await startPlatform('google-business');
    platform.answer('POST', 'https://oauth2.googleapis.com/token', {
      status: 200,
      body: { access_token: 'SAMPLE_AT', expires_in: 3599, scope: 'openid', token_type: 'Bearer' },
    });
    expect((await platform.connect()).flow).toMatchObject({
      status: 'failed',
      error: { code: 'provider_bad_response', detail: expect.stringContaining('no refresh token') },
    });
    expect(platform.requestsTo(accounts)).toHaveLength(0);
  });

  it('are revoked with the token alone, and only with the last of the person', async () => {
    await using platform = await startPlatform('google-business');
    const { connections } = await platform.choose(
      (await platform.connect()).flow,
      bakery,
      `${group}/locations/9988776655443322112`,
    );
    const revocations = () => platform.requestsTo('https://oauth2.googleapis.com/revoke').map(({ body }) => body);
    await platform.harness.api('DELETE', `/v1/connections/${connections[0]!.id}`);
    expect(revocations()).toEqual([]);
    await platform.harness.api('DELETE', `/v1/connections/${connections[1]!.id}`);
    expect(revocations()).toEqual(['token=1%2F%2FSAMPLE_RT', 'token=SAMPLE_AT']);
  });

  it('that are lost to the person end alone when a call finds it out', async () => {
    await using platform = await startPlatform('google-business');
    const other = `${group}/locations/9988776655443322112`;
    const { connections } = await platform.choose((await platform.connect()).flow, bakery, other);
    const [lost, kept] = connections;
    platform.answer('GET', `${information}locations/`, {
      status: 403,
      body: { error: { code: 403, message: 'The caller does not have permission', status: 'PERMISSION_DENIED' } },
    });
    await platform.harness.api('GET', `/v1/connections/${lost!.id}/api/locations/1`);
    expect((await platform.harness.connection(lost!.id)).data).toMatchObject({ status: 'reauth_required' });
    expect((await platform.harness.connection(kept!.id)).data).toMatchObject({ status: 'active' });
  });
});
