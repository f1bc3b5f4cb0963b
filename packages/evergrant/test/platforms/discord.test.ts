import { describe, expect, it } from 'vitest';
import discordFixture from '../../src/providers/builtin/discord.fixture.ts';
import { addKey } from '../contract/keys.ts';
import { startPlatform } from './support.ts';

const url = 'https://discord.com/api/webhooks/347114750880120863/SAMPLE_HOOK';
const token = 'https://discord.com/api/oauth2/token';

describe('the address of a webhook that comes with a Discord login', () => {
  it('is handed out with the token, to whoever may read that, and nowhere else', async () => {
    await using platform = await startPlatform('discord');
    const { harness } = platform;
    platform.answer('POST', token, discordFixture.variants[0]!.exchange);
    const { flow } = await platform.connect();
    const [connection] = flow.connections;
    const answer = await harness.token(connection!.id);
    expect(answer.data).toMatchObject({
      access_token: 'SAMPLE_AT',
      extra: { webhook_url: url, webhook_channel_id: '345626669224982402' },
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(await harness.evergrant.getAccessToken(connection!.id)).toMatchObject({ extra: { webhook_url: url } });
    const bound = await addKey(harness, ['connections:read']);
    expect(await harness.api('GET', `/v1/connections/${connection!.id}/token`, { key: bound })).toMatchObject({
      status: 403,
    });
    const read = await harness.api('GET', `/v1/connections/${connection!.id}`);
    expect(read.body + JSON.stringify(flow) + harness.logLines.join('')).not.toContain('SAMPLE_HOOK');
    expect(harness.dump().includes('SAMPLE_HOOK')).toBe(false);
  });

  it('outlives renewals, whose answers do not repeat it', async () => {
    await using platform = await startPlatform('discord');
    const { harness } = platform;
    platform.answer('POST', token, ({ form }) =>
      form['grant_type'] === 'refresh_token' ? discordFixture.refresh : discordFixture.variants[0]!.exchange,
    );
    const [connection] = (await platform.connect()).flow.connections;
    await harness.api('POST', `/v1/connections/${connection!.id}/refresh`);
    expect((await harness.token(connection!.id)).data).toMatchObject({
      access_token: 'SAMPLE_AT2',
      generation: 2,
      extra: { webhook_url: url },
    });
  });

  it('is absent where there was none', async () => {
    await using platform = await startPlatform('discord');
    const [connection] = (await platform.connect()).flow.connections;
    expect((await platform.harness.token(connection!.id)).data).not.toHaveProperty('extra');
  });
});

describe('a new version of the Discord API', () => {
  it('is a setting: one reroute, which holds for identification and for calls', async () => {
    await using platform = await startPlatform('discord');
    const { harness } = platform;
    const here = harness.evergrant.catalogue.get('discord').origins['https://discord.com'];
    const moved = { 'https://discord.com/api/v10': `${here}/api/v11` };
    await harness.restart({ providers: { discord: { origins: moved } } });
    const [me] = Object.values(discordFixture.get);
    platform.answer('GET', 'https://discord.com/api/v11/users/@me', { status: 200, body: me });
    const [connection] = (await platform.connect()).flow.connections;
    await harness.api('GET', `/v1/connections/${connection!.id}/api/users/@me/guilds`);
    expect(platform.requestsTo('https://discord.com/api/v10')).toEqual([]);
    expect(platform.requestsTo('https://discord.com/api/v11').map(({ url }) => url.pathname)).toEqual([
      '/api/v11/users/@me',
      '/api/v11/users/@me/guilds',
    ]);
    expect(platform.requestsTo('https://discord.com/api/oauth2/token')).toHaveLength(1);
  });
});
