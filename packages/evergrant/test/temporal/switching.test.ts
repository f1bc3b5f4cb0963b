import { expect, test } from 'vitest';
import type { ShardStatus } from '../../src/engine/temporal/contract.ts';
import { describeWithPostgres } from '../postgres/support.ts';
import { until } from '../support/wait.ts';
import { createFleet } from './fleet.ts';
import { describeWithTemporal } from './server.ts';

describeWithTemporal('from the embedded engine to Temporal and back', (temporal) => {
  describeWithPostgres('under load', (server) => {
    test('renews every grant once, while both run as well', async () => {
      const fleet = await createFleet(temporal, server);
      fleet.platform.answerAfter(30);
      /** Accounts that come due from now on, some of which are renewed. Without any grace: a second request would end one. */
      const wave = async (): Promise<void> => {
        const accounts = await fleet.fill(60, 4000);
        await until('renewals', () => fleet.asked(accounts) >= 20, { within: 60_000 });
      };
      const embedded = await fleet.startNode({ ENGINE: 'embedded' });
      await wave();
      const worker = await fleet.startWorker();
      await fleet.tune({ interval: 250, batch: 10 });
      await wave();
      expect(await embedded.service.stop(), embedded.output()).toBe(0);
      await wave();
      const { totals } = await fleet.shard().query<ShardStatus>('status');
      expect(totals.renewed).toBeGreaterThan(0);
      await embedded.startAgain();
      await wave();
      worker.signal('SIGTERM');
      expect((await worker.ended).status, worker.output()).toBe(0);
      await wave();

      await fleet.renewed();
      expect(await fleet.judge()).toEqual([]);
      expect(await embedded.service.stop(), embedded.output()).toBe(0);
    }, 240_000);
  });
});
