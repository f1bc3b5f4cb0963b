import { describe, expect, it } from 'vitest';
import { classify } from '../../protocols/errors.ts';
import { credentials, exchange, identityOf, setUp } from './requests.test-support.ts';
import fixture from './wordpress-com.fixture.ts';
import wordpress from './wordpress-com.ts';

const oneSite = fixture.variants.find(({ note }) => note === 'for one site, without a scope')!.exchange;
const required = fixture.errors.find(({ body }) => JSON.stringify(body).includes('authorization_required'))!;

describe('wordpress-com', () => {
  it('exchanges with id and secret in the body, without PKCE', async () => {
    const world = setUp(wordpress, fixture);
    const { searchParams } = await exchange(world, fixture.exchange);
    expect(searchParams.get('scope')).toBe('global');
    expect(searchParams.has('code_challenge')).toBe(false);
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://public-api.wordpress.com/oauth2/token' });
    expect(world.last().headers).not.toHaveProperty('authorization');
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/wordpress-com',
      client_id: 'client-1',
      client_secret: 's3cret',
    });
  });

  it('leaves the scope out where none is asked: a token for one site', async () => {
    const world = setUp(wordpress, fixture);
    world.app.scopes = [];
    const { searchParams } = await exchange(world, oneSite);
    expect(searchParams.has('scope')).toBe(false);
  });

  it('takes the one site of its token, with name and picture', async () => {
    const { accounts } = await identityOf(setUp(wordpress, fixture), oneSite);
    expect(accounts).toEqual([
      {
        id: '987654321',
        type: 'site',
        name: 'Example Blog',
        username: 'example.wordpress.com',
        picture: 'https://example.files.wordpress.com/x.png',
        url: 'https://example.wordpress.com',
      },
    ]);
  });

  it('takes the one site also where nothing may be asked about it', async () => {
    const world = setUp(wordpress, fixture);
    world.platform.script(required, { status: 403, body: { error: 'unauthorized', message: 'no' } });
    const { person, accounts } = await identityOf(world, oneSite);
    expect(person).toMatchObject({ id: '987654321', name: null });
    expect(accounts).toMatchObject([
      { id: '987654321', name: null, username: 'example.wordpress.com', url: 'https://example.wordpress.com' },
    ]);
  });

  it('lists the sites of a token that names none, and says where one may not publish', async () => {
    const all = fixture.variants.find(({ note }) => note.startsWith('for all sites'))!.exchange;
    const { accounts } = await identityOf(setUp(wordpress, fixture), all);
    expect(accounts.map(({ id, unavailable }) => [id, unavailable])).toEqual([
      ['987654321', undefined],
      ['987654322', undefined],
      ['987654323', 'You may not publish on this site.'],
    ]);
  });

  it('ends only the site that was deleted', () => {
    const gone = { status: 404, body: { error: 'unknown_blog', message: 'Unknown blog' } };
    expect(classify(wordpress, 'api', gone)).toMatchObject({ class: 'reconnect', rule: { affects: 'account' } });
  });

  it('carries a token with special characters as it is', async () => {
    const { app, getJson, last } = setUp(wordpress, fixture);
    const accessToken = 'sample%token^with(specials)&more';
    await getJson(app, { accessToken, extra: {} }, wordpress.profile.get);
    expect(last().headers).toMatchObject({ authorization: `Bearer ${accessToken}` });
  });

  it('sends nothing to revoke', async () => {
    const { app, platform, protocol } = setUp(wordpress, fixture);
    expect(await protocol.revoke(app, credentials)).toBe('unsupported');
    expect(platform.sent).toEqual([]);
  });
});
