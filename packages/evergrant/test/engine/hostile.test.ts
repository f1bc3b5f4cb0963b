import { describe, expect, it, onTestFinished } from 'vitest';
import { createEgress } from '../../src/egress/index.ts';
import type { StartEngine } from '../../src/engine/choose.ts';
import { openCredentials } from '../../src/grants/credentials.ts';
import { createRenewals } from '../../src/grants/renew.ts';
import { hour, minute, second, strict } from '../../src/grants/scene.test-support.ts';
import {
  appOf,
  createTestContext,
  definitionOf,
  openTestStore,
  seedGrant,
  testVault,
} from '../../src/grants/test-support.ts';
import { createOAuth2 } from '../../src/protocols/oauth2/index.ts';
import { type OAuth2Protocol, oauth2 } from '../../src/providers/define.ts';
import { grants } from '../../src/store/index.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { createManualClock } from '../../src/testing/manual-clock.ts';
import { createMemoryPlatform } from '../../src/testing/memory-platform.ts';
import { createEndpoint, type Hostile } from './endpoint.ts';
import { engines } from './two-steps.ts';

/*
 * The engine over real HTTP at a token endpoint that misbehaves for hours of a clock moved by hand: how often it asks,
 * what it makes of the answers, and that everything is as before when the endpoint has come to its senses.
 */

/** Grants that come due within a quarter of an hour: enough for the gate, which a single one never meets. */
const fleet = 40;

type Rig = Awaited<ReturnType<typeof createRig>>;

/** @param tokenResponse how the definition says that the platform answers */
const createRig = async (startEngine: StartEngine, count: number, tokenResponse?: OAuth2Protocol['tokenResponse']) => {
  const clock = createManualClock();
  const platform = createMemoryPlatform(strict, () => clock.now());
  const endpoint = await createEndpoint((token) => {
    const answer = platform.present(token);
    return { ...answer, body: JSON.stringify({ ...(JSON.parse(answer.body) as object), token_type: 'Bearer' }) };
  });
  const store = await openTestStore(clock);
  const egress = createEgress({ clock });
  const wire = { underWay: 0 };
  const counted: typeof egress = {
    ...egress,
    async send(request) {
      wire.underWay++;
      try {
        return await egress.send(request);
      } finally {
        wire.underWay--;
      }
    },
  };
  const protocol = oauth2({ tokenEndpoint: `${endpoint.origin}/token`, clientAuthentication: 'none', tokenResponse });
  const app = appOf({ ...definitionOf(strict), protocol });
  const context = createTestContext({
    store,
    vault: testVault(),
    clock,
    app: { ...app, trustedOrigins: new Set([endpoint.origin]) },
    protocol: createOAuth2(counted, { clock, logger: silentLogger }),
  });
  const renewals = createRenewals(context);
  const ids: string[] = [];
  for (let serial = 0; serial < count; serial++) {
    clock.advance((10 * minute) / count);
    ids.push((await seedGrant(context, { refreshToken: platform.consent(), lifetime: hour })).grantId);
  }
  const engine = startEngine(context, renewals, [() => renewals.recover(minute)]);
  onTestFinished(async () => {
    await endpoint.close();
    await engine.stop();
    await egress.close();
    await store.close();
  });

  /** Until nothing is on the wire but what drips, and what came of the rest is stored. */
  const rest = async (): Promise<void> => {
    for (let quiet = 0; quiet < 8; ) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = wire.underWay <= endpoint.state.dripping ? quiet + 1 : 0;
    }
  };
  return {
    clock,
    store,
    endpoint,
    /** Lets time pass; the requests of each minute. */
    async pass(milliseconds: number, step = 5 * second): Promise<number[]> {
      const minutes: number[] = [];
      for (let passed = 0; passed < milliseconds; passed += step) {
        const before = endpoint.state.requests;
        clock.advance(step);
        await rest();
        const at = Math.floor(passed / minute);
        minutes[at] = (minutes[at] ?? 0) + endpoint.state.requests - before;
      }
      return minutes;
    },
    grants: () => Promise.all(ids.map(async (id) => (await grants.byId(store.db, id))!)),
    async attempts() {
      const rows = await store.db
        .selectFrom('refresh_attempts')
        .select(['outcome', 'error_code'])
        .where('outcome', 'is not', null)
        .distinct()
        .execute();
      return rows.map(({ outcome, error_code }) => `${outcome} ${error_code}`).sort();
    },
    async expectNothingLost(): Promise<void> {
      for (const grant of await this.grants()) {
        expect(grant).toMatchObject({ status: 'active', reason: null, degraded_at: null, last_error: null });
        expect(platform.accepts(openCredentials(context.vault, grant).refreshToken!)).toBe(true);
      }
    },
  };
};

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

const html = { headers: { 'content-type': 'text/html' }, body: '<html><body>Please sign in</body></html>' };

describe.each(engines)('with %s, an endpoint that misbehaves for two hours', (_, startEngine) => {
  it.each<[string, Hostile, string]>([
    ['garbled JSON', { body: '{"access_token":"x","token_' }, 'ambiguous provider_bad_response'],
    [
      'an answer that is huge',
      { body: `{"access_token":"${'x'.repeat(2_000_000)}"}` },
      'ambiguous provider_unavailable',
    ],
    ['an answer that drips', { fault: 'drip' }, 'ambiguous provider_timeout'],
    ['a page', html, 'ambiguous provider_bad_response'],
    ['a success that is an error', { body: '{"error":"invalid_grant"}' }, 'ambiguous provider_bad_response'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'ambiguous provider_bad_response'],
    ['a connection that breaks', { fault: 'reset' }, 'ambiguous provider_unavailable'],
    ['a failing proxy', { ...html, status: 502 }, 'ambiguous provider_unavailable'],
    ['a page for what it refuses', { ...html, status: 403 }, 'not_processed provider_bad_response'],
    ['an overloaded service', { status: 503 }, 'not_processed provider_unavailable'],
  ])('with %s', async (_hostility, hostile, attempt) => {
    const rig = await createRig(startEngine, fleet);
    await rig.pass(28 * minute, minute);
    rig.endpoint.behave(hostile);
    const minutes = await rig.pass(2 * hour);
    expect(await rig.attempts()).toEqual([attempt]);

    // What may have spent its token is asked for once, and again when that token has ended; the rest after a pause. Then
    // the gate blocks, and one probe is sent in half a minute, which is the mean of the full jitter.
    if (attempt.startsWith('ambiguous')) expect(sum(minutes.slice(0, 20))).toBe(fleet);
    expect(Math.max(...minutes)).toBeLessThanOrEqual(fleet);
    expect(Math.max(...minutes.slice(30))).toBeLessThanOrEqual(3);
    expect(sum(minutes.slice(30))).toBeGreaterThan(90);
    expect(sum(minutes)).toBeLessThan(400);
    for (const grant of await rig.grants()) expect(grant).toMatchObject({ status: 'active', generation: 1 });

    rig.endpoint.behave(null);
    const after = await rig.pass(4 * minute, second);
    expect(sum(after)).toBeLessThanOrEqual(fleet + 5);
    await rig.expectNothingLost();
    for (const { generation, expires_at } of await rig.grants()) {
      expect(generation).toBe(2);
      expect(expires_at).toBeGreaterThan(rig.clock.now());
    }
  });

  it('with a limit that it says when to come back to: nobody comes before', async () => {
    const rig = await createRig(startEngine, fleet);
    await rig.pass(28 * minute, minute);
    rig.endpoint.behave({ status: 429, headers: { 'retry-after': '1800' } });
    const minutes = await rig.pass(29 * minute);
    expect(sum(minutes)).toBe(fleet);
    expect(sum(minutes.slice(18))).toBe(0);
    expect(await rig.attempts()).toEqual(['not_processed provider_rate_limited']);
    rig.endpoint.behave(null);
    await rig.pass(20 * minute);
    await rig.expectNothingLost();
  });
});

/** Replaces members of what the platform answered, after it has rotated. */
const withMembers =
  (members: object) =>
  ({ status, headers, body }: { status: number; headers: Record<string, string>; body: string }): Hostile => ({
    status,
    headers,
    body: JSON.stringify({ ...(JSON.parse(body) as object), ...members }),
  });

describe.each(engines)('with %s, tokens that hardly live', (_, startEngine) => {
  const grantsInAll = 10;

  const expectPaced = async (rig: Rig): Promise<void> => {
    await rig.pass(45 * minute, minute);
    const minutes = await rig.pass(20 * minute, 5 * second);
    // Half a minute between two of each at least, and they do go on.
    expect(Math.max(...minutes)).toBeLessThanOrEqual(2 * grantsInAll);
    expect(sum(minutes)).toBeLessThanOrEqual(41 * grantsInAll);
    expect(sum(minutes)).toBeGreaterThan(15 * grantsInAll);
    expect(await rig.attempts()).toEqual(['renewed null']);
    rig.endpoint.behave(null);
    const after = await rig.pass(30 * minute);
    expect(sum(after)).toBeLessThanOrEqual(grantsInAll);
    await rig.expectNothingLost();
  };

  it.each([0, 1, 5])('are renewed twice a minute at most: expires_in %i', async (expires_in) => {
    const rig = await createRig(startEngine, grantsInAll);
    rig.endpoint.behave(withMembers({ expires_in }));
    await expectPaced(rig);
  });

  it('are renewed twice a minute at most: an end that does not move, and is past', async () => {
    const rig = await createRig(startEngine, grantsInAll, { expiresAt: { path: 'ends', unit: 's' } });
    const ends = Math.floor(rig.clock.now() / second) + 50 * 60;
    rig.endpoint.behave(withMembers({ ends, expires_in: undefined }));
    await expectPaced(rig);
  });

  it('have no end where the platform names none, and are left alone', async () => {
    const rig = await createRig(startEngine, grantsInAll);
    rig.endpoint.behave(withMembers({ expires_in: undefined }));
    expect(sum(await rig.pass(5 * hour, minute))).toBe(grantsInAll);
    for (const grant of await rig.grants()) expect(grant).toMatchObject({ expires_at: null, generation: 2 });
    await rig.expectNothingLost();
  });
});
