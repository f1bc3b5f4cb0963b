import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits for a condition instead of for luck.
 *
 * @param look gives something other than `undefined`, `null` or `false` once the condition holds
 * @param what completes "… did not happen"
 * @returns what `look` gave
 */
export const until = async <T>(
  what: string,
  look: () => T | Promise<T>,
  { within = 15_000, every = 20 }: { within?: number; every?: number } = {},
): Promise<Exclude<T, undefined | null | false>> => {
  const deadline = performance.now() + within;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) {
      return found as Exclude<T, undefined | null | false>;
    }
    if (performance.now() > deadline) throw new Error(`${what}: did not happen within ${within / 1000} s`);
    await pause(every);
  }
};
