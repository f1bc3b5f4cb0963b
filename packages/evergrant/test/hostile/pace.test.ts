import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

const minute = 60_000;

/** Half an hour, ten seconds at a time. */
const halfAnHour = async ({ clock }: Harness): Promise<void> => {
  for (let step = 0; step < 180; step++) {
    clock.advance(10_000);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
};

describe('the pace of renewals', () => {
  it.each<[string, Record<string, unknown>]>([
    ['expires_in 5', { expires_in: 5 }],
    ['expires_in 1', { expires_in: 1 }],
    ['expires_in 0', { expires_in: 0 }],
    ['no refresh token after the first', { expires_in: 5, refresh_token: undefined }],
  ])('T17 tokens that hardly live make no storm: %s', async (_, more) => {
    await using harness = await startHarness({ memory: true, config: { engine: 'embedded' } });
    const { stub } = harness;
    stub.behaviour.rotates = !('refresh_token' in more);
    stub.behaviour.extra = ({ phase }) => (phase === 'refresh' ? more : { expires_in: more['expires_in'] });
    await harness.connect();
    await halfAnHour(harness);
    expect(stub.renewals().length).toBeGreaterThan(20);
    expect(stub.renewals().length).toBeLessThanOrEqual(61);
  });

  it('T17 an end that does not move on makes no storm', async () => {
    await using harness = await startHarness({
      memory: true,
      config: { engine: 'embedded' },
      acme: () => ({ definition: { protocol: { tokenResponse: { expiresAt: { path: 'ends', unit: 's' } } } } }),
    });
    const { stub, clock } = harness;
    const ends = Math.floor(clock.now() / 1000) + 20 * 60;
    stub.behaviour.extra = () => ({ ends });
    await harness.connect();
    await halfAnHour(harness);
    expect(stub.renewals().length).toBeGreaterThan(20);
    expect(stub.renewals().length).toBeLessThanOrEqual(61);
  });

  it('T17 a platform that always fails is asked less and less often, never more than needed', async () => {
    await using harness = await startHarness({ memory: true, config: { engine: 'embedded' } });
    const { stub, clock } = harness;
    await harness.connect();
    stub.answer('/token', { status: 503 });
    clock.advance(59 * minute);
    await halfAnHour(harness);
    // A pause is a minute at most and, on the average of full jitter, half of that.
    expect(stub.renewals().length).toBeGreaterThan(20);
    expect(stub.renewals().length).toBeLessThanOrEqual(140);
  });

  it('T17 a rate limit is kept to: nothing is sent before Retry-After is over', async () => {
    await using harness = await startHarness({ memory: true, config: { engine: 'embedded' } });
    const { stub, clock } = harness;
    const { connection } = await harness.connect();
    stub.answer('/token', { status: 429, headers: { 'retry-after': '1200' } });
    clock.advance(59 * minute);
    await halfAnHour(harness);
    expect(stub.renewals().length).toBeLessThanOrEqual(2);
    expect(await harness.token(connection.id)).toMatchObject({
      status: 503,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
      data: { code: 'provider_rate_limited', retryable: true, retry_after: expect.any(Number) },
    });
  });

  it('T17 a hundred readers of a token that came dead cause one request', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.behaviour.extra = () => ({ expires_in: 0 });
    harness.clock.advance(2 * 60 * minute);
    const answers = await Promise.all(Array.from({ length: 100 }, () => harness.token(connection.id)));
    for (const { status, data } of answers) {
      expect(status).toBe(503);
      expect(data).toMatchObject({ code: expect.stringMatching(/^refresh_(?:in_progress|cooling_down)$/) });
    }
    expect(harness.stub.renewals()).toHaveLength(1);
    harness.stub.behaviour.extra = () => ({});
    harness.clock.advance(30_000);
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
  });

  it('T18 a database that cannot be written is found before anything is sent', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.clock.advance(2 * 60 * minute);
    const other = new DatabaseSync(join(harness.folder, 'evergrant.db'));
    other.exec('begin immediate');
    try {
      expect(await harness.token(connection.id)).toMatchObject({
        status: 503,
        data: { code: 'storage_unavailable', actor: 'operator', retryable: true },
      });
      expect(harness.stub.renewals()).toEqual([]);
    } finally {
      other.exec('rollback');
      other.close();
    }
    expect(await harness.token(connection.id)).toMatchObject({ status: 200, data: { generation: 2 } });
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  itKeepsSecrets();
});
