import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Context } from '../../grants/context.ts';
import type { Renewals } from '../../grants/renew.ts';
import { defaultGroup, type TemporalSettings } from '../../settings/index.ts';
import { type Chores, logFault, startChores } from '../chores.ts';
import { createRest } from '../rest.ts';
import type { Engine } from '../types.ts';
import { nextWake } from '../wake.ts';
import { createActivities, createGroupActivities } from './activities.ts';
import { dataConverterOf, type Target, targetOf } from './connection.ts';
import { defaultTuning, groupQueue, shardId } from './contract.ts';
import { groupsOf } from './groups.ts';
import { renewBy } from './refresh-now.ts';
import { createReminders } from './reminders.ts';
import { createSdkRuntime } from './runtime.ts';
import { createStarter, ensureShards } from './shards.ts';

export { examineTemporal } from './examine.ts';

/** Batches that a worker of a group renews at the same time. */
const batchesAtOnce = 20;

/** Between two looks at whether every shard and reminder runs, in milliseconds. */
const checkInterval = 60_000;

/** The same while Temporal does not answer. */
const recheckInterval = 5000;

/** The first pause after Temporal could not be reached, and the longest, in milliseconds. */
const retryPause = { first: 1000, longest: 30_000 };

/** Between two pokes, in milliseconds: each is an action, and a shard looks by itself soon enough. */
const pokeInterval = 10_000;

/** What a process does for the engine. */
export interface Role {
  /** Whether workflows run here, and with them the choice of what is due. */
  decides: boolean;
  /** Groups whose renewals are sent from here. */
  groups: string[];
}

/** What a process does that is placed nowhere in particular: all but the groups that workers of their own are for. */
export const anywhere: Role = { decides: true, groups: [defaultGroup] };

interface Session {
  client: Client;
  workers: Worker[];
  /** Resolves when its workers have been shut down; rejects when one of them fails. */
  running: Promise<void>;
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The Temporal engine: workflows decide when what is due is claimed and who sends it; the rows decide everything else,
 * as with every engine. While Temporal is away this process goes on, reads renew what they need, and the connection is
 * tried again.
 *
 * @param chores done now and then, as by every engine
 * @throws SettingsError for a profile, certificate or key that cannot be read
 */
export const startTemporalEngine = (
  context: Context,
  renewals: Renewals,
  settings: TemporalSettings,
  role: Role,
  chores: (() => Promise<void>)[],
): Engine => {
  const { clock, logger, metrics } = context;
  const target = targetOf(settings);
  const choring: Chores = startChores(context, chores);
  let stopped = false;
  let session: Session | null = null;
  let pokedAt = -pokeInterval;
  let connected = false;
  const retrying = createRest(clock, () => stopped);
  const waiting = createRest(clock, () => stopped);
  const runtime = createSdkRuntime(context);
  const noteConnected = (isConnected: boolean): void => {
    connected = isConnected;
    metrics.engineConnected(isConnected);
  };
  noteConnected(false);

  const runOnce = async (): Promise<void> => {
    runtime.ensure();
    const mine = await openSession(context, renewals, settings, target, role);
    session = mine;
    const { address } = target.connection;
    logger.info({ address, namespace: target.namespace, node: context.node, ...role }, 'Temporal is reached');
    try {
      if (stopped) shutDown(mine);
      await Promise.all([mine.running, checking(mine)]);
    } finally {
      session = null;
      noteConnected(false);
      await mine.close();
    }
  };

  const checking = async (mine: Session): Promise<void> => {
    while (!stopped && session === mine) {
      try {
        await mine.check();
        noteConnected(true);
      } catch (error) {
        noteConnected(false);
        logFault(context, error, 'Temporal does not answer; renewals in the background wait for it');
      }
      await waiting.rest(connected ? checkInterval : recheckInterval, () => false);
    }
  };

  const run = async (): Promise<void> => {
    for (let pause = retryPause.first; !stopped; pause = Math.min(2 * pause, retryPause.longest)) {
      try {
        await runOnce();
      } catch (error) {
        if (stopped) return logger.warn({}, 'Temporal was not told that this worker ended; it will notice');
        logFault(context, error, 'Temporal is not reached; renewals in the background wait for it');
        await retrying.rest(pause, () => false);
      }
    }
  };

  /** Tells a shard that something is due before it would look by itself. */
  const poke = async (): Promise<void> => {
    if (!session || clock.monotonic() - pokedAt < pokeInterval) return;
    pokedAt = clock.monotonic();
    const now = clock.now();
    const dueInMs = (await nextWake(context, now, defaultTuning.idle)) - now;
    if (dueInMs >= defaultTuning.idle) return;
    await session?.client.workflow.getHandle(shardId(settings.taskQueue, 0)).signal('poke', { dueInMs });
  };

  const groupOf = groupsOf(settings);
  const renewElsewhere: Engine['renewElsewhere'] = (provider, wanted) => {
    const group = groupOf(provider);
    if (group === defaultGroup || role.groups.includes(group)) return null;
    const client = connected && session ? session.client : null;
    return renewBy(context, client, { ...wanted, group, taskQueue: settings.taskQueue });
  };

  const running = run();
  return {
    ...(Object.keys(settings.groups).length > 0 ? { renewElsewhere } : {}),
    isConnected: () => connected,
    poke: () => void poke().catch((error: unknown) => logger.debug({ error }, 'a shard could not be woken')),
    async stop() {
      stopped = true;
      retrying.wake();
      waiting.wake();
      if (session) shutDown(session);
      await choring.stop();
      await running;
      await renewals.idle();
      runtime.leave();
    },
  };
};

const shutDown = ({ workers }: Session): void => {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
};

const openSession = async (
  context: Context,
  renewals: Renewals,
  settings: TemporalSettings,
  target: Target,
  role: Role,
): Promise<Session> => {
  const { namespace } = target;
  const dataConverter = dataConverterOf(settings, context.vault);
  const connection = await NativeConnection.connect(target.connection);
  try {
    const client = new Client({ connection, namespace, dataConverter, identity: `evergrant ${context.node}` });
    const starter = await createStarter(client, namespace, context.logger);
    const reminders = createReminders(context, client, starter, settings.taskQueue);
    const shards = { ...settings, logger: context.logger };
    await ensureShards(client, starter, shards, 'start');
    const workers = await createWorkers(context, renewals, settings, role, { connection, namespace, dataConverter });
    return {
      client,
      workers,
      running: runAll(workers),
      async check() {
        await ensureShards(client, starter, shards, 'check');
        await reminders.reconcile();
      },
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
};

const createWorkers = async (
  context: Context,
  renewals: Renewals,
  settings: TemporalSettings,
  role: Role,
  shared: Pick<WorkerOptions, 'connection' | 'namespace' | 'dataConverter'>,
): Promise<Worker[]> => {
  const common = {
    ...shared,
    identity: `evergrant ${context.node}`,
    // Longer than a request takes. Our own end waits for what was sent in any case; a server that is away must not hold
    // it up.
    shutdownForceTime: '16 seconds',
    ...versionOf(settings),
  } as const;
  const workers: Worker[] = [];
  if (role.decides) {
    workers.push(
      await Worker.create({
        ...common,
        taskQueue: settings.taskQueue,
        workflowsPath: workflowsPath(),
        // When the worker that had a shard in its memory dies, another one takes over after so long.
        stickyQueueScheduleToStartTimeout: '3 seconds',
        activities: createActivities(context, settings),
      }),
    );
  }
  for (const group of role.groups) {
    workers.push(
      await Worker.create({
        ...common,
        taskQueue: groupQueue(settings.taskQueue, group),
        activities: createGroupActivities(context, renewals),
        maxConcurrentActivityTaskExecutions: batchesAtOnce,
      }),
    );
  }
  return workers;
};

/** A shard runs for ever, and goes on with whichever version is current. */
const versionOf = ({ version }: TemporalSettings): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  version === null
    ? {}
    : {
        workerDeploymentOptions: {
          version: { deploymentName: version.deployment, buildId: version.buildId },
          useWorkerVersioning: true,
          defaultVersioningBehavior: 'AUTO_UPGRADE',
        },
      };

/** When one fails, the others end too: the session as a whole is begun anew. */
const runAll = async (workers: Worker[]): Promise<void> => {
  const runs = workers.map((worker) =>
    worker.run().catch((error: unknown) => {
      for (const other of workers) if (other.getState() === 'RUNNING') other.shutdown();
      throw error;
    }),
  );
  const ended = await Promise.allSettled(runs);
  const failed = ended.find((run) => run.status === 'rejected');
  if (failed) throw failed.reason;
};

/** The SDK bundles workflows from their file: from the source as we run it, from the compiled one as it is published. */
export const workflowsPath = (): string =>
  fileURLToPath(new URL(`./workflows.${import.meta.filename.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));
