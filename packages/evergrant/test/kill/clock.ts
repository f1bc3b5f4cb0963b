import type { Clock } from '../../src/telemetry/clock.ts';

/**
 * A clock on which everything goes faster, and that every process of a test reads alike: hours of lives, leases and
 * pauses, all in their true proportions, pass in a minute.
 *
 * @param origin real milliseconds since the epoch at which it shows what it really is
 */
export const createFastClock = ({ origin, speed }: { origin: number; speed: number }): Clock => ({
  now: () => Math.floor(origin + (Date.now() - origin) * speed),
  monotonic: () => performance.now() * speed,
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds / speed);
    timer.unref();
    return () => clearTimeout(timer);
  },
});
