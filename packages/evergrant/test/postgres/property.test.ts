import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstSeed } from '../../src/grants/simulation/random.test-support.ts';
import { play } from '../../src/grants/simulation/run.test-support.ts';
import { platforms } from '../../src/grants/simulation/scenarios.test-support.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import type { ManualClock } from '../../src/testing/manual-clock.ts';
import { empty } from '../store/support.ts';
import { describeWithPostgres } from './support.ts';

/** `SEED=123 vitest run postgres/property` replays one, as far as two connections to a server can be replayed. */
const { seed: first, count } = firstSeed({ usually: 20, inCi: 20 });

describeWithPostgres('on PostgreSQL too', (server) => {
  let store: Store;

  beforeAll(async () => {
    const { url } = await server.createDatabase();
    store = await openStore({ kind: 'postgres', url }, { clock: systemClock });
  });
  afterAll(() => store.close());

  /** One database for all seeds: a new one takes longer to make than a seed to play. */
  const openEmpty = async (clock: ManualClock): Promise<Store> => {
    await empty(store);
    return { ...store, now: async () => clock.now(), close: async () => {} };
  };

  describe('no grant is lost but those whose answer died on the wire', () => {
    for (const [name, scenario] of Object.entries(platforms)) {
      test(`at a platform that ${name}`, async () => {
        for (let seed = first; seed < first + count; seed++) {
          const { violations, steps } = await play(openEmpty, seed, scenario);
          expect(violations, `replay with SEED=${seed}; the steps were\n${steps.join('\n')}`).toEqual([]);
        }
      }, 600_000);
    }
  });
});
