import { describe, expect, it } from 'vitest';
import { createEvergrant } from '../../src/evergrant.ts';
import type { AccessToken } from '../../src/grants/read.ts';
import type { Answer } from '../security/authorization-server.ts';
import { createTestClock } from '../security/clock.ts';
import { eventually, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

const hour = 60 * 60_000;

/** Another Evergrant on the database of a harness, as another process would be. */
const startAnother = async ({ config, clock }: Harness, itsClock = clock) => {
  const evergrant = await createEvergrant(config, { clock: itsClock });
  return { evergrant, [Symbol.asyncDispose]: () => evergrant.close() };
};

/** An answer that comes when it is released. */
const heldBack = (harness: Harness) => {
  const { promise: after, resolve: release } = Promise.withResolvers<void>();
  const given: Record<string, string>[] = [];
  harness.stub.answerOnce('/token', (received): Answer => {
    const answer = harness.stub.behave(received);
    given.push(answer.body as Record<string, string>);
    return { ...answer, after };
  });
  return { release, given };
};

describe('several Evergrants on one database', () => {
  it('T10 T12 send one request for a hundred readers on each of four, and take nobody for a thief', async () => {
    await using harness = await startHarness();
    await using second = await startAnother(harness);
    await using third = await startAnother(harness);
    await using fourth = await startAnother(harness);
    const { connection } = await harness.connect();
    harness.clock.advance(2 * hour);
    const { release, given } = heldBack(harness);
    const reads: Promise<AccessToken>[] = [];
    for (const evergrant of [harness.evergrant, second.evergrant, third.evergrant, fourth.evergrant]) {
      for (let count = 0; count < 100; count++) reads.push(evergrant.getAccessToken(connection.id));
    }
    const read = Promise.all(reads);
    await eventually('the renewal', () => given.length === 1);
    release();
    for (const { accessToken, generation } of await read) {
      expect({ accessToken, generation }).toEqual({ accessToken: given[0]?.['access_token'], generation: 2 });
    }
    expect(harness.stub.renewals()).toHaveLength(1);
    expect(await harness.connection(connection.id)).toMatchObject({ data: { status: 'active' } });
  });

  it('T14 one that was held up for longer than its lease does not overwrite what came in the meantime', async () => {
    await using harness = await startHarness();
    const { stub } = harness;
    // The platform accepts a token twice, so that both get an answer.
    stub.behaviour.rotates = false;
    const { connection } = await harness.connect();
    harness.clock.advance(2 * hour);
    const itsClock = createTestClock();
    itsClock.advance(2 * hour);
    await using second = await startAnother(harness, itsClock);

    const { release, given } = heldBack(harness);
    const late = harness.token(connection.id);
    await eventually('the first renewal', () => given.length === 1);
    itsClock.advance(31_000);
    const { accessToken, generation } = await second.evergrant.getAccessToken(connection.id);
    expect(generation).toBe(2);
    expect(accessToken).not.toBe(given[0]?.['access_token']);
    release();
    expect(await late).toMatchObject({ status: 200, data: { access_token: accessToken, generation: 2 } });
    expect(await harness.token(connection.id)).toMatchObject({ data: { access_token: accessToken, generation: 2 } });
    expect(stub.renewals()).toHaveLength(2);
  });

  it('T14 one that hears a refusal after another has renewed ends nothing', async () => {
    await using harness = await startHarness();
    const { stub } = harness;
    stub.behaviour.rotates = false;
    const { connection } = await harness.connect();
    harness.clock.advance(2 * hour);
    const itsClock = createTestClock();
    itsClock.advance(2 * hour);
    await using second = await startAnother(harness, itsClock);

    const { promise: after, resolve: release } = Promise.withResolvers<void>();
    stub.answerOnce('/token', { status: 400, body: { error: 'invalid_grant' }, after });
    const late = harness.token(connection.id);
    await eventually('the first renewal', () => stub.renewals().length === 1);
    itsClock.advance(31_000);
    const { accessToken } = await second.evergrant.getAccessToken(connection.id);
    release();
    expect(await late).toMatchObject({ status: 200, data: { access_token: accessToken } });
    expect(await harness.connection(connection.id)).toMatchObject({ data: { status: 'active', reason: null } });
    const types = (await harness.events(connection.id)).map(({ type }) => type);
    expect(types).not.toContain('connection.reauth_required');
  });

  it('T19 a connection that one has removed is gone for all', async () => {
    await using harness = await startHarness();
    await using second = await startAnother(harness);
    const { connection } = await harness.connect();
    await harness.evergrant.disconnect(connection.id);
    await expect(second.evergrant.getAccessToken(connection.id)).rejects.toMatchObject({
      code: 'connection_not_found',
    });
  });

  itKeepsSecrets();
});
