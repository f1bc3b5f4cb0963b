import { schedule } from '../store/index.ts';
import type { Context } from './context.ts';
import { leaseDuration } from './timing.ts';

/** By less than so much, in milliseconds, clocks are corrected all the time. */
const noticeable = 60_000;

/**
 * Notices that the wall clock was set back: what was written before then lies in the future, and tokens that have ended
 * would pass for fresh ones until it comes. Such grants are renewed at once, and such leases end.
 *
 * @returns looks whether it was, since the last time
 */
export const watchClock = (context: Context): (() => Promise<void>) => {
  const { clock, store, logger, notices } = context;
  const offsetNow = (): number => clock.now() - clock.monotonic();
  let offset = offsetNow();
  return async () => {
    const current = offsetNow();
    if (offset - current > noticeable) {
      logger.warn({ milliseconds: Math.round(offset - current) }, 'the clock was set back');
      const now = await store.now(store.db);
      await schedule.bringBack(store.db, now, { issuedAfter: now + noticeable, leasedUntil: now + leaseDuration });
      notices.changed('schedule');
    }
    // Only now: what the database did not take is tried again.
    offset = current;
  };
};
