import type { Clock } from '../telemetry/clock.ts';

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Moves the clock, and fires what becomes due on the way, in order. */
  advance(milliseconds: number): void;
  /** What the wall clock showed at the beginning. */
  readonly start: number;
  /** Moves the wall clock alone, as an operator or NTP does. */
  jump(milliseconds: number): void;
}

/** @param start milliseconds since the epoch */
export const createManualClock = (start = Date.UTC(2026, 10, 26)): ManualClock => {
  let monotonic = 0;
  let offset = start;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    start,
    now: () => Math.floor(monotonic + offset),
    monotonic: () => monotonic,
    after(milliseconds, callback) {
      const timer = { at: monotonic + Math.max(0, milliseconds), callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(milliseconds) {
      const end = monotonic + milliseconds;
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        monotonic = Math.max(monotonic, next.at);
        next.callback();
      }
      monotonic = end;
    },
    jump(milliseconds) {
      offset += milliseconds;
    },
  };
};
