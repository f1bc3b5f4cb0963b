import { describe, expect, it } from 'vitest';
import { eventually, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

const minute = 60_000;

/** Lets time pass in steps, so that the engine works as it would. */
const pass = async ({ clock }: Harness, milliseconds: number, step: number): Promise<void> => {
  for (let passed = 0; passed < milliseconds; passed += step) {
    clock.advance(step);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
};

describe('an app whose credentials are refused', () => {
  it('T11 a wrong secret for an hour alarms the operator and ends nothing; the right one mends everything', async () => {
    await using harness = await startHarness({ config: { engine: 'embedded' } });
    const { stub } = harness;
    const rightSecret = stub.client.secret;
    const connected = [];
    for (const owner of ['owner-1', 'owner-2', 'owner-3', 'owner-4']) connected.push(await harness.connect({ owner }));
    const ids = connected.map(({ connection }) => connection.id);
    stub.client.secret = 'changed at the platform';

    await pass(harness, 40 * minute, minute);
    for (const id of ids) expect(await harness.connection(id)).toMatchObject({ data: { status: 'active' } });
    await pass(harness, 60 * minute, 10_000);
    const refused = stub.renewals().length;
    expect(refused).toBeGreaterThan(20);
    expect(refused).toBeLessThanOrEqual(2 * 60 + 10);
    for (const id of ids) {
      expect(await harness.token(id)).toMatchObject({
        status: 502,
        data: { code: 'provider_app_credentials_invalid', actor: 'operator' },
      });
      expect(await harness.connection(id)).toMatchObject({ data: { status: 'degraded', reason: null } });
      const types = (await harness.events(id)).map(({ type }) => type);
      expect(types).not.toContain('connection.reauth_required');
      expect(types.filter((type) => type === 'connection.degraded')).toHaveLength(1);
    }
    const alarms = harness.sql((database) =>
      database.prepare("select count(*) as n from events where type = 'provider.app_invalid'").get(),
    );
    expect(alarms).toEqual({ n: 1 });
    expect((await harness.evergrant.inspect()).gates).toMatchObject([
      { provider: 'acme', error: 'provider_app_credentials_invalid' },
    ]);
    expect(harness.logLines.filter((line) => line.includes('refuses this app'))).toHaveLength(1);

    stub.client.secret = rightSecret;
    await pass(harness, 2 * minute, 5000);
    for (const id of ids) {
      await eventually(`${id} to work again`, async () => (await harness.connection(id)).data.status === 'active');
      expect(await harness.token(id)).toMatchObject({ status: 200 });
    }
    expect((await harness.evergrant.inspect()).gates).toEqual([]);
  });

  it('T11 readers and persons pass the gate once in thirty seconds, all together', async () => {
    await using harness = await startHarness();
    const { stub } = harness;
    const ids: string[] = [];
    for (const owner of ['owner-1', 'owner-2', 'owner-3']) ids.push((await harness.connect({ owner })).connection.id);
    const rightSecret = stub.client.secret;
    stub.client.secret = 'changed at the platform';
    harness.clock.advance(2 * 60 * minute);
    const everybodyAsks = () =>
      Promise.all(
        ids.flatMap((id) => [
          harness.token(id),
          harness.api('POST', `/v1/connections/${id}/refresh`),
          harness.api('POST', `/v1/connections/${id}/token/rejected`, { json: { generation: 1 } }),
        ]),
      );
    for (let round = 1; round <= 4; round++) {
      for (let again = 0; again < 2; again++) {
        for (const answer of await everybodyAsks()) {
          expect(answer).toMatchObject({ status: 502, data: { code: 'provider_app_credentials_invalid' } });
        }
      }
      // Those who asked at once, before the first answer had come, were not held back.
      const first = stub.renewals().length;
      expect(first).toBeLessThanOrEqual(ids.length + round - 1);
      harness.clock.advance(30_000);
    }
    stub.client.secret = rightSecret;
    for (const id of ids) expect(await harness.token(id)).toMatchObject({ status: 200 });
  });

  it('T11 a restart with the right secret works at once', async () => {
    await using harness = await startHarness();
    const { stub } = harness;
    const { connection } = await harness.connect();
    stub.client.secret = 'rotated+/=by-the-operator';
    harness.clock.advance(2 * 60 * minute);
    expect(await harness.token(connection.id)).toMatchObject({ status: 502 });
    await harness.restart({ providers: { acme: { clientSecret: stub.client.secret } } });
    const { data } = await harness.connection(connection.id);
    expect(data.status).toBe('degraded');
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject({ status: 200 });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
  });

  it('T11 the gate of one app holds back no other', async () => {
    await using harness = await startHarness({ providers: ['other'] });
    const one = await harness.connect();
    const other = await harness.connect({ provider: 'other' });
    harness.stub.client.secret = 'changed at the platform';
    harness.clock.advance(2 * 60 * minute);
    expect(await harness.token(one.connection.id)).toMatchObject({ status: 502 });
    expect(await harness.token(other.connection.id)).toMatchObject({ status: 200 });
  });

  it('T11 a refused client at the exchange is told as the operator’s fault, and connects nothing', async () => {
    await using harness = await startHarness();
    harness.stub.client.secret = 'changed at the platform';
    const { flow, page } = await harness.connect();
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'provider_app_credentials_invalid' } });
    expect(page.status).toBe(502);
  });

  itKeepsSecrets();
});
