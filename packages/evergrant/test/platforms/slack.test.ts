import { describe, expect, it } from 'vitest';
import slackFixture from '../../src/providers/builtin/slack.fixture.ts';
import { pass, soon } from '../sharing/support.ts';
import { clientSecret, startPlatform } from './support.ts';

const trade = 'https://slack.com/api/oauth.v2.exchange';
const access = 'https://slack.com/api/oauth.v2.access';

type Platform = Awaited<ReturnType<typeof startPlatform>>;

/** A workspace that was connected before token rotation was switched on, and Evergrant after it was. */
const startBefore = async () => {
  const platform = await startPlatform('slack');
  const [connection] = (await platform.connect()).flow.connections;
  return { platform, connection: connection!, [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose]() };
};

const switchOn = ({ harness }: Platform) =>
  harness.restart({ engine: 'embedded', providers: { slack: { options: { tokenRotation: 'on' } } } });

/** Waits until the trade has its time, some hours ahead. */
const planned = ({ platform, connection }: Awaited<ReturnType<typeof startBefore>>): Promise<void> =>
  soon(async () => {
    const { token } = (await platform.harness.connection(connection.id)).data;
    expect(token).toMatchObject({ refreshable: true, next_refresh_at: expect.any(String) });
  });

const day = 24 * 60;

describe('a Slack token without an end', () => {
  it('stays as it is while nobody says that the app rotates tokens', async () => {
    await using before = await startBefore();
    const { platform, connection } = before;
    await platform.harness.restart({ engine: 'embedded' });
    pass(platform.harness, day);
    await platform.harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect((await platform.harness.connection(connection.id)).data.token).toMatchObject({ refreshable: false });
    expect(platform.requestsTo(trade)).toHaveLength(0);
  });

  it('is traded for a pair within hours, which is renewed from then on', async () => {
    await using before = await startBefore();
    const { platform, connection } = before;
    platform.answer('POST', trade, slackFixture.refresh);
    await switchOn(platform);
    await planned(before);
    const { harness } = platform;
    pass(harness, 6 * 60);
    await soon(async () => expect((await harness.token(connection.id)).data.generation).toBe(2));
    expect(platform.requestsTo(trade).map(({ form }) => form)).toEqual([
      { client_id: 'client-1', client_secret: clientSecret, token: 'SAMPLE_BOT_AT' },
    ]);
    const { data } = await harness.token(connection.id);
    expect(data).toMatchObject({ access_token: 'SAMPLE_BOT_AT2', expires_at: expect.any(String) });
    platform.answer('POST', access, { status: 200, body: { ...slackFixture.refresh.body, access_token: 'BOT_AT3' } });
    pass(harness, 10 * 60);
    await soon(async () => expect((await harness.token(connection.id)).data.access_token).toBe('BOT_AT3'));
    expect(platform.requestsTo(access).at(-1)?.form).toMatchObject({ refresh_token: 'SAMPLE_BOT_RT2' });
    expect(platform.requestsTo(trade)).toHaveLength(1);
  });

  it('goes on working where the operator is wrong, who is told', async () => {
    await using before = await startBefore();
    const { platform, connection } = before;
    platform.answer('POST', trade, { status: 200, body: { ok: false, error: 'token_rotation_not_enabled' } });
    await switchOn(platform);
    const { harness } = platform;
    const refused = await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect(refused).toMatchObject({ status: 502, data: { code: 'provider_app_not_allowed' } });
    expect(refused.body).toContain('Token rotation is off for this Slack app');
    expect((await harness.connection(connection.id)).data.status).toBe('active');
    expect(await harness.token(connection.id)).toMatchObject({
      data: { access_token: 'SAMPLE_BOT_AT', generation: 1 },
    });
  });

  it('goes on working where Slack does not trade it, and is offered again the next day', async () => {
    await using before = await startBefore();
    const { platform, connection } = before;
    platform.answer('POST', trade, { status: 200, body: { ok: false, error: 'invalid_token' } });
    await switchOn(platform);
    await planned(before);
    const { harness } = platform;
    pass(harness, 6 * 60);
    await soon(async () => expect(platform.requestsTo(trade)).toHaveLength(1));
    await soon(async () => {
      const next = Date.parse((await harness.connection(connection.id)).data.token.next_refresh_at!);
      expect(next - harness.clock.now()).toBeGreaterThan((day - 30) * 60_000);
    });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200, data: { access_token: 'SAMPLE_BOT_AT' } });
  });

  it('is lost when the answer is, and the pair with it', async () => {
    await using before = await startBefore();
    const { platform, connection } = before;
    platform.answer('POST', trade, { status: 200, body: { ok: false, error: 'token_already_exchanged' } });
    await switchOn(platform);
    const { harness } = platform;
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect((await harness.connection(connection.id)).data).toMatchObject({
      status: 'reauth_required',
      reason: 'lost_rotation',
    });
  });
});
