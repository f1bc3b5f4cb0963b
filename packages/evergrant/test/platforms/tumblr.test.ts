import { describe, expect, it } from 'vitest';
import type { ConnectionBody } from '../security/support.ts';
import { clientSecret, startPlatform } from './support.ts';

const main = 't:0aY0xL2Fi1OFJg4YxpmegQ';
const side = 't:1bZ1yM3Gj2PGKh5ZyqnfhR';

describe('Tumblr blogs', () => {
  it('are asked for without PKCE, and fetched with the same User-Agent for every request', async () => {
    await using platform = await startPlatform('tumblr');
    const { url, parameters } = await platform.connect();
    expect(url.href).toMatch(/^https:\/\/www\.tumblr\.com\/oauth2\/authorize\?/);
    expect(parameters).toEqual({
      response_type: 'code',
      client_id: 'client-1',
      redirect_uri: `${platform.harness.publicUrl}/integrations/social/tumblr`,
      state: expect.any(String),
      scope: 'basic write offline_access',
    });
    const [exchange] = platform.requestsTo('https://api.tumblr.com/v2/oauth2/token');
    expect(exchange?.form).toEqual({
      grant_type: 'authorization_code',
      code: '4/0Code+/=',
      redirect_uri: parameters['redirect_uri'],
      client_id: 'client-1',
      client_secret: clientSecret,
    });
    const agents = new Set(platform.requests.map(({ headers }) => headers['user-agent']));
    expect([...agents]).toEqual([expect.stringMatching(/^Evergrant\/\d+\.\d+$/)]);
  });

  it('are offered with their pictures and known by uuid; nothing is missing where write includes basic', async () => {
    await using platform = await startPlatform('tumblr');
    const { flow, page } = await platform.connect();
    expect(flow.accounts).toEqual([
      {
        id: side,
        type: 'blog',
        name: 'sideblog',
        username: 'sideblog',
        picture: 'https://api.tumblr.com/v2/blog/sideblog.tumblr.com/avatar/128',
        url: 'https://sideblog.tumblr.com/',
        unavailable: null,
      },
      expect.objectContaining({ id: main, name: 'Example', username: 'exampleblog' }),
    ]);
    expect(page.body).toContain('https://api.tumblr.com/v2/blog/exampleblog.tumblr.com/avatar/128');
    const { connections } = await platform.choose(flow, main, side);
    for (const { status, scopes } of connections) expect({ status, scopes }).toMatchObject({ status: 'active' });
    expect(connections[0]?.scopes).toEqual({ granted: ['write', 'offline_access'], missing: [] });
  });

  it('are connected without a choice where there is one, and explained where there is none', async () => {
    await using platform = await startPlatform('tumblr');
    const blogs = [{ name: 'only', title: '', uuid: 't:only', primary: true }];
    const info = (user: object) => ({ status: 200, body: { meta: { status: 200, msg: 'OK' }, response: { user } } });
    platform.answer('GET', 'https://api.tumblr.com/v2/user/info', info({ name: 'only', blogs }));
    expect((await platform.connect()).flow).toMatchObject({
      status: 'connected',
      connections: [{ account: { id: 't:only', name: 'only', url: null } }],
    });
    platform.answer('GET', 'https://api.tumblr.com/v2/user/info', info({ name: 'nobody', blogs: [] }));
    expect((await platform.connect({ owner: 'owner-2' })).flow).toMatchObject({
      status: 'failed',
      error: { code: 'account_type_unsupported', detail: expect.stringContaining('no blog') },
    });
  });

  it('keep the newest of their refresh tokens, and end with the 401 by which Tumblr refuses one', async () => {
    await using platform = await startPlatform('tumblr');
    const [connection] = (await platform.choose((await platform.connect()).flow, main)).connections;
    const refresh = () => platform.harness.api<ConnectionBody>('POST', `/v1/connections/${connection!.id}/refresh`);
    expect(await refresh()).toMatchObject({ status: 200, data: { token: { generation: 2 } } });
    expect(platform.requests.at(-1)?.form).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'SAMPLE_RT' });
    platform.answer('POST', 'https://api.tumblr.com/v2/oauth2/token', {
      status: 401,
      body: { meta: { status: 401, msg: 'Unauthorized' }, response: [] },
    });
    expect(await refresh()).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
    expect(platform.requests.at(-1)?.form).toMatchObject({ refresh_token: 'SAMPLE_RT2' });
  });
});
