import type { Clock } from '../../src/telemetry/clock.ts';

/** Time that passes by itself and can be moved on. */
export interface TestClock extends Clock {
  /** Moves time on; what was to be called back in between is called back now. */
  advance(milliseconds: number): void;
}

export const createTestClock = (): TestClock => {
  let moved = 0;
  const waiting = new Set<{ at: number; fire: () => void }>();
  const monotonic = () => performance.now() + moved;
  return {
    now: () => Date.now() + moved,
    monotonic,
    after(milliseconds, callback) {
      const fire = () => {
        cancel();
        callback();
      };
      const timer = setTimeout(fire, Math.min(milliseconds, 2_147_483_647));
      timer.unref();
      const entry = { at: monotonic() + milliseconds, fire };
      const cancel = () => {
        clearTimeout(timer);
        waiting.delete(entry);
      };
      waiting.add(entry);
      return cancel;
    },
    advance(milliseconds) {
      moved += milliseconds;
      const due = [...waiting].filter(({ at }) => at <= monotonic()).sort((one, other) => one.at - other.at);
      for (const { fire } of due) fire();
    },
  };
};
