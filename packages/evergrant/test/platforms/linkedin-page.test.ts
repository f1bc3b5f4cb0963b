import { describe, expect, it } from 'vitest';
import { clientSecret, startPlatform } from './support.ts';

const api = 'https://api.linkedin.com';
const acls = `${api}/rest/organizationAcls`;

describe('LinkedIn pages', () => {
  it('are asked for and fetched with a secret in the body and no PKCE', async () => {
    await using platform = await startPlatform('linkedin-page');
    const { url, parameters } = await platform.connect();
    expect(url.href).toMatch(/^https:\/\/www\.linkedin\.com\/oauth\/v2\/authorization\?/);
    expect(parameters).toEqual({
      response_type: 'code',
      client_id: 'client-1',
      redirect_uri: `${platform.harness.publicUrl}/integrations/social/linkedin-page`,
      state: expect.any(String),
      scope: 'openid profile w_organization_social r_organization_social rw_organization_admin',
    });
    const [exchange] = platform.requestsTo('https://www.linkedin.com/oauth/v2/accessToken');
    expect(exchange).toMatchObject({
      method: 'POST',
      headers: { 'content-type': expect.stringMatching(/^application\/x-www-form-urlencoded/) },
    });
    expect(exchange?.headers).not.toHaveProperty('authorization');
    expect(exchange?.form).toEqual({
      grant_type: 'authorization_code',
      code: '4/0Code+/=',
      redirect_uri: parameters['redirect_uri'],
      client_id: 'client-1',
      client_secret: clientSecret,
    });
  });

  it('are offered with pictures, page by page, and with the reason why one cannot be chosen', async () => {
    await using platform = await startPlatform('linkedin-page');
    const { flow, page } = await platform.connect();
    expect(flow).toMatchObject({ status: 'choosing', connections: [] });
    expect(flow.accounts).toEqual([
      {
        id: '10002687',
        type: 'organization',
        name: 'Example Org',
        username: 'example-org',
        picture: 'https://media.licdn.com/dms/image/10002687.png',
        url: null,
        unavailable: null,
      },
      expect.objectContaining({ id: '10002688', unavailable: null }),
      expect.objectContaining({ id: '10002689', unavailable: expect.stringContaining('does not allow posting') }),
    ]);
    expect(page.body).toContain('https://media.licdn.com/dms/image/10002687.png');
    const queries = platform.requestsTo(acls).map(({ url }) => Object.fromEntries(url.searchParams));
    const asked = { q: 'roleAssignee', role: 'ADMINISTRATOR', state: 'APPROVED', count: '100' };
    expect(queries).toEqual([
      { ...asked, start: '0' },
      { ...asked, start: '2' },
    ]);
    for (const { headers } of platform.requestsTo(`${api}/rest/`)) {
      expect(headers).toMatchObject({
        authorization: 'Bearer SAMPLE_AT',
        'linkedin-version': '202607',
        'x-restli-protocol-version': '2.0.0',
      });
    }
  });

  it('share the token of the member, and outlive each other', async () => {
    await using platform = await startPlatform('linkedin-page');
    const { harness } = platform;
    const { connections } = await platform.choose((await platform.connect()).flow, '10002687', '10002688');
    expect(connections.map(({ status }) => status)).toEqual(['active', 'active']);
    const [one, two] = connections;
    expect((await harness.token(one!.id)).data.access_token).toBe('SAMPLE_AT');
    await harness.api('DELETE', `/v1/connections/${one!.id}`);
    expect((await harness.token(two!.id)).data.access_token).toBe('SAMPLE_AT');
    expect(platform.requestsTo('https://www.linkedin.com/oauth/v2/revoke')).toHaveLength(0);
    await harness.api('DELETE', `/v1/connections/${two!.id}`);
    expect(platform.requestsTo('https://www.linkedin.com/oauth/v2/revoke').map(({ form }) => form)).toEqual([
      { client_id: 'client-1', client_secret: clientSecret, token: 'SAMPLE_AT' },
    ]);
  });

  it('that do not exist are explained', async () => {
    await using platform = await startPlatform('linkedin-page');
    platform.answer('GET', acls, {
      status: 200,
      body: { elements: [], paging: { start: 0, count: 100, total: 0 } },
    });
    const { flow, page } = await platform.connect();
    expect(flow).toMatchObject({
      status: 'failed',
      error: { code: 'account_type_unsupported', detail: expect.stringContaining('no page that you administer') },
    });
    expect(page.body).toContain('no page that you administer');
  });

  it('are connected without a choice where there is one, also if its facts and logo are missing', async () => {
    await using platform = await startPlatform('linkedin-page');
    const role = { role: 'ADMINISTRATOR', state: 'APPROVED', organization: 'urn:li:organization:77' };
    platform.answer('GET', acls, { status: 200, body: { elements: [role] } });
    const { flow } = await platform.connect();
    expect(flow).toMatchObject({
      status: 'connected',
      connections: [{ account: { id: '77', name: null, username: null, picture: null } }],
    });
    platform.answer('GET', `${api}/rest/organizations/77`, {
      status: 200,
      body: { id: 77, localizedName: 'Logo of another kind', logoV2: { original: 'urn:li:digitalmediaAsset:77' } },
    });
    expect((await platform.connect()).flow.connections[0]?.account).toMatchObject({
      name: 'Logo of another kind',
      picture: null,
    });
  });

  it('are refused for want of the product in the words of the platform', async () => {
    await using platform = await startPlatform('linkedin-page');
    const message = 'Not enough permissions to access: organizationAcls.FINDER-roleAssignee.NO_VERSION';
    platform.answer('GET', acls, {
      status: 403,
      body: { status: 403, serviceErrorCode: 100, code: 'ACCESS_DENIED', message },
    });
    expect((await platform.connect()).flow).toMatchObject({
      status: 'failed',
      error: { code: 'scope_insufficient', upstream: { description: message } },
    });
  });

  it('know the member by the older profile where the app has no OpenID Connect', async () => {
    const scopes = ['r_basicprofile', 'w_organization_social', 'rw_organization_admin'];
    await using platform = await startPlatform('linkedin-page', { scopes });
    platform.answer('POST', 'https://www.linkedin.com/oauth/v2/accessToken', {
      status: 200,
      body: { access_token: 'SAMPLE_AT', expires_in: 5184000, scope: scopes.join(',') },
    });
    const me = { id: '782bbtaQ', localizedFirstName: 'Example', localizedLastName: 'Person', vanityName: 'example' };
    platform.answer('GET', `${api}/v2/me`, { status: 200, body: me });
    platform.answer('GET', `${api}/v2/userinfo`, {
      status: 403,
      body: { status: 403, serviceErrorCode: 100, code: 'ACCESS_DENIED', message: 'Not enough permissions' },
    });
    expect((await platform.connect()).flow).toMatchObject({ status: 'choosing' });
    expect(platform.requestsTo(`${api}/v2/me`)).toHaveLength(1);
  });

  it('are renewed with the member’s refresh token, whose end does not move', async () => {
    await using platform = await startPlatform('linkedin-page');
    const { harness } = platform;
    const [connection] = (await platform.choose((await platform.connect()).flow, '10002687')).connections;
    harness.clock.advance(59 * 86_400_000);
    const { data } = await harness.api<typeof connection>('POST', `/v1/connections/${connection!.id}/refresh`);
    expect(platform.requests.at(-1)?.form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'SAMPLE_RT',
      client_id: 'client-1',
      client_secret: clientSecret,
    });
    const end = Date.parse(connection!.token.refresh_expires_at ?? '');
    expect(Math.abs(Date.parse(data?.token.refresh_expires_at ?? '') - end)).toBeLessThan(86_400_000);
  });
});
