import { describe, expect, it } from 'vitest';
import { classify } from '../../protocols/errors.ts';
import fixture from './discord.fixture.ts';
import discord from './discord.ts';
import { basic, credentials, exchange, identityOf, renew, setUp, tokensOf } from './requests.test-support.ts';

describe('discord', () => {
  it('asks for the rights of the bot, and exchanges with Basic in a form', async () => {
    const world = setUp(discord, fixture);
    const { searchParams } = await exchange(world, fixture.exchange);
    expect(searchParams.get('permissions')).toBe('52224');
    expect(searchParams.get('integration_type')).toBe('0');
    expect(searchParams.has('code_challenge')).toBe(false);
    expect(world.last()).toMatchObject({ method: 'POST', url: 'https://discord.com/api/oauth2/token' });
    expect(world.last().headers).toMatchObject({
      authorization: basic,
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(world.last().form).toEqual({
      grant_type: 'authorization_code',
      code: 'CODE',
      redirect_uri: 'https://app.example/integrations/social/discord',
    });
  });

  it('renews with the refresh token alone', async () => {
    const world = setUp(discord, fixture);
    expect(await renew(world, fixture.refresh)).toMatchObject({ tokens: { refreshToken: 'SAMPLE_RT2' } });
    expect(world.last().form).toEqual({ grant_type: 'refresh_token', refresh_token: 'SAMPLE_RT' });
    expect(world.last().headers).toMatchObject({ authorization: basic });
  });

  it('revokes with Basic', async () => {
    const { app, platform, protocol } = setUp(discord, fixture);
    platform.script({ status: 200, body: {} }, { status: 200, body: {} });
    expect(await protocol.revoke(app, credentials)).toBe('revoked');
    expect(platform.sent[0]).toMatchObject({
      method: 'POST',
      url: 'https://discord.com/api/oauth2/token/revoke',
      headers: { authorization: basic },
      body: 'token=SAMPLE_RT&token_type_hint=refresh_token',
    });
  });

  it('names itself to the API as Discord wants it', async () => {
    const { app, getJson, last } = setUp(discord, fixture);
    await getJson(app, { accessToken: 'AT', extra: {} }, discord.profile.get);
    expect(last().headers).toMatchObject({ 'user-agent': expect.stringMatching(/^DiscordBot \(https:\/\/.+, .+\)$/) });
  });

  it('takes the guild for the account, with its icon', async () => {
    const { guild, ...body } = fixture.exchange.body;
    const answer = { status: 200, body: { ...body, guild: { ...guild, icon: 'a1b2' } } };
    const { person, accounts } = await identityOf(setUp(discord, fixture), answer);
    expect(person.id).toBe('80351110224678912');
    expect(accounts).toEqual([
      {
        id: '290926798634735725',
        type: 'guild',
        name: 'Example Server',
        username: null,
        picture: 'https://cdn.discordapp.com/icons/290926798634735725/a1b2.png',
        url: null,
      },
    ]);
  });

  it('takes the webhook where there is no guild, whose address goes out with the token alone', async () => {
    const world = setUp(discord, fixture);
    const { accounts } = await identityOf(world, fixture.variants[0]!.exchange);
    expect(accounts).toMatchObject([{ id: '347114750880120863', type: 'channel', name: 'hook', picture: null }]);
    expect(JSON.stringify(accounts)).not.toContain('SAMPLE_HOOK');
    const { extra } = await tokensOf(world, fixture.variants[0]!.exchange);
    const { handsOut = {} } = discord;
    expect(extra[handsOut['webhook_url']!]).toBe('https://discord.com/api/webhooks/347114750880120863/SAMPLE_HOOK');
    expect(extra[handsOut['webhook_channel_id']!]).toBe('345626669224982402');
  });

  it('takes the person where there is neither', async () => {
    const { guild: _none, ...body } = fixture.exchange.body;
    const { accounts } = await identityOf(setUp(discord, fixture), { status: 200, body });
    expect(accounts).toEqual([
      {
        id: '80351110224678912',
        type: 'profile',
        name: 'Example Person',
        username: 'example',
        picture: 'https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png',
        url: null,
      },
    ]);
  });

  it('knows people without a display name and without a picture', async () => {
    const [url, person] = Object.entries(fixture.get)[0]!;
    const plain = { ...fixture, get: { [url]: { ...person, global_name: null, avatar: null } } };
    const { person: read } = await identityOf(setUp(discord, plain), fixture.exchange);
    expect(read).toMatchObject({ name: 'example', picture: null });
  });

  it('says nothing about the connection when one channel is closed to the bot', () => {
    const closed = { status: 403, body: { message: 'Missing Access', code: 50001 } };
    const classOf = (path: string) => classify(discord, 'api', { ...closed, path })?.class;
    expect(classOf('/api/v10/channels/1/messages')).toBe('bad-body');
    expect(classOf('/api/v10/guilds/1/channels')).toBe('bad-body');
    expect(classOf('/api/v10/guilds/1')).toBe('reconnect');
  });

  it('reads the end of a limit from its own header when there is no Retry-After', () => {
    const headers = { 'x-ratelimit-reset-after': '64.57' };
    const body = { message: 'You are being rate limited.', retry_after: 64.57 };
    expect(classify(discord, 'api', { status: 429, headers, body })).toMatchObject({ retryAfter: 64.57 });
  });
});
