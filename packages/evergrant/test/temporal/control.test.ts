import { expect, test } from 'vitest';
import { noTotals, reminderDays, type ShardStatus, shardId, type Totals } from '../../src/engine/temporal/contract.ts';
import { createReminders } from '../../src/engine/temporal/reminders.ts';
import { createStarter } from '../../src/engine/temporal/shards.ts';
import { endGrant } from '../../src/grants/failing.ts';
import { appOf, createTestContext, definitionOf, protocolOf } from '../../src/grants/test-support.ts';
import { connections, events, grants } from '../../src/store/index.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { createManualClock } from '../../src/testing/manual-clock.ts';
import type { Account } from '../nodes/cluster.ts';
import { describeWithPostgres } from '../postgres/support.ts';
import type { RunningProcess } from '../support/process.ts';
import { until } from '../support/wait.ts';
import { createFleet, type Fleet, record } from './fleet.ts';
import { describeWithTemporal } from './server.ts';

const day = 86_400_000;

const generationsOf = async ({ store }: Fleet, kind: string): Promise<number[]> =>
  (await store.db.selectFrom('grants').select('generation').where('provider', '=', kind).execute()).map(
    ({ generation }) => generation,
  );

const statusOf = (fleet: Fleet) => fleet.shard().query<ShardStatus>('status');

describeWithTemporal('whoever operates the Temporal engine', (temporal) => {
  describeWithPostgres('has its workflows in hand', (server) => {
    test('pauses a platform, tunes, and stops a shard, over the ends of runs', async () => {
      const fleet = await createFleet(temporal, server);
      await fleet.fill(5, 0);
      const worker = await fleet.startWorker();
      await fleet.renewed();
      const { runId } = await fleet.shard().describe();

      await expect(fleet.tune({ batch: 0 })).rejects.toMatchObject({
        cause: { message: 'batch must be a whole number from 1 to 200' },
      });
      await expect(fleet.tune({ speed: 9 } as never)).rejects.toMatchObject({
        cause: { message: expect.stringContaining('there is nothing called speed') as string },
      });
      await fleet.shard().signal('pauseProvider', 'strict');
      expect(await fleet.tune({ interval: 250, idle: 1000, passes: 4 })).toMatchObject({ batch: 50, passes: 4 });

      await fleet.fill(5, 0);
      await fleet.fill(5, 0, { kind: 'lenient' });
      await until('the other platform', async () => (await generationsOf(fleet, 'lenient')).every((one) => one === 2));
      // What was set outlives the run in which it was.
      await until('the next run', async () => (await fleet.shard().describe()).runId !== runId);
      await record('shard-with-tuning', temporal.client.workflow.getHandle(shardId(fleet.taskQueue, 0), runId));
      expect(await statusOf(fleet)).toMatchObject({ paused: ['strict'], tuning: { interval: 250, passes: 4 } });
      expect((await generationsOf(fleet, 'strict')).filter((one) => one === 2)).toHaveLength(5);

      await fleet.shard().signal('resumeProvider', 'strict');
      await fleet.renewed();
      expect(await fleet.judge()).toEqual([]);
      await fleet.shard().signal('stop');
      const totals = (await fleet.shard().result()) as Totals;
      expect(totals).toEqual({ ...noTotals, passes: totals.passes, renewed: 15 });
      await record('shard-that-was-stopped', fleet.shard());
      worker.signal('SIGTERM');
      expect((await worker.ended).status).toBe(0);

      // A process that starts starts it again.
      await fleet.startWorker();
      expect((await fleet.shard().describe()).status.name).toBe('RUNNING');
    }, 180_000);

    test('places the renewals of some platforms with workers of their own', async () => {
      const fleet = await createFleet(temporal, server, { TEMPORAL_GROUPS: 'eu=lenient', TEMPORAL_SHARDS: '2' });
      await fleet.startWorker();
      await fleet.tune({ interval: 250, idle: 1000 });
      await fleet.fill(5, 0);
      await fleet.fill(5, 0, { kind: 'lenient' });
      await until('the first group', async () => (await generationsOf(fleet, 'strict')).every((one) => one === 2));
      expect(await generationsOf(fleet, 'lenient')).toEqual([1, 1, 1, 1, 1]);
      await fleet.startWorker('--groups', 'eu');
      await fleet.renewed();
      expect(await fleet.judge()).toEqual([]);
      const second = temporal.client.workflow.getHandle(shardId(fleet.taskQueue, 1));
      expect(await second.query<ShardStatus>('status')).toMatchObject({ shard: 1 });
      const attributes = (await second.describe()).typedSearchAttributes;
      expect(attributes.get({ name: 'EvergrantShard', type: 'INT' })).toBe(1);
    }, 180_000);

    test('deploys another version, with which the shard goes on when it is made current', async () => {
      const fleet = await createFleet(temporal, server);
      const deploy = async (buildId: string): Promise<RunningProcess> => {
        const worker = await fleet.launch(['worker', '--json'], { TEMPORAL_WORKER_BUILD_ID: buildId });
        await worker.says('Temporal is reached', 60_000);
        return worker;
      };
      const makeCurrent = (buildId: string): Promise<unknown> =>
        until('the version', async () => {
          const namespace = 'default';
          const version = { namespace, deploymentName: fleet.taskQueue, buildId, ignoreMissingTaskQueues: true };
          const asked = temporal.client.workflowService.setWorkerDeploymentCurrentVersion(version);
          return asked.then(
            () => true,
            () => false,
          );
        });
      const old = await deploy('1');
      await makeCurrent('1');
      await fleet.fill(5, 0);
      await fleet.renewed();
      const { runId } = await fleet.shard().describe();

      await deploy('2');
      await makeCurrent('2');
      old.signal('SIGTERM');
      expect((await old.ended).status, old.output()).toBe(0);
      await fleet.fill(5, 0);
      await fleet.renewed();
      expect(await fleet.judge()).toEqual([]);
      const { raw } = await fleet.shard().describe();
      expect(raw.workflowExecutionInfo).toMatchObject({
        execution: { runId },
        versioningInfo: { deploymentVersion: { deploymentName: fleet.taskQueue, buildId: '2' } },
      });
    }, 180_000);

    test('reads that payloads are sealed', async () => {
      const fleet = await createFleet(temporal, server, { TEMPORAL_ENCRYPT_PAYLOADS: 'on' });
      await fleet.fill(5, 0);
      await fleet.startWorker();
      await fleet.renewed();
      const { events: history } = await fleet.shard().fetchHistory();
      const [input] = history![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
      expect(Buffer.from(input!.metadata!['encoding']!).toString()).toBe('binary/evergrant-sealed');
      expect(Buffer.from(input!.data!).toString('latin1')).not.toContain('shard');
      expect(JSON.stringify(history)).not.toContain(fleet.accounts[0]!.grantId);
    }, 180_000);

    test('reminds of connections that need a person, until they need nobody', async () => {
      const fleet = await createFleet(temporal, server);
      await fleet.fill(3, day);
      const [kept, removed, short] = fleet.accounts as [Account, Account, Account];
      const worker = await fleet.startWorker();
      const app = appOf(definitionOf({ rotates: true, grace: 0, reuseRevokes: true, lifetime: day }));
      const protocol = protocolOf(() => Promise.reject(new Error('nothing is sent from here')));
      const context = createTestContext({ ...fleet, clock: createManualClock(Date.now()), app, protocol });
      const now = Date.now();
      for (const { grantId } of fleet.accounts) {
        const grant = (await grants.byId(fleet.store.db, grantId))!;
        await fleet.store.transaction((tx) => endGrant(tx, grant, 'revoked_or_expired', null, now));
      }
      const starter = await createStarter(temporal.client, 'default', silentLogger);
      const reminders = createReminders(context, temporal.client, starter, fleet.taskQueue);
      await reminders.reconcile();

      const handle = ({ connectionId }: Account) =>
        temporal.client.workflow.getHandle(`${fleet.taskQueue}/reauth-reminder/${connectionId}/1`);
      for (const account of fleet.accounts) expect((await handle(account).describe()).status.name).toBe('RUNNING');
      expect((await handle(kept).describe()).typedSearchAttributes.getAll().map(({ value }) => value)).toEqual(
        expect.arrayContaining(['strict', 'revoked_or_expired']),
      );

      // The first of its days has come.
      const days = [1, 3].map((one) => one + 1 / 86_400);
      const due = await temporal.client.workflow.start('reauthReminder', {
        workflowId: `${fleet.taskQueue}/of-another-day`,
        taskQueue: fleet.taskQueue,
        args: [{ connectionId: short.connectionId, generation: 1, since: Date.now() - day, days }],
      });
      const timeline = async ({ connectionId }: Account) =>
        (await events.ofConnection(fleet.store.db, connectionId, { limit: 10 })).map(({ type }) => type);
      await until('the reminder', async () => (await timeline(short)).includes('connection.reauth_reminder'));
      expect(await timeline(kept)).toEqual(['connection.reauth_required']);
      await due.signal('reconnected');
      expect(await due.result()).toEqual({ end: 'reconnected', reminders: 1 });
      await record('reminder', due);

      const api = await fleet.startApi();
      expect((await api.api.call('DELETE', `/v1/connections/${removed.connectionId}`)).status).toBeLessThan(300);
      expect(await connections.byId(fleet.store.db, removed.connectionId)).toBeUndefined();
      await until('its end', async () => {
        await reminders.reconcile();
        return (await handle(removed).describe()).status.name === 'COMPLETED';
      });
      expect(await handle(removed).result()).toEqual({ end: 'deleted', reminders: 0 });
      await record('reminder-of-a-deleted-connection', handle(removed));
      // Another process that comes across it says nothing twice.
      await createReminders(context, temporal.client, starter, fleet.taskQueue).reconcile();
      expect((await handle(kept).describe()).status.name).toBe('RUNNING');
      const [input] = (await handle(kept).fetchHistory()).events!;
      const { payloads } = input!.workflowExecutionStartedEventAttributes!.input!;
      expect(JSON.parse(Buffer.from(payloads![0]!.data!).toString())).toEqual({
        connectionId: kept.connectionId,
        generation: 1,
        since: now,
        days: reminderDays,
      });
      worker.signal('SIGTERM');
      expect((await worker.ended).status, worker.output()).toBe(0);
    }, 180_000);
  });
});
