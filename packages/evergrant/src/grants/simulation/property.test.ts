import { describe, expect, it } from 'vitest';
import { openTestStore } from '../test-support.ts';
import { randomSeed } from './random.test-support.ts';
import { play } from './run.test-support.ts';
import { platforms } from './scenarios.test-support.ts';

/** `SEED=123 vitest run property` replays one. */
const replay = process.env['SEED'] === undefined ? null : Number(process.env['SEED']);
const seedsEach = Number(process.env['SEEDS'] ?? 60);

describe('whatever happens, no grant is lost but those whose answer died on the wire', () => {
  for (const [name, scenario] of Object.entries(platforms)) {
    it(`at a platform that ${name}`, async () => {
      const first = replay ?? randomSeed();
      for (let seed = first; seed < first + (replay === null ? seedsEach : 1); seed++) {
        const { violations, steps } = await play((clock) => openTestStore(clock), seed, scenario);
        expect(violations, `replay with SEED=${seed}; the steps were\n${steps.join('\n')}`).toEqual([]);
      }
    }, 300_000);
  }
});
