import type { Context } from '../../grants/context.ts';
import type { Renewals } from '../../grants/renew.ts';
import { logFault, startChores } from '../chores.ts';
import { createRest } from '../rest.ts';
import type { Engine } from '../types.ts';
import { nextWake } from '../wake.ts';

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
  const choring = startChores(context, chores);

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
    const next = await nextWake(context, now, safetyPoll);
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

  const running = renew();
  return {
    poke() {
      poked = true;
      renewing.wake();
    },
    lastBeat: () => beat,
    async stop() {
      stopped = true;
      renewing.wake();
      await choring.stop();
      await running;
      await renewals.idle();
    },
  };
};
