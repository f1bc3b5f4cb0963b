import { describe, expect, it } from 'vitest';
import { basic, credentials, exchange, identityOf, renew, setUp, tokensOf } from './requests.test-support.ts';
import fixture from './slack.fixture.ts';
import slack from './slack.ts';

const variant = (note: string) => fixture.variants.find((candidate) => candidate.note === note)!.exchange;
const personOnly = variant('user scopes only: no token at the top');
const refusedForScope = fixture.errors.find(({ is }) => is === 'missing-scope')!;

describe('slack', () => {
  it('asks with commas and without PKCE, and exchanges with Basic in a form', async () => {
    const world = setUp(slack, fixture);
    const { searchParams } = await exchange(world, fixture.exchange);
    expect(searchParams.get('scope')).toBe('chat:write,channels:read,users:read');
    expect(searchParams.has('code_challenge')).toBe(false);
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://slack.com/api/oauth.v2.access' });
    expect(world.last().headers).toMatchObject({
      authorization: basic,
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/slack',
    });
  });

  it('hands out the token of the bot, and that of the person only where there is no bot', async () => {
    const world = setUp(slack, fixture);
    const both = await tokensOf(world, variant('with token rotation; the bot and the person have a pair each'));
    expect(both).toMatchObject({ accessToken: 'SAMPLE_BOT_AT', refreshToken: 'SAMPLE_BOT_RT', tokenType: 'bearer' });
    const person = await tokensOf(world, variant('user scopes only, with token rotation'));
    expect(person).toMatchObject({ accessToken: 'SAMPLE_PERSON_AT', refreshToken: 'SAMPLE_PERSON_RT' });
  });

  it('renews either pair, whose answer is at the top', async () => {
    const world = setUp(slack, fixture);
    const bot = await renew(world, fixture.refresh, { refreshToken: 'SAMPLE_BOT_RT' });
    expect(bot).toMatchObject({ tokens: { accessToken: 'SAMPLE_BOT_AT2', refreshToken: 'SAMPLE_BOT_RT2' } });
    expect(world.last().form).toEqual({ grant_type: 'refresh_token', refresh_token: 'SAMPLE_BOT_RT' });
    expect(world.last().headers).toMatchObject({ authorization: basic });
    const person = await renew(world, variant('a renewed token of a person comes at the top'));
    expect(person).toMatchObject({
      tokens: { accessToken: 'SAMPLE_PERSON_AT2', refreshToken: 'SAMPLE_PERSON_RT2', expiresIn: 43199 },
    });
  });

  it('trades a token without an end for a pair, with id and secret beside it', async () => {
    const world = setUp(slack, fixture);
    const verdict = await renew(world, fixture.refresh, { refreshToken: null, accessToken: 'SAMPLE_OLD_AT' });
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://slack.com/api/oauth.v2.exchange' });
    expect(world.last().form).toEqual({ client_id: 'client-1', client_secret: 's3cret', token: 'SAMPLE_OLD_AT' });
    expect(world.last().headers).not.toHaveProperty('authorization');
    expect(verdict).toMatchObject({ tokens: { accessToken: 'SAMPLE_BOT_AT2', refreshToken: 'SAMPLE_BOT_RT2' } });
  });

  it('keeps the address of a webhook that came with the login, to be handed out', async () => {
    const hook = { channel_id: 'C111', url: 'https://hooks.slack.com/services/T111/B111/SAMPLE_HOOK' };
    const body = { ...fixture.exchange.body, incoming_webhook: hook };
    const { extra } = await tokensOf(setUp(slack, fixture), { status: 200, body });
    const { handsOut = {} } = slack;
    expect(extra[handsOut['webhook_url']!]).toBe(hook.url);
    expect(extra[handsOut['webhook_channel_id']!]).toBe('C111');
  });

  it('revokes the token of the bot and that of the person, each by itself', async () => {
    const world = setUp(slack, fixture);
    const { extra } = await tokensOf(world, variant('with user scopes beside: the bot counts'));
    const gone = { status: 200, body: { ok: false, error: 'token_revoked' } };
    world.platform.script({ status: 200, body: { ok: true, revoked: true } }, gone);
    expect(await world.protocol.revoke(world.app, { ...credentials, extra })).toBe('revoked');
    expect(world.platform.sent).toMatchObject([
      { method: 'POST', url: 'https://slack.com/api/auth.revoke', headers: { authorization: 'Bearer SAMPLE_AT' } },
      { method: 'POST', headers: { authorization: 'Bearer SAMPLE_PERSON_AT' } },
    ]);
  });

  it('does not take a refusal under 200 for a revocation', async () => {
    const { app, platform, protocol } = setUp(slack, fixture);
    platform.script({ status: 200, body: { ok: false, error: 'internal_error' } });
    await expect(protocol.revoke(app, credentials)).rejects.toMatchObject({ code: 'provider_unavailable' });
  });

  it('asks for the bot of the workspace', async () => {
    const world = setUp(slack, fixture);
    await identityOf(world, fixture.exchange);
    expect(world.platform.sent.map(({ url }) => url)).toEqual(['https://slack.com/api/users.info?user=UB111']);
  });

  it('names the workspace where the answer does not, and the person instead of the bot', async () => {
    const world = setUp(slack, fixture);
    const { accounts } = await identityOf(world, personOnly);
    expect(world.platform.sent.map(({ url }) => url)).toEqual([
      'https://slack.com/api/users.info?user=U111',
      'https://slack.com/api/auth.test',
    ]);
    expect(accounts).toMatchObject([
      { id: 'T111', type: 'workspace', name: 'Example Workspace', url: 'https://example.slack.com/' },
    ]);
  });

  it('knows the workspace without the scope users:read', async () => {
    const world = setUp(slack, fixture);
    world.platform.script(refusedForScope);
    const { person, accounts } = await identityOf(world, fixture.exchange);
    expect(person).toMatchObject({ id: 'T111', username: 'examplebot' });
    expect(accounts).toMatchObject([{ id: 'T111', name: 'Example Workspace', picture: null }]);
  });

  it('takes the organisation where it was installed for all its workspaces', async () => {
    const answer = variant('an installation for a whole organisation has no team');
    const { accounts } = await identityOf(setUp(slack, fixture), answer);
    expect(accounts).toMatchObject([{ id: 'E111', name: 'Example Org', type: 'workspace' }]);
  });
});
