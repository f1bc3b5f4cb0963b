import { describe, expect, it } from 'vitest';
import { TransportError } from '../../src/egress/types.ts';
import {
  createScene,
  day,
  hour,
  minute,
  type Scene,
  second,
  unavailable,
} from '../../src/grants/scene.test-support.ts';
import type { Send } from '../../src/grants/test-support.ts';
import { requestDeadline } from '../../src/grants/timing.ts';
import type { RawAnswer } from '../../src/protocols/types.ts';
import { schedule } from '../../src/store/index.ts';
import { seedOf } from '../../src/testing/fuzz.test-support.ts';
import { seededRandom } from '../support/random.ts';
import { engines } from './two-steps.ts';

/*
 * A day on which a token endpoint is down, for 10,000 grants: the real engine on a real database, a platform in memory,
 * and a clock that is moved by hand.
 */

const limits = { concurrency: 50, perSecond: 200 };

/** Grants, their lives, and how many of them are lost for good if the outage lasts a little longer than it does. */
const kinds = {
  hourly: { count: 8000, life: hour, dying: 300 },
  lasting: { count: 2000, life: 60 * hour, dying: 0 },
} as const;

type Kind = keyof typeof kinds;

interface Account {
  kind: Kind;
  grantId: string;
  connectionId: string;
  owner: string;
}

interface Sent {
  at: number;
  account: Account;
}

/** Accounts that were connected over the last hours, as in an installation that has run for long. */
const connectAll = async (scene: Scene, random: () => number): Promise<Map<string, Account>> => {
  const accounts = new Map<string, Account>();
  for (const [kind, { count, life, dying }] of Object.entries(kinds) as [Kind, (typeof kinds)[Kind]][]) {
    for (let serial = 0; serial < count; serial++) {
      // Every second account belongs to one owner.
      const owner = serial % 2 === 0 ? 'agency' : `owner ${serial % 40}`;
      const refreshExpiresAt = serial < dying ? scene.clock.now() + 26 * hour + random() * 10 * hour : undefined;
      const age = Math.floor(random() * 0.7 * life);
      scene.clock.jump(-age);
      const { grantId, connectionId, refreshToken } = await scene.connect({ owner, lifetime: life, refreshExpiresAt });
      scene.clock.jump(age);
      accounts.set(scene.platform.familyOf(refreshToken), { kind, grantId, connectionId, owner });
    }
  }
  return accounts;
};

/** The platform with the lives of its tokens, its slowness, and its bad day. */
const createEndpoint = (scene: Scene, accounts: ReadonlyMap<string, Account>) => {
  const { clock, platform } = scene;
  const sent: Sent[] = [];
  const load = { underWay: 0, most: 0 };
  const after = (milliseconds: number) => new Promise<void>((resolve) => void clock.after(milliseconds, resolve));

  const healthy = async (token: string, { kind }: Account): Promise<RawAnswer> => {
    await after(50);
    const answer = platform.present(token);
    const body = JSON.parse(answer.body) as { expires_in?: number };
    return { ...answer, body: JSON.stringify({ ...body, expires_in: kinds[kind].life / second }) };
  };

  const faults: (() => Promise<RawAnswer>)[] = [
    () => Promise.reject(new TransportError('not_sent', 'the connection was refused')),
    () => after(50).then(() => unavailable),
    () => after(requestDeadline).then(() => Promise.reject(new TransportError('unknown', 'no answer in time', true))),
  ];

  const state: { fault: number | null } = { fault: null };
  const send: Send = async (token) => {
    const account = accounts.get(platform.familyOf(token))!;
    sent.push({ at: clock.now(), account });
    load.most = Math.max(load.most, ++load.underWay);
    try {
      return await (state.fault === null ? healthy(token, account) : faults[state.fault]!());
    } finally {
      load.underWay--;
    }
  };
  scene.behaves = send;
  return { sent, load, state };
};

/** Most requests within any window of so many milliseconds. */
const mostWithin = (sent: Sent[], milliseconds: number): number => {
  let [most, first] = [0, 0];
  for (const [index, { at }] of sent.entries()) {
    while (at - sent[first]!.at >= milliseconds) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
};

/** Lets time pass in steps, after each of which the engine has so many turns of the event loop to work. */
const pass = async (scene: Scene, milliseconds: number, step: number, turns = 8): Promise<void> => {
  for (let passed = 0; passed < milliseconds; passed += step) {
    scene.clock.advance(step);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
};

/** Waits for what waits for requests, and these for the clock. */
const inTime = async <T>(scene: Scene, work: Promise<T>): Promise<T> => {
  let isOver = false;
  const note = () => {
    isOver = true;
  };
  work.then(note, note);
  while (!isOver) await pass(scene, 50, 50);
  return work;
};

const grantsOf = ({ store }: Scene) =>
  store.db
    .selectFrom('grants')
    .innerJoin('schedule', 'schedule.grant_id', 'grants.id')
    .select(['grants.id', 'status', 'expires_at', 'generation', 'urgency', 'due_at', 'retry_at', 'mark_id'])
    .execute();

/** Reads of tokens that live are served as before; reads of those that ran out tell the cause. */
const expectServed = async (scene: Scene, all: Account[], used: Account[]): Promise<void> => {
  const rows = new Map((await grantsOf(scene)).map((row) => [row.id, row]));
  const alive = all.filter(({ grantId }) => rows.get(grantId)!.expires_at! > scene.clock.now() + minute);
  expect(alive.length).toBeGreaterThan(500);
  for (const { connectionId, grantId } of alive.slice(0, 5)) {
    expect(await scene.read(connectionId)).toMatchObject({ generation: rows.get(grantId)!.generation });
  }
  for (const { connectionId } of used.slice(0, 5)) {
    // It may be the one that probes the platform.
    await expect(inTime(scene, scene.read(connectionId))).rejects.toMatchObject({
      code: expect.stringMatching(/^provider_(?:unavailable|timeout)$/),
      retryAfter: expect.any(Number),
    });
  }
};

/** Until nothing is due any more, or too long after. @returns seconds that it took */
const recover = async (scene: Scene): Promise<number> => {
  const { clock } = scene;
  const back = clock.now();
  const isWell = async () =>
    (await grantsOf(scene)).every(({ due_at, expires_at }) => due_at! > clock.now() && expires_at! > clock.now());
  do await pass(scene, 5 * second, 20, 10);
  while (!(await isWell()) && clock.now() < back + 10 * minute);
  return (clock.now() - back) / second;
};

/** What would be lost goes first, then what was used, then the rest. */
const expectByUrgency = (urgencies: (number | undefined)[]): void => {
  for (const urgency of [0, 1, 2]) {
    expect(urgencies.filter((one) => one === urgency).length).toBeGreaterThan(250);
    expect(urgencies.lastIndexOf(urgency)).toBeLessThan(urgency === 2 ? Infinity : urgencies.indexOf(urgency + 1));
  }
};

const expectNothingLost = async (scene: Scene, accounts: Account[]): Promise<void> => {
  for (const { id, status, expires_at, mark_id } of await grantsOf(scene)) {
    expect({ id, status, mark_id }).toEqual({ id, status: 'active', mark_id: null });
    expect(expires_at).toBeGreaterThan(scene.clock.now());
  }
  for (const { grantId } of accounts) {
    expect(scene.platform.accepts((await scene.tokens(grantId)).current!)).toBe(true);
  }
};

describe.each(engines)('with %s, a token endpoint that is down for a day', (_, startEngine) => {
  it('ends no connection, is asked seldom, and is not overrun when it is back', { timeout: 300_000 }, async () => {
    const random = seededRandom(seedOf('an outage'));
    const scene = await createScene({ refresh: { limits }, random });
    const { clock, context } = scene;
    const accounts = await connectAll(scene, random);
    const all = [...accounts.values()];
    const used = all.filter(({ kind }) => kind === 'hourly').slice(-500);
    const endpoint = createEndpoint(scene, accounts);
    const engine = startEngine(context, scene.renewals, [
      () => context.usage.flush(context),
      () => schedule.raiseUrgency(scene.store.db, clock.now() + day),
    ]);
    await pass(scene, 5 * minute, 250);
    expect(endpoint.sent.length).toBeGreaterThan(300);

    const [before, beginning] = [endpoint.sent.length, clock.now()];
    for (let hours = 0; hours < 24; hours += 2) {
      // First it refuses connections, then it answers 503, then it is silent.
      endpoint.state.fault = Math.floor(hours / 8);
      await pass(scene, 2 * hour, 5 * second);
      await expectServed(scene, all, used.slice(hours * 20));
    }
    const during = endpoint.sent.length - before;
    // A probe in half a minute is the mean of the full jitter; all grants by themselves would have asked 14 million times.
    expect(during).toBeLessThan(24 * 60 * 2.5);
    expect(during).toBeGreaterThan(24 * 60);
    expect(clock.now() - beginning).toBeGreaterThanOrEqual(day);
    expect((await grantsOf(scene)).filter(({ status }) => status !== 'active')).toEqual([]);

    for (const { grantId } of used) context.usage.note(grantId);
    await context.usage.flush(context);
    await schedule.raiseUrgency(scene.store.db, clock.now() + day);
    const due = (await grantsOf(scene)).filter(({ due_at }) => due_at! <= clock.now() + minute);
    expect(due.length).toBeGreaterThan(kinds.hourly.count);
    // Those whose outcome is unknown, or that were probed just now, must wait and come when they may.
    const ready = new Map(due.filter(({ retry_at }) => (retry_at ?? 0) <= clock.now()).map((row) => [row.id, row]));
    endpoint.state.fault = null;
    endpoint.load.most = 0;
    const from = endpoint.sent.length;
    const duration = await recover(scene);
    const recovery = endpoint.sent.slice(from);
    await inTime(scene, engine.stop());
    const [inOne, inTen] = [second, 10 * second].map((window) => mostWithin(recovery, window));
    console.info(JSON.stringify({ during, due: due.length, duration, most: endpoint.load.most, inOne, inTen }));
    expect(endpoint.load.most).toBeLessThanOrEqual(limits.concurrency);
    expect(inOne).toBeLessThanOrEqual(2 * limits.perSecond);
    expect(inTen).toBeLessThanOrEqual(11 * limits.perSecond);
    // At most a minute until the next probe, three rounds of probes with a look at the schedule between them, and the rest
    // at the rate.
    expect(duration).toBeLessThan(60 + 3 * 15 + (1.1 * due.length) / limits.perSecond + 5);
    // The first 1, 2 and 4 probe the platform, with what can be lost least.
    expectByUrgency(recovery.slice(7).map(({ account }) => ready.get(account.grantId)?.urgency));
    await expectNothingLost(scene, all);
  });
});
