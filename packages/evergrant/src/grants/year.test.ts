import { describe, expect, it } from 'vitest';
import type { RawAnswer } from '../protocols/types.ts';
import { schedule } from '../store/index.ts';
import { warnOfEnds } from './expiring.ts';
import { gateKey } from './gate.ts';
import { answerOf, createScene, day, hour, minute, refusal, type Scene, second } from './scene.test-support.ts';
import type { Send } from './test-support.ts';

/*
 * A year of a connection's life. The clock goes from one thing that is due to the next, as the engine's does, and the
 * platforms judge for themselves what they are shown.
 */

type Connected = Awaited<ReturnType<Scene['connect']>>;

interface Life {
  days: number;
  /** Times, from the beginning, at which an application reads the token. */
  reads?: number[];
  /** Called after everything that happens. */
  check?: () => Promise<void> | void;
}

const live = async (scene: Scene, { connectionId, grantId }: Connected, { days, reads = [], check }: Life) => {
  const { clock, context, store } = scene;
  const [begin, end] = [clock.now(), clock.now() + days * day];
  const visits = reads.map((time) => begin + time).sort((one, other) => one - other);
  while (clock.now() < end) {
    const due = (await schedule.nextDue(store.db, gateKey(scene.app))) ?? Infinity;
    const { warn_at } = await scene.grant(grantId);
    const next = Math.min(due, warn_at ?? Infinity, visits[0] ?? Infinity, end);
    // What is due and cannot be done must not stop the clock.
    clock.advance(Math.max(next - clock.now(), second));
    while (visits.length > 0 && visits[0]! <= clock.now()) {
      visits.shift();
      await scene.read(connectionId);
      await context.usage.flush(context);
    }
    await scene.renewDue();
    await warnOfEnds(context);
    await check?.();
  }
};

/** How often each thing was told, of what does not happen all the time. */
const told = async (scene: Scene, { connectionId }: Connected): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { type } of await allEvents(scene, connectionId)) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
};

const allEvents = (scene: Scene, connectionId: string) =>
  scene.store.db.selectFrom('events').selectAll().where('connection_id', '=', connectionId).orderBy('at').execute();

/** After everything that happens: the stored token is alive. */
const neverExpired =
  (scene: Scene, { grantId }: Connected) =>
  async (): Promise<void> => {
    const { expires_at, status } = await scene.grant(grantId);
    expect(status).toBe('active');
    expect(expires_at).toBeGreaterThan(scene.clock.now());
  };

/** Pauses between requests. */
const recordTimes = (scene: Scene): number[] => {
  const times: number[] = [];
  const behaves = scene.behaves as Send;
  scene.behaves = async (...tokens) => {
    times.push(scene.clock.now());
    return behaves(...tokens);
  };
  return times;
};

const pausesOf = (times: number[]): number[] => times.slice(1).map((time, index) => time - times[index]!);

/** A platform that ends a grant which nobody used for so long. */
const forgetful = (scene: Scene, idleLimit: number): void => {
  const behaves = scene.behaves as Send;
  let last = scene.clock.now();
  scene.behaves = async (...tokens) => {
    if (scene.clock.now() - last > idleLimit) return refusal;
    last = scene.clock.now();
    return behaves(...tokens);
  };
};

describe('an hour’s token whose refresh tokens rotate', () => {
  it('is kept fresh without anyone reading', async () => {
    const scene = await createScene({ knobs: { lifetime: hour } });
    const times = recordTimes(scene);
    const connected = await scene.connect();
    // A year of it is 12,500 renewals, which takes longer than a test should and shows no more.
    await live(scene, connected, { days: 7, check: neverExpired(scene, connected) });
    for (const pause of pausesOf(times)) {
      expect(pause).toBeGreaterThanOrEqual(39 * minute);
      expect(pause).toBeLessThanOrEqual(45 * minute);
    }
    expect(times.length).toBeGreaterThanOrEqual((7 * day) / (45 * minute));
    expect(await told(scene, connected)).toEqual({ 'connection.refreshed': times.length });
    expect(scene.platform.accepts((await scene.tokens(connected.grantId)).current!)).toBe(true);
  });

  it('lives a year unread by its keep-alive alone, when the policy is lazy', async () => {
    const scene = await createScene({ refresh: { policy: 'lazy', idleLimitSeconds: 60 * 86_400 } });
    forgetful(scene, 60 * day);
    const times = recordTimes(scene);
    const connected = await scene.connect();
    await live(scene, connected, { days: 365 });
    expect(times).toHaveLength(12);
    expect(new Set(pausesOf(times))).toEqual(new Set([30 * day]));
    expect(await told(scene, connected)).toEqual({ 'connection.refreshed': 12 });
  });

  it('is renewed when it is read and hardly else, when the policy is lazy', async () => {
    const scene = await createScene({ refresh: { policy: 'lazy', idleLimitSeconds: 60 * 86_400 } });
    forgetful(scene, 60 * day);
    const times = recordTimes(scene);
    const connected = await scene.connect();
    // Twice on every tenth day; then a long silence.
    const reads = Array.from({ length: 20 }, (_, visit) => [visit * 10 * day, visit * 10 * day + 10 * minute]).flat();
    await live(scene, connected, { days: 365, reads });
    // The first two find the token of the consent.
    expect(times).toHaveLength(19 + 5);
    expect(await scene.grant(connected.grantId)).toMatchObject({ status: 'active', degraded_at: null });
  });

  it('is looked after once a week unread, and eagerly for a day when it is read, when the policy is auto', async () => {
    const scene = await createScene({ refresh: { policy: 'auto', idleLimitSeconds: 60 * 86_400 } });
    forgetful(scene, 60 * day);
    const times = recordTimes(scene);
    const connected = await scene.connect();
    const begin = scene.clock.now();
    const reads = [100 * day, 100 * day + 30 * minute, 200 * day];
    await live(scene, connected, { days: 365, reads });

    const between = (from: number, until: number) =>
      times.filter((time) => time >= begin + from && time < begin + until).length;
    expect(between(0, 100 * day)).toBe(14);
    // A day of 39 to 45 minutes each, for each of two visits.
    for (const visit of [100 * day, 200 * day]) {
      expect(between(visit, visit + 25 * hour)).toBeGreaterThanOrEqual(32);
      expect(between(visit, visit + 25 * hour)).toBeLessThanOrEqual(39);
      expect(between(visit + 26 * hour, visit + 8 * day)).toBeLessThanOrEqual(1);
    }
    expect(times.length).toBeLessThanOrEqual(53 + 2 * 39);
    expect(await scene.grant(connected.grantId)).toMatchObject({ status: 'active' });
    expect(Object.keys(await told(scene, connected))).toEqual(['connection.refreshed']);
  });
});

describe('a token of 60 days that renews itself, but not before a day', () => {
  it('is renewed about once a month, and never lost', async () => {
    const scene = await createScene({ refresh: { minimumAgeSeconds: 86_400 }, selfRefreshing: true });
    let [current, issuedAt] = ['at-0', scene.clock.now()];
    scene.behaves = async (_, accessToken) => {
      const age = scene.clock.now() - issuedAt;
      if (accessToken !== current || age < day || age >= 60 * day) return refusal;
      issuedAt = scene.clock.now();
      current = `at-${issuedAt}`;
      return tokens({ access_token: current, expires_in: 60 * 86_400 });
    };
    const times = recordTimes(scene);
    const connected = await scene.connect({ refreshToken: null, lifetime: 60 * day });
    // Asked to at once, it does not spoil what it has.
    expect(await scene.renewals.renew(connected.grantId, 'person')).toMatchObject({ kind: 'too_young' });
    await live(scene, connected, { days: 365, check: neverExpired(scene, connected) });
    for (const pause of pausesOf(times)) {
      expect(pause).toBeGreaterThanOrEqual(24 * day);
      expect(pause).toBeLessThanOrEqual(30 * day);
    }
    expect(times.length).toBeGreaterThanOrEqual(12);
    expect(times.length).toBeLessThanOrEqual(15);
    expect(await told(scene, connected)).toEqual({ 'connection.refreshed': times.length });
  });
});

describe('a token of 60 days whose refresh token ends a year after the consent', () => {
  it('is renewed until then, the end is told 14, 7 and 1 days before, and comes as expired', async () => {
    const scene = await createScene({
      knobs: { rotates: false, lifetime: 60 * day },
      refresh: { rotates: 'sometimes', lifetime: { fixed: 365 * 86_400 } },
    });
    const begin = scene.clock.now();
    const end = begin + 365 * day;
    // As LinkedIn does: near the end an access token lives no longer than its refresh token.
    scene.behaves = async (refreshToken) => {
      const rest = Math.floor((end - scene.clock.now()) / second);
      if (rest <= 0) return refusal;
      return tokens({ refresh_token: refreshToken, expires_in: Math.min(60 * 86_400, rest) });
    };
    const times = recordTimes(scene);
    const connected = await scene.connect({ refreshExpiresAt: end });
    const alive = neverExpired(scene, connected);
    await live(scene, connected, {
      days: 370,
      // In the last minute the margin of a token is most of what is left of it.
      check: () => (scene.clock.now() < end - minute ? alive() : undefined),
    });
    const events = await scene.events(connected.connectionId);
    const warnings = events.filter(({ type }) => type === 'connection.expiring');
    const ends_at = new Date(end).toISOString();
    expect(warnings.map(({ at, data }) => [(at - begin) / day, data])).toEqual([
      [351, { days: 14, ends_at }],
      [358, { days: 7, ends_at }],
      [364, { days: 1, ends_at }],
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'connection.reauth_required', data: { reason: 'expired' } });
    expect(events.at(-1)!.at).toBeLessThanOrEqual(end + minute);
    expect(await scene.grant(connected.grantId)).toMatchObject({ status: 'reauth_required', reason: 'expired' });
    // Eight or nine until the last 60 days, which shrink to a quarter with each.
    expect(times.length).toBeLessThanOrEqual(30);
    expect(pausesOf(times).every((pause) => pause >= 30 * second)).toBe(true);
  });
});

describe('a token of 60 days that nothing renews', () => {
  it('is told to end 14, 7 and 1 days before, and then has expired', async () => {
    const scene = await createScene({ knobs: { lifetime: 60 * day } });
    const begin = scene.clock.now();
    const connected = await scene.connect({ refreshToken: null });
    await live(scene, connected, { days: 365, reads: [1, 30, 59].map((days) => days * day) });
    const events = await scene.events(connected.connectionId);
    expect(events.map(({ type, at }) => [type, Math.round((at - begin) / day)])).toEqual([
      ['connection.expiring', 46],
      ['connection.expiring', 53],
      ['connection.expiring', 59],
      ['connection.reauth_required', 60],
    ]);
    expect(events.at(-1)).toMatchObject({ data: { reason: 'expired' } });
    expect(scene.presented).toEqual([]);
  });
});

const tokens = (body: object): RawAnswer => answerOf(200, { access_token: 'at', ...body });
