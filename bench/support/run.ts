import type { ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Count } from './chains.ts';
import type { BenchDatabase } from './database.ts';
import { dueBy, type Plan } from './plan.ts';
import { treeTime } from './process-tree.ts';
import { processorTime, serve, stop } from './processes.ts';
import type { Knobs } from './provider.ts';
import type { Provider } from './provider-client.ts';

/** What is to be run. */
export interface Load {
  database: BenchDatabase;
  provider: Provider;
  nodes: number;
  /** Grants that become due in a second. */
  rate: number;
  /** How many grants there are; no more of them become due than the run lasts. */
  grants: number;
  seconds: number;
  knobs?: Partial<Knobs>;
  /** Milliseconds that engines take to start beyond what the embedded one does. */
  startup?: number;
  /** Further settings of the engines' processes. */
  environment?: Record<string, string>;
  /** Further processes whose time counts, e.g. a server that engines work with. */
  servers?: number[];
}

export interface Outcome {
  count: Count;
  /** Renewals a second after the first two seconds, in which the engine warms up. */
  perSecond: number;
  /** Due grants that had not been renewed: in the middle of the run, and at its end. */
  backlog: { middle: number; end: number };
  /** Microseconds of processor time for one renewal, of the engines and the servers that they work with. */
  processor: number;
  /** Tokens stored that the provider would refuse, and grants that did not come out as they should. */
  lost: number;
}

/** Milliseconds until the first grant is due: engines start meanwhile, and before that every grant gets its time. */
const startTime = (grants: number): number => 4000 + grants / 50;
const warmUp = 2;

/** New access tokens live for an hour: what was renewed is not due again within a run. */
export const defaultKnobs: Knobs = { lifetime: 3600, rotates: true, grace: 0, latency: null, errors: {} };

/** Runs engines on a database at a given rate, and has the provider judge what became of it. */
export const run = async (load: Load): Promise<Outcome> => {
  const { database, provider, grants, rate, seconds } = load;
  const plan: Plan = { grants, rate, base: Date.now() + startTime(grants) + (load.startup ?? 0) };
  await provider.plan(plan, { ...defaultKnobs, ...load.knobs });
  await database.plan(plan);
  const engines = await startEngines(load);
  try {
    await pause(Math.max(0, plan.base + warmUp * 1000 - Date.now()));
    const before = { time: used(engines, load), renewed: (await provider.count()).renewed };
    await pause(Math.max(0, plan.base + seconds * 1000 - Date.now()));
    const count = await provider.count();
    const processor = (used(engines, load) - before.time) / Math.max(1, count.renewed - before.renewed);
    await Promise.all(engines.map(stop));
    return { ...judgeTimes(plan, seconds, count), count, processor, lost: await judgeTokens(load) };
  } finally {
    await Promise.all(engines.map(stop));
  }
};

const startEngines = async (load: Load): Promise<ChildProcess[]> => {
  const nodes = Array.from({ length: load.nodes }, () => startEngine(load.database, load.provider, load.environment));
  const started = await Promise.allSettled(nodes);
  const engines = started.flatMap((node) => (node.status === 'fulfilled' ? node.value : []));
  const failed = started.find((node) => node.status === 'rejected');
  if (!failed) return engines;
  await Promise.all(engines.map(stop));
  throw failed.reason;
};

export const startEngine = (
  database: BenchDatabase,
  provider: Provider,
  environment: Record<string, string> = {},
): Promise<ChildProcess> =>
  serve('engine.ts', [], {
    ...database.environment,
    ...environment,
    BENCH_PROVIDER: provider.url,
    BENCH_CONCURRENCY: '512',
    // For example `--cpu-prof`, to see where an engine spends its time.
    NODE_OPTIONS: process.env['BENCH_NODE_OPTIONS'] ?? '',
  });

/** Microseconds of processor time that engines and servers have used. */
const used = (engines: ChildProcess[], { database, servers = [] }: Load): number =>
  [...servers, ...(database.server === null ? [] : [database.server])].reduce(
    (sum, server) => sum + treeTime(server),
    engines.reduce((sum, { pid }) => sum + processorTime(pid), 0),
  );

const judgeTimes = (plan: Plan, seconds: number, { timeline }: Count): Pick<Outcome, 'perSecond' | 'backlog'> => {
  const renewedBy = (second: number): number => timeline.slice(0, second * 10).reduce((sum, count) => sum + count, 0);
  const backlogAt = (second: number): number => dueBy(plan, plan.base + second * 1000) - renewedBy(second);
  return {
    perSecond: (renewedBy(seconds) - renewedBy(warmUp)) / (seconds - warmUp),
    backlog: { middle: backlogAt(Math.floor((warmUp + seconds) / 2)), end: backlogAt(seconds) },
  };
};

const judgeTokens = async ({ database, provider }: Load): Promise<number> => {
  const { tokens, leftOver } = await database.reckon();
  return (await provider.judge(tokens)) + leftOver;
};
