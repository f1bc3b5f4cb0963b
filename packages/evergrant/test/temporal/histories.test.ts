import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { describeWithPostgres } from '../postgres/support.ts';
import { findSecrets } from '../support/canaries.ts';
import { until } from '../support/wait.ts';
import { createFleet } from './fleet.ts';
import { describeWithTemporal, type TemporalServer } from './server.ts';

type Event = NonNullable<Awaited<ReturnType<typeof historyOf>>['events']>[number];

const historyOf = (temporal: TemporalServer, workflowId: string, runId?: string) =>
  temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();

/** What Temporal Cloud counts as an action, as far as histories show it. */
const isAction = (event: Event): boolean =>
  Boolean(
    event.workflowExecutionStartedEventAttributes ??
      event.activityTaskScheduledEventAttributes ??
      event.timerStartedEventAttributes ??
      event.workflowExecutionSignaledEventAttributes ??
      event.workflowExecutionUpdateAcceptedEventAttributes ??
      event.markerRecordedEventAttributes,
  );

/** Attempts beyond the first of an activity are counted where it ends. */
const repeats = (event: Event): number => Math.max(0, (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1);

const renewals = 1000;

const canary = { owner: 'canary-owner@example.com', subject: 'canary-subject-4711', name: 'Canary Whistler' };

describeWithTemporal('the histories of the Temporal engine', (temporal) => {
  describeWithPostgres('after 1,000 renewals', (server) => {
    test('hold no token, secret or name, and at most 0.03 actions for a renewal', async () => {
      const fleet = await createFleet(temporal, server);
      await fleet.fill(renewals, 0);
      const { owner, subject, name } = canary;
      for (const table of ['grants', 'schedule', 'connections']) {
        await sql`update ${sql.table(table)} set owner = ${owner}`.execute(fleet.store.db);
      }
      await sql`update grants set subject = ${subject}`.execute(fleet.store.db);
      await sql`update connections set name = ${name}, username = ${name}`.execute(fleet.store.db);
      const worker = await fleet.startWorker('--port', '0');
      await fleet.renewed();
      expect(await fleet.judge()).toEqual([]);
      await until(
        'its results',
        async () => (await fleet.shard().query<{ inFlight: number }>('status')).inFlight === 0,
      );

      const events: Event[] = [];
      let text = '';
      for await (const { workflowId, runId } of temporal.client.workflow.list({
        query: `TaskQueue = "${fleet.taskQueue}"`,
      })) {
        const history = await historyOf(temporal, workflowId, runId);
        events.push(...history.events!);
        text += historyToJSON(history);
      }
      const stored = await Promise.all(fleet.accounts.slice(0, 50).map((account) => fleet.stored(account)));
      const secrets = {
        owner: [owner],
        subject: [subject],
        name: [name],
        'first refresh token': fleet.accounts.slice(0, 50).map(({ token }) => token),
        'refresh token': stored.map(({ refreshToken }) => refreshToken),
        'access token': stored.map(({ accessToken }) => accessToken),
        'api key': [fleet.apiKey],
        'encryption key': [fleet.encryptionKeys.split(':')[1]!],
      };
      // The search would find what is there: ids are.
      expect(findSecrets('histories', text, { grant: [fleet.accounts[0]!.grantId] })).not.toEqual([]);
      expect(findSecrets('histories', text, secrets)).toEqual([]);

      const actions = events.filter(isAction).length + events.reduce((sum, event) => sum + repeats(event), 0);
      const { port } = JSON.parse(/^\{"task_queue.*$/m.exec(worker.output())![0]) as { port: number };
      const headers = { authorization: `Bearer ${fleet.apiKey}` };
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
      const requests = (operation: string): number =>
        Number(new RegExp(`^temporal_request\\{.*operation="${operation}"\\} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0);
      expect(requests('RespondActivityTaskCompleted')).toBeGreaterThanOrEqual(renewals / 50);
      // Heartbeats are actions as well, and stand in no history; only batches that take long send any.
      const beats = requests('RecordActivityTaskHeartbeat');
      console.info(`${actions} actions and ${beats} heartbeats for ${renewals} renewals`);
      expect(actions / renewals).toBeLessThanOrEqual(0.03);
      worker.signal('SIGTERM');
      expect((await worker.ended).status, worker.output()).toBe(0);
    }, 240_000);
  });
});
