import type { Clock } from '../telemetry/clock.ts';

/** A moment by both clocks: the monotonic one stands still while a machine sleeps, the other one may be set. */
export interface Moment {
  monotonic: number;
  wall: number;
}

export const momentOf = (clock: Clock): Moment => ({ monotonic: clock.monotonic(), wall: clock.now() });

/** Milliseconds since then, by the clock that says more. */
export const spentSince = (clock: Clock, { monotonic, wall }: Moment): number =>
  Math.max(clock.monotonic() - monotonic, clock.now() - wall);
