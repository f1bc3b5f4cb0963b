import { expect, it } from 'vitest';
import { openTestStore } from '../test-support.ts';
import { firstSeed } from './random.test-support.ts';
import { play } from './run.test-support.ts';
import { platforms } from './scenarios.test-support.ts';

const { seed: first, count } = firstSeed({ usually: 60, inCi: 600 });

/**
 * Plays many seeds at each of these platforms. `SEED=123` replays one, `SEED=1 SEEDS=2000` plays so many from there on.
 * The platforms stand in several files, which run side by side.
 */
export const itHoldsAt = (...names: (keyof typeof platforms)[]): void => {
  for (const name of names) {
    it(`at a platform that ${name}`, async () => {
      for (let seed = first; seed < first + count; seed++) {
        const { violations, steps } = await play((clock) => openTestStore(clock), seed, platforms[name]);
        expect(violations, `replay with SEED=${seed}; the steps were\n${steps.join('\n')}`).toEqual([]);
      }
    }, 600_000);
  }
};
