import { type Clock, systemClock } from '../telemetry/clock.ts';

/** A clock that tests can move forward. */
export interface MovableClock extends Clock {
  /** Moves the clock, and fires what becomes due on the way, in order. */
  advance(milliseconds: number): void;
}

interface Timer {
  /** On the moved, monotonic clock. */
  at: number;
  callback: () => void;
  /** Of the timer of the clock below. */
  cancel: () => void;
}

/**
 * A clock that goes like the one below it, only further ahead: what waits for a moment goes on after a moment, also
 * where a test does not move it.
 *
 * @param below default: the system's
 */
export const createMovableClock = (below: Clock = systemClock): MovableClock => {
  let ahead = 0;
  const timers = new Set<Timer>();
  const monotonic = () => below.monotonic() + ahead;
  const fire = (timer: Timer): void => {
    timer.cancel();
    if (timers.delete(timer)) timer.callback();
  };
  const arm = (timer: Timer): void => {
    timer.cancel();
    timer.cancel = below.after(Math.max(0, timer.at - monotonic()), () => fire(timer));
  };
  return {
    // Nobody expects fractions of a millisecond since the epoch.
    now: () => Math.floor(below.now() + ahead),
    monotonic,
    after(milliseconds, callback) {
      const timer: Timer = { at: monotonic() + milliseconds, callback, cancel: () => {} };
      timers.add(timer);
      arm(timer);
      return () => {
        timer.cancel();
        timers.delete(timer);
      };
    },
    advance(milliseconds) {
      const end = monotonic() + milliseconds;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
        if (!next) break;
        ahead += Math.max(0, next.at - monotonic());
        fire(next);
      }
      ahead += Math.max(0, end - monotonic());
      for (const timer of timers) arm(timer);
    },
  };
};
