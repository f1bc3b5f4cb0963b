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
 * Where a run begins: always at the same seed, so that a change is judged by what it changes. `SEED=random` begins
 * anywhere, `SEED=123` there.
 */
export const startingSeed = (): number => {
  const { SEED = '1' } = process.env;
  return SEED === 'random' ? randomInt(2 ** 31) : Number(SEED);
};

/** Which seeds are played, and how many: a seed that is asked for is played alone, if `SEEDS` does not say otherwise. */
export const firstSeed = ({ usually, inCi }: { usually: number; inCi: number }): { seed: number; count: number } => {
  const { CI, SEED, SEEDS } = process.env;
  const isAskedFor = SEED !== undefined && SEED !== 'random';
  const many = CI === undefined ? usually : inCi;
  return { seed: startingSeed(), count: Number(SEEDS ?? (isAskedFor ? 1 : many)) };
};
