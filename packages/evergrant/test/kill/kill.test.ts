import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RenewalStep } from '../../src/grants/context.ts';
import { seededRandom } from '../support/random.ts';
import { until } from '../support/wait.ts';
import { createFleet, type Fleet, type Life, type LifeOptions, type Stored } from './fleet.ts';

/*
 * Processes that run the library are killed with SIGKILL, at every step of a renewal and at random moments, while they
 * renew at a platform that rotates refresh tokens and takes a reuse for a theft. What may be lost are the ghosts:
 * answers that the platform gave after rotating, and that died before anything durable held them.
 */

const steps: RenewalStep[] = ['claimed', 'sending', 'answered', 'journalled', 'read', 'settled'];

/** A minute where nothing else runs. */
const timeout = 180_000;

const startFleet = async (...input: Parameters<typeof createFleet>): Promise<Fleet> => {
  const fleet = await createFleet(...input);
  onTestFinished(() => fleet.dispose());
  return fleet;
};

const startLife = (fleet: Fleet, options?: LifeOptions): Life => {
  const life = fleet.start(options);
  onTestFinished(() => life.process.signal('SIGKILL'));
  return life;
};

const died = async (fleet: Fleet, life: Life): Promise<void> => {
  const { status, signal } = await life.process.ended;
  expect({ status, signal }, life.process.output()).toEqual({ status: null, signal: 'SIGKILL' });
  await fleet.quiet();
};

/** Accounts for whose newest refresh token nothing durable stands, of those that were none before. */
const newGhosts = ({ platform, stored }: Fleet, known: ReadonlySet<string>): string[] =>
  [...stored().values()]
    .filter(
      ({ grantId, refreshToken, durable }) => !known.has(grantId) && !durable.includes(platform.newest(refreshToken)),
    )
    .map(({ grantId }) => grantId);

/** What the process said of its answers, against what the platform says: no more can be ghosts than were not journalled. */
const expectExplained = ({ platform }: Fleet, life: Life, ghosts: string[]): void => {
  const journalled = life.steps().filter((step) => step === 'journalled').length;
  const rotations = platform.counts.rotations - life.rotationsBefore;
  expect(ghosts.length).toBeLessThanOrEqual(rotations - journalled);
};

/** The process goes on undisturbed until everything that is alive was renewed and is in no doubt; then it stops. */
const makePeace = async (fleet: Fleet): Promise<void> => {
  const life = startLife(fleet);
  await life.ready();
  const before = fleet.stored();
  const unsettled = new Set(before.keys());
  const look = (): boolean => {
    for (const { grantId, status, marked, generation } of fleet.stored().values()) {
      const renewed = !marked && generation > before.get(grantId)!.generation;
      if (renewed || status === 'reauth_required') unsettled.delete(grantId);
    }
    return unsettled.size === 0;
  };
  await until('peace', look, { within: 60_000, every: 250 });
  life.process.signal('SIGTERM');
  expect(await life.process.ended, life.process.output()).toEqual({ status: 0, signal: null });
  await fleet.quiet();
};

/** By the platform's books: the lost are the ghosts at a platform without grace, nobody else, and they are named. */
const judge = (fleet: Fleet, ghosts: ReadonlySet<string>, trace: string): { lost: number; ghosts: number } => {
  const all = [...fleet.stored().values()];
  const lost = all.filter(({ status }) => status === 'reauth_required');
  const expected = all.filter(({ kind, grantId }) => kind === 'strict' && ghosts.has(grantId));
  const ids = (list: Stored[]) => list.map(({ grantId }) => grantId).sort();
  expect(ids(lost), trace).toEqual(ids(expected));
  expect(lost.filter(({ kind }) => kind === 'lenient')).toEqual([]);
  for (const { reason } of lost) expect(reason, trace).toBe('lost_rotation');
  for (const { status, refreshToken, durable } of all) {
    expect(durable, trace).toEqual([refreshToken]);
    expect(fleet.platform.accepts(refreshToken), trace).toBe(status === 'active');
  }
  return { lost: lost.length, ghosts: ghosts.size };
};

describe('a process that is killed at a step of a renewal', () => {
  it.each(['strict', 'lenient'] as const)(
    'leaves behind exactly what that step made durable, at a %s platform',
    { timeout },
    async (kind) => {
      const seed = randomInt(2 ** 31);
      const fleet = await startFleet({ strict: 0, lenient: 0, [kind]: 20 }, seed);
      const ghosts = new Set<string>();
      for (const step of steps) {
        const before = fleet.stored();
        const { rotations } = fleet.platform.counts;
        // One at a time: it is known whose renewal it was.
        const life = startLife(fleet, { kinds: [kind], concurrency: 1, dieAt: { step, occurrence: 1 } });
        await died(fleet, life);
        // A claim that a busy machine let grow old is given up before anything is sent, and another one taken.
        const passed = steps.slice(0, steps.indexOf(step) + 1);
        expect(life.steps().slice(-passed.length)).toEqual(passed);

        const after = fleet.stored();
        for (const { grantId, durable, generation } of before.values()) {
          // What the last life had journalled was committed at the start of this one.
          if (durable.length === 2)
            expect(after.get(grantId)).toMatchObject({ generation: generation + 1, marked: false });
        }
        const [hit, ...others] = [...after.values()].filter(({ grantId, marked, generation }) => {
          const old = before.get(grantId)!;
          return old.durable.length === 1 && (marked !== old.marked || generation !== old.generation);
        });
        expect(others, `seed ${seed}, ${step}`).toEqual([]);
        const { marked, generation, durable, grantId, refreshToken } = hit!;
        const wasSent = steps.indexOf(step) >= steps.indexOf('answered');
        const wasKept = steps.indexOf(step) >= steps.indexOf('journalled');
        const wasStored = step === 'settled';
        expect({ sent: fleet.platform.counts.rotations - rotations, marked, generation, kept: durable.length }).toEqual(
          {
            sent: wasSent ? 1 : 0,
            marked: !wasStored,
            generation: wasStored ? 2 : 1,
            kept: wasKept && !wasStored ? 2 : 1,
          },
        );
        expect(durable.includes(fleet.platform.newest(refreshToken))).toBe(!wasSent || wasKept);
        if (wasSent && !wasKept) ghosts.add(grantId);
      }
      await makePeace(fleet);
      expect(newGhosts(fleet, ghosts)).toEqual([]);
      expect(judge(fleet, ghosts, `seed ${seed}`)).toEqual({ lost: kind === 'strict' ? 1 : 0, ghosts: 1 });
    },
  );
});

describe('a process that is killed again and again', () => {
  it('loses nothing but the ghosts, and nothing at all where there is grace', { timeout }, async () => {
    const seed = randomInt(2 ** 31);
    const random = seededRandom(seed);
    const fleet = await startFleet({ strict: 80, lenient: 30 }, seed);
    const ghosts = new Set<string>();
    const kills = { atStep: 0, atRandom: 0 };

    const bury = async (life: Life): Promise<void> => {
      await died(fleet, life);
      const found = newGhosts(fleet, ghosts);
      expectExplained(fleet, life, found);
      for (const grantId of found) ghosts.add(grantId);
    };
    for (let round = 0; round < 20; round++) {
      const life = startLife(fleet);
      // Now and then before it is running: what the last one left is then just being recovered.
      if (random() < 0.8) await life.ready();
      await pause(random() * 800);
      life.process.signal('SIGKILL');
      await bury(life);
      kills.atRandom++;
      if (round % 3 !== 2) continue;
      const step = steps[(round - 2) / 3]!;
      const dying = startLife(fleet, { dieAt: { step, occurrence: 1 + Math.floor(random() * 15) } });
      await bury(dying);
      expect(dying.steps().at(-1)).toBe(step);
      kills.atStep++;
    }
    await makePeace(fleet);
    for (const grantId of newGhosts(fleet, ghosts)) ghosts.add(grantId);
    const verdict = judge(fleet, ghosts, `seed ${seed}`);
    const { rotations, refusals } = fleet.platform.counts;
    console.info(`seed ${seed}: ${JSON.stringify({ kills, rotations, refusals, ...verdict })}`);
    expect(kills).toEqual({ atStep: 6, atRandom: 20 });
    // The answer in hand at the step of that name, at least.
    expect(ghosts.size).toBeGreaterThan(0);
    expect(rotations).toBeGreaterThan(200);
  });
});
