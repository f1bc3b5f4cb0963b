import type { Clock } from '../telemetry/clock.ts';

/** What this process has seen of its database being away. */
export interface Outages {
  /** The database did not answer as it should. */
  fault: () => void;
  /** It has taken a transaction. */
  answered: () => void;
  /** Milliseconds since it answers again: 0 while that is not known, Infinity where it was never away. */
  since: () => number;
}

export const createOutages = (clock: Pick<Clock, 'monotonic'>): Outages => {
  let isAway = false;
  let endedAt = Number.NEGATIVE_INFINITY;
  return {
    fault() {
      isAway = true;
    },
    answered() {
      if (!isAway) return;
      isAway = false;
      endedAt = clock.monotonic();
    },
    since: () => (isAway ? 0 : clock.monotonic() - endedAt),
  };
};
