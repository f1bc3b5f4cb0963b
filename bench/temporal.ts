import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Capacity, findCapacity, grantsFor } from './support/capacity.ts';
import { spread } from './support/figures.ts';
import { type Load, type Outcome, run } from './support/run.ts';
import { openSubject } from './support/subjects.ts';
import { startTemporal, type TemporalServer } from './support/temporal.ts';

/*
 * The Temporal engine beside the embedded one: two nodes of each on PostgreSQL, taking turns within one run, so that
 * whatever else the machine does hits both. Temporal itself runs on the same machine, as its development server. First the
 * highest rate at which the backlog does not grow, with a shard that looks four times a second, since one that lets grants
 * gather for ten seconds has a backlog by intent; then lateness at a given rate, with shards as they come and with shards
 * that look every second. The provider judges what was lost. The search for the highest rate takes many runs; `--no-capacity`
 * leaves it out, to see in a minute or two whether all of it works.
 * `npm run bench:temporal -- --rounds 3 --seconds 10 --rate 100`
 * `npm run bench:temporal -- --rounds 1 --rate 20 --late 5 --no-capacity`
 */

const options = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '100' },
    late: { type: 'string', default: '30' },
    capacity: { type: 'boolean', default: true },
  },
  allowNegative: true,
}).values;
const [rounds, seconds, rate, late] = [options.rounds, options.seconds, options.rate, options.late].map(Number) as [
  number,
  number,
  number,
  number,
];

/** Milliseconds. */
const latency = { median: 120, p99: 800 };

type Way = Pick<Load, 'environment' | 'servers'>;

interface Temporal extends Pick<TemporalServer, 'address' | 'client'> {
  pid: number;
}

let queues = 0;

/**
 * A queue of its own for each run: none meets the shard of another.
 *
 * @param interval milliseconds between two looks of its shard; null: as it comes
 */
const temporalWay = ({ address, pid, client }: Temporal, interval: number | null): Way => {
  const taskQueue = `bench-${++queues}`;
  if (interval !== null) void tune(client, taskQueue, interval);
  return { environment: { BENCH_TEMPORAL: address, BENCH_TASK_QUEUE: taskQueue }, servers: [pid] };
};

/** As soon as its shard runs. */
const tune = async (client: TemporalServer['client'], taskQueue: string, interval: number): Promise<void> => {
  const handle = client.workflow.getHandle(`${taskQueue}/refresh-shard/0`);
  for (;;) {
    try {
      await handle.executeUpdate('setTuning', { args: [{ interval }] });
      return;
    } catch {
      await pause(200);
    }
  }
};

const capacityRow = (results: Capacity[]) => ({
  'refreshes/s': spread(results.map((one) => one.rate)),
  'processor µs each': spread(results.map(({ processor }) => processor)),
  lost: results.reduce((sum, { lost }) => sum + lost, 0),
});

const latenessRow = (results: Outcome[]) => {
  const lateness = results.flatMap(({ count }) => count.lateness ?? []);
  const figures = (of: 'p50' | 'p99' | 'max') =>
    lateness.length < results.length ? 'nothing renewed in time' : spread(lateness.map((one) => one[of]));
  return {
    'p50 ms': figures('p50'),
    'p99 ms': figures('p99'),
    'max ms': figures('max'),
    'renewed/s': spread(results.map(({ perSecond }) => perSecond)),
    lost: results.reduce((sum, { lost }) => sum + lost, 0),
  };
};

/** A Temporal worker bundles its workflows first; both get the time for it. */
const startup = 8000;

const server = await startTemporal();
const temporal: Temporal = { address: server.address, pid: server.pid(), client: server.client };
const many = options.capacity ? await openSubject('postgres', grantsFor(seconds)) : null;
const few = await openSubject('postgres', rate * late);
try {
  const capacity = { embedded: [] as Capacity[], temporal: [] as Capacity[] };
  const lateness = { embedded: [] as Outcome[], temporal: [] as Outcome[], quick: [] as Outcome[] };
  const calm = { ...few, grants: rate * late, rate, seconds: late, knobs: { latency }, startup };
  for (let round = 0; round < rounds; round++) {
    if (many) {
      const busy = { ...many, seconds, startup };
      capacity.embedded.push(await findCapacity(busy));
      capacity.temporal.push(await findCapacity({ ...busy, ...temporalWay(temporal, 250) }));
    }
    lateness.embedded.push(await run(calm));
    lateness.temporal.push(await run({ ...calm, ...temporalWay(temporal, null) }));
    lateness.quick.push(await run({ ...calm, ...temporalWay(temporal, 1000) }));
  }
  console.log(`Two nodes on PostgreSQL, ${rounds} rounds, Node ${process.versions.node}: median (lowest to highest)\n`);
  if (many) {
    console.log(`The highest rate at which the backlog does not grow, over ${seconds} s:`);
    console.table({ embedded: capacityRow(capacity.embedded), temporal: capacityRow(capacity.temporal) });
    console.log('Processor time is that of engines, database server and Temporal; the provider is not in it.\n');
  }
  console.log(
    `Lateness at ${rate} renewals a second over ${late} s, a provider that takes ${latency.median} ms (p99 ${latency.p99} ms):`,
  );
  console.table({
    embedded: latenessRow(lateness.embedded),
    'temporal, looking every 10 s': latenessRow(lateness.temporal),
    'temporal, looking every 1 s': latenessRow(lateness.quick),
  });
} finally {
  await few.close();
  await many?.close();
  await server.stop();
}
