import { expect, test } from 'vitest';
import { describeWithPostgres } from '../postgres/support.ts';
import { until } from '../support/wait.ts';
import { createFleet, record } from './fleet.ts';
import { describeWithTemporal } from './server.ts';

const hour = 3_600_000;

describeWithTemporal('kills at the Temporal engine', (temporal) => {
  describeWithPostgres('on PostgreSQL', (server) => {
    test('of a worker in mid-batch, the API and the Temporal server lose no grant', async () => {
      const fleet = await createFleet(temporal, server);
      const { platform } = fleet;
      const expired = await fleet.connect({ living: -1000, dueIn: hour });
      platform.answerAfter(50);
      const api = await fleet.startApi();
      const workers = await Promise.all([fleet.startWorker(), fleet.startWorker()]);
      await fleet.tune({ interval: 500, batch: 10 });
      /** Accounts that come due while something is done to the fleet, which is begun when some of them are renewed. */
      const wave = async (): Promise<void> => {
        const accounts = await fleet.fill(50, 4000, { kind: 'lenient' });
        await until('renewals', () => fleet.asked(accounts) >= 10, { within: 60_000 });
      };

      await wave();
      platform.hold();
      await until('requests', () => platform.held().length >= 15, { within: 60_000 });
      const loads = await Promise.all(workers.map((worker) => fleet.underWay(worker)));
      const [victim, other] = loads[0]! > loads[1]! ? workers : workers.toReversed();
      victim!.signal('SIGKILL');
      await victim!.ended;
      const caught = new Set(platform.held().map(({ family }) => family));
      platform.release();

      await wave();
      await api.service.kill();
      await api.startAgain();

      await wave();
      await temporal.kill();
      // Reads go on, and what they need is renewed at once.
      const read = await api.api.token(expired.connectionId);
      expect({ status: read.status, generation: read.body?.generation }).toEqual({ status: 200, generation: 2 });
      // So does a process that starts meanwhile.
      const late = await fleet.startNode();
      expect((await late.api.token(expired.connectionId)).status).toBe(200);
      await fleet.fill(50, 4000, { kind: 'lenient' });
      await temporal.start();

      await fleet.renewed(90_000);
      const twice = await fleet.judge();
      expect(twice.length).toBeGreaterThan(0);
      for (const token of twice) expect(caught.has(token.split('~')[0]!), token).toBe(true);
      await record('shard-with-broken-batches', fleet.shard());
      other!.signal('SIGTERM');
      expect((await other!.ended).status, other!.output()).toBe(0);
      // One that cannot say goodbye ends all the same.
      await temporal.kill();
      expect(await late.service.stop(), late.output()).toBe(0);
    }, 300_000);
  });
});
