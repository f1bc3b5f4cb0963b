import { isEvergrantError } from '../../errors/index.ts';
import { appsToRenew } from '../../grants/apps-to-renew.ts';
import type { Context } from '../../grants/context.ts';
import { appName, gateKey } from '../../grants/gate.ts';
import type { Renewals } from '../../grants/renew.ts';
import { gates, schedule } from '../../store/index.ts';
import type { Clock } from '../../telemetry/clock.ts';

/** Renewals at the same time, over all platforms. */
const concurrency = 256;

/** Rather than for one renewal that ended, the schedule is looked at for so many, or after a moment. */
const batch = 80;
const moment = 50;

/** The longest time between two looks at the schedule, in milliseconds: another process may have changed it. */
const safetyPoll = 15_000;

/** When something is due but its platform takes no more, how soon it is looked at again. */
const limitPause = 250;

/** The pause after a pass that failed as a whole, e.g. because the database was away. */
const faultPause = 1000;

/** Between two rounds of what is done now and then. */
const choreInterval = 15_000;

export interface Engine {
  /** Looks at the schedule now: something may be due earlier than was known. */
  poke(): void;
  /** When its loop last came round, on the monotonic clock. Absent where the loop runs elsewhere. */
  lastBeat?(): number;
  /** Starts nothing more and resolves when what was sent is committed. */
  stop(): Promise<void>;
}

/**
 * The embedded engine: renews what is due, ahead of expiry and without anyone reading. It only decides when; the
 * rows decide what, so any number of engines may run beside each other.
 *
 * @param chores done now and then, e.g. retrying revocations; their failures are logged
 */
export const startEngine = (context: Context, renewals: Renewals, chores: (() => Promise<void>)[]): Engine => {
  let stopped = false;
  let inFlight = 0;
  let poked = false;
  let limited = false;
  let beat = context.clock.monotonic();
  const isStopped = () => stopped;
  const renewing = createRest(context.clock, isStopped);
  const choring = createRest(context.clock, isStopped);

  const ended = (): void => {
    inFlight--;
    renewing.wake();
  };

  const pass = async (): Promise<void> => {
    const room = concurrency - inFlight;
    const begun = await renewals.beginDue(room, ended);
    inFlight += begun;
    if (begun > 0) {
      const before = inFlight;
      await renewing.rest(moment, () => before - inFlight >= batch || inFlight === 0);
      return;
    }
    poked = false;
    await renewing.rest(await untilNext(), () => poked || (limited && inFlight === 0));
  };

  const untilNext = async (): Promise<number> => {
    const now = context.clock.now();
    const next = await nextWake(context, now);
    limited = next <= now;
    return Math.min(limited ? limitPause : next - now, safetyPoll);
  };

  const renew = async (): Promise<void> => {
    while (!stopped) {
      beat = context.clock.monotonic();
      try {
        await pass();
      } catch (error) {
        logFault(context, error, 'a pass of the engine failed; it is repeated');
        await renewing.rest(faultPause, () => false);
      }
    }
  };

  // Beside the renewals: a platform that lets a revocation wait must not hold up what is due, nor a load that never
  // ends the chores.
  const doChores = async (): Promise<void> => {
    while (!stopped) {
      for (const chore of chores) {
        await chore().catch((error: unknown) =>
          logFault(context, error, 'a chore of the engine failed; it comes again'),
        );
      }
      await choring.rest(choreInterval, () => false);
    }
  };

  const running = [renew(), doChores()];
  return {
    poke() {
      poked = true;
      renewing.wake();
    },
    lastBeat: () => beat,
    async stop() {
      stopped = true;
      renewing.wake();
      choring.wake();
      await Promise.all(running);
      await renewals.idle();
    },
  };
};

/** A pause that ends when its time is over, or when it is woken with a reason to. */
const createRest = (clock: Clock, stopped: () => boolean) => {
  let wake = () => {};
  return {
    wake: () => wake(),
    rest: (milliseconds: number, until: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const isOver = () => stopped() || until();
        if (isOver()) return resolve();
        const done = () => {
          cancel();
          wake = () => {};
          resolve();
        };
        const cancel = clock.after(milliseconds, done);
        wake = () => {
          if (isOver()) done();
        };
      }),
  };
};

const logFault = ({ logger }: Context, error: unknown, message: string): void => {
  logger.error({ error_code: isEvergrantError(error) ? error.code : 'internal', error }, message);
};

/** When the next renewal may begin: of a blocked app not before its probe. */
const nextWake = async (context: Context, now: number): Promise<number> => {
  const blocked = new Map(
    (await gates.list(context.store.db))
      .filter((gate) => gate.blocked_by !== null)
      .map((gate) => [`${gate.provider} ${gate.client_id}`, gate.probe_at]),
  );
  let next = now + safetyPoll;
  for (const app of await appsToRenew(context, next)) {
    const due = await schedule.nextDue(context.store.db, gateKey(app));
    if (due !== null) next = Math.min(next, Math.max(due, blocked.get(appName(app)) ?? 0));
  }
  return next;
};
