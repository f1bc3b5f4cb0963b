import { expect, test } from 'vitest';
import { describeWithOwnPostgres } from '../postgres/support.ts';
import type { RunningProcess } from '../support/process.ts';
import { until } from '../support/wait.ts';
import { createFleet } from './fleet.ts';
import { describeWithTemporal } from './server.ts';

/*
 * What the embedded engine is put through in test/nodes, with workers of the Temporal engine in its place. Kills are in
 * kills.test.ts. What needs no server is tried with both ways of claiming: random faults in grants/simulation, on
 * PostgreSQL too, platforms that misbehave in test/engine.
 */

const patient = { within: 90_000 };

const stop = async (workers: RunningProcess[]): Promise<void> => {
  for (const worker of workers) worker.signal('SIGTERM');
  for (const worker of workers) expect((await worker.ended).status, worker.output()).toBe(0);
};

describeWithTemporal('workers of the Temporal engine', (temporal) => {
  describeWithOwnPostgres('on PostgreSQL', (server) => {
    test('that stand still past the end of their leases overwrite nothing, and lose nothing', async () => {
      const fleet = await createFleet(temporal, server);
      const { platform } = fleet;
      const still = await fleet.startWorker();
      await fleet.tune({ interval: 250, idle: 1000, batch: 10 });
      platform.hold();
      const strict = await fleet.fill(5, 0);
      const lenient = await fleet.fill(5, 0, { kind: 'lenient' });
      await until('the requests', () => platform.held().length === 10, patient);
      still.signal('SIGSTOP');
      platform.release();

      const other = await fleet.startWorker();
      const stored = () => Promise.all(lenient.map((account) => fleet.stored(account)));
      // With grace the same tokens are presented again as soon as the leases are over; without, one more could end a grant.
      const renewed = async () => (await stored()).every(({ grant }) => grant.generation === 2);
      await until('the renewal by another worker', renewed, patient);
      const before = await stored();
      still.signal('SIGCONT');
      await until(
        'the late answers',
        async () => {
          const late = await Promise.all(strict.map((account) => fleet.stored(account)));
          return (
            late.every(({ grant }) => grant.generation === 2) &&
            (await stored()).every(({ candidate }) => candidate !== null)
          );
        },
        patient,
      );
      const tokensOf = (all: typeof before) => all.map(({ refreshToken }) => refreshToken);
      expect(tokensOf(await stored())).toEqual(tokensOf(before));
      await fleet.renewed();
      expect((await fleet.judge()).sort()).toEqual(lenient.map(({ token }) => token).sort());
      for (const { token } of lenient) expect(platform.requests(token)).toBe(2);
      await stop([still, other]);
    }, 300_000);

    test('keep what arrives while PostgreSQL is restarted, and go on', async () => {
      const fleet = await createFleet(temporal, server);
      const { platform } = fleet;
      const workers = await Promise.all([fleet.startWorker(), fleet.startWorker()]);
      await fleet.tune({ interval: 250, idle: 1000, batch: 10 });
      platform.hold();
      await fleet.fill(20, 0);
      await until('the requests', () => platform.held().length === 20, patient);
      await server.stop();
      platform.release();
      const spooled = () => workers.flatMap((worker) => worker.output().match(/it lies in the spool/g) ?? []).length;
      await until('what arrives lies in the spools', () => spooled() === 20, patient);
      await server.start();
      await fleet.renewed(90_000);
      expect(await fleet.judge()).toEqual([]);
      // And life goes on.
      await fleet.fill(10, 0);
      await fleet.renewed(90_000);
      expect(await fleet.judge()).toEqual([]);
      await stop(workers);
    }, 300_000);
  });
});
