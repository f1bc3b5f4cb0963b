import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { expect, onTestFinished } from 'vitest';
import { shardId, type Tuning } from '../../src/engine/temporal/contract.ts';
import type { refreshShard } from '../../src/engine/temporal/shard.workflow.ts';
import { type Account, type AccountOptions, createCluster, type Node } from '../nodes/cluster.ts';
import { startPlatform } from '../nodes/platform.ts';
import type { PostgresServer } from '../postgres/support.ts';
import type { RunningProcess } from '../support/process.ts';
import { until } from '../support/wait.ts';
import type { TemporalServer } from './server.ts';

/*
 * Connected accounts on PostgreSQL, a platform in the test's process that knows the true chains of their tokens, and
 * nodes and workers as processes of their own, on task queues of their own.
 */

export type Fleet = Awaited<ReturnType<typeof createFleet>>;

let serial = 0;

export const createFleet = async (
  temporal: TemporalServer,
  server: PostgresServer,
  environment: Record<string, string> = {},
) => {
  const taskQueue = `test-${process.pid}-${++serial}`;
  const platform = await startPlatform();
  onTestFinished(() => platform.close());
  const settings = { ENGINE: 'temporal', TEMPORAL_ADDRESS: temporal.address, TEMPORAL_TASK_QUEUE: taskQueue };
  const cluster = await createCluster(await server.createDatabase(), platform, {
    environment: { ...settings, ...environment },
    // Four fifths of it are for the background.
    refresh: { limits: { concurrency: 2500 } },
  });
  const accounts: Account[] = [];
  const shard = () => temporal.client.workflow.getHandle<typeof refreshShard>(shardId(taskQueue, 0));

  return {
    ...cluster,
    taskQueue,
    platform,
    accounts,
    shard,
    /** Connects so many accounts that come due one after the other. */
    async fill(count: number, over: number, options: Partial<AccountOptions> = {}): Promise<Account[]> {
      const made: Account[] = [];
      for (let index = 0; index < count; index++) {
        const dueIn = Math.floor((index * over) / count);
        made.push(await cluster.connect({ living: 3_000_000, ...options, dueIn }));
      }
      accounts.push(...made);
      return made;
    },
    startApi: (): Promise<Node> => cluster.startNode({ TEMPORAL_WORKER: 'off' }),
    async startWorker(...args: string[]): Promise<RunningProcess> {
      const worker = await cluster.launch(['worker', '--json', ...args]);
      await worker.says('Temporal is reached', 60_000);
      return worker;
    },
    tune: (change: Partial<Tuning>) =>
      shard().executeUpdate<Tuning, [Partial<Tuning>]>('setTuning', { args: [change] }),
    /** How many renewals a worker has under way. */
    async underWay(worker: RunningProcess): Promise<number> {
      const [, node = ''] = /"node":"([^"]+)"/.exec(worker.output())!;
      const rows = cluster.store.db.selectFrom('schedule').select('mark_id').where('lease_owner', '=', node);
      return (await rows.execute()).length;
    },
    /** How many of them the platform was asked to renew. */
    asked: (of: Account[] = accounts): number => of.filter(({ token }) => platform.requests(token) > 0).length,
    async renewed(within = 60_000): Promise<void> {
      await until('every renewal', () => isSettled(cluster), { within, every: 200 });
    },
    /** By the platform's books nothing is lost. @returns accounts that were presented to it more than once */
    async judge(): Promise<string[]> {
      for (const account of accounts) {
        const { grant, refreshToken, candidate } = await cluster.stored(account);
        expect(grant.status, account.token).toBe('active');
        const isAccepted = [refreshToken, candidate].some((token) => token !== null && platform.accepts(token));
        expect(isAccepted, account.token).toBe(true);
      }
      expect(platform.refusals()).toBe(0);
      return accounts.filter(({ token }) => platform.requests(token) > 1).map(({ token }) => token);
    },
  };
};

/** Renewed, and neither leased nor in doubt. */
const isSettled = async ({ store }: Awaited<ReturnType<typeof createCluster>>): Promise<boolean> => {
  const rows = await store.db
    .selectFrom('grants')
    .innerJoin('schedule', 'schedule.grant_id', 'grants.id')
    .select(['generation', 'mark_id', 'lease_until'])
    .execute();
  return rows.every(({ generation, mark_id, lease_until }) => generation > 1 && !mark_id && !lease_until);
};

/** Where recorded histories lie. */
export const histories = join(import.meta.dirname, 'histories');

type Handle = ReturnType<TemporalServer['client']['workflow']['getHandle']>;

/**
 * With `RECORD_HISTORIES=1` writes a history down, which every later version must be able to replay. Do so when workflows
 * came to do something that none of the recorded ones does; those that are there stay.
 */
export const record = async (name: string, handle: Handle): Promise<void> => {
  if (!process.env['RECORD_HISTORIES']) return;
  mkdirSync(histories, { recursive: true });
  const { events } = JSON.parse(historyToJSON(await handle.fetchHistory())) as { events: object[] };
  const lines = events.map((event) => JSON.stringify(event)).join(',\n');
  writeFileSync(join(histories, `${name}.json`), `{"events":[\n${lines}\n]}\n`);
};
