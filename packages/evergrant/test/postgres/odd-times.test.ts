import { expect, onTestFinished, test } from 'vitest';
import { createRenewals } from '../../src/grants/renew.ts';
import {
  appOf,
  createTestContext,
  definitionOf,
  openTestStore,
  protocolOf,
  seedGrant,
  testVault,
} from '../../src/grants/test-support.ts';
import type { RawAnswer } from '../../src/protocols/types.ts';
import { grants, journal } from '../../src/store/index.ts';
import { createManualClock } from '../../src/testing/manual-clock.ts';
import { describeWithPostgres } from './support.ts';

const hour = 3_600_000;

/** Times are whole milliseconds in columns of 64 bits. What platforms send are numbers of JSON. */
describeWithPostgres('a new token whose life is', (server) => {
  test.each([3599.1234567, 0.0001, 1.001, 1e300])('%d seconds is stored', async (expires_in) => {
    const clock = createManualClock();
    const store = await openTestStore(clock, { kind: 'postgres', url: (await server.createDatabase()).url });
    onTestFinished(() => store.close());
    const answer: RawAnswer = {
      status: 200,
      headers: {},
      body: JSON.stringify({ access_token: 'new', refresh_token: 'newer', expires_in }),
    };
    const app = appOf(definitionOf({ rotates: true, grace: 0, reuseRevokes: true, lifetime: hour }));
    const context = createTestContext({
      store,
      vault: testVault(),
      clock,
      app,
      protocol: protocolOf(async () => answer),
    });
    const { grantId } = await seedGrant(context, { refreshToken: 'old', lifetime: hour });
    clock.advance(hour);
    expect(await createRenewals(context).renew(grantId, 'reader')).toEqual({ kind: 'renewed' });
    expect(await journal.unfinishedRenewals(store.db, clock.now())).toEqual([]);
    expect(await grants.byId(store.db, grantId)).toMatchObject({ status: 'active', generation: 2 });
  });
});
