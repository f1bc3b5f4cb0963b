import { randomInt } from 'node:crypto';

/** A reproducible source of chance in [0, 1) (mulberry32). */
export const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/**
 * Where a run begins that nobody asked to repeat: anywhere, but in CI always at the same seed, so that a change is judged
 * by what it changes.
 */
export const randomSeed = (): number => (process.env['CI'] === undefined ? randomInt(2 ** 31) : 1);

/** Which seeds are played, and how many. `SEED` and `SEEDS` in the environment say otherwise. */
export const firstSeed = ({ usually, inCi }: { usually: number; inCi: number }): { seed: number; count: number } => {
  const { CI, SEED, SEEDS } = process.env;
  const many = CI === undefined ? usually : inCi;
  return {
    seed: SEED === undefined ? randomSeed() : Number(SEED),
    count: SEEDS === undefined ? (SEED === undefined ? many : 1) : Number(SEEDS),
  };
};
