import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median, spread } from './support/figures.ts';
import { residentMegabytes, treeTime } from './support/process-tree.ts';
import { processorTime, stop } from './support/processes.ts';
import { type Outcome, run, startEngine } from './support/run.ts';
import { isKind, openSubject, type Subject } from './support/subjects.ts';

/*
 * What a renewal costs at one rate with ever more grants, and what an engine costs that has the most of them and
 * nothing to do. `npm run bench:scale -- --grants 10000 --grants 100000 --grants 1000000 --database sqlite`
 */

const options = parseArgs({
  options: {
    grants: { type: 'string', multiple: true, default: ['10000', '100000', '1000000'] },
    rate: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    idle: { type: 'string', default: '60' },
    database: { type: 'string', default: 'sqlite' },
  },
}).values;
const sizes = options.grants.map(Number);
const [rate, rounds, seconds, idle] = [options.rate, options.rounds, options.seconds, options.idle].map(Number) as [
  number,
  number,
  number,
  number,
];

const measureCost = async (subjects: Map<number, Subject>): Promise<void> => {
  const results = new Map([...subjects.keys()].map((grants) => [grants, [] as Outcome[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [grants, outcomes] of results) {
      outcomes.push(await run({ ...subjects.get(grants)!, nodes: 1, grants, rate, seconds }));
    }
  }
  const first = median(results.get(sizes[0]!)!.map(({ processor }) => processor));
  console.log(
    `Cost of a renewal at ${rate} a second on ${options.database}, ${rounds} rounds of ${seconds} s, Node ${process.versions.node}: median (lowest to highest)\n`,
  );
  console.table(
    Object.fromEntries(
      [...results].map(([grants, outcomes]) => [
        grants,
        {
          'processor µs each': spread(outcomes.map(({ processor }) => processor)),
          [`× ${sizes[0]} grants`]: (median(outcomes.map(({ processor }) => processor)) / first).toFixed(2),
          'renewed/s': spread(outcomes.map(({ perSecond }) => perSecond)),
          'p99 lateness ms': spread(outcomes.map(({ count }) => count.lateness?.p99 ?? 0)),
          lost: outcomes.reduce((sum, { lost }) => sum + lost, 0),
        },
      ]),
    ),
  );
};

const measureIdle = async (grants: number, { database, provider }: Subject): Promise<void> => {
  await database.plan({ grants, rate, base: Date.now() + 86_400_000 });
  const begun = performance.now();
  const engine = await startEngine(database, provider);
  const ready = performance.now() - begun;
  try {
    await pause(5000);
    const used = () => processorTime(engine.pid) + (database.server === null ? 0 : treeTime(database.server));
    const before = used();
    await pause(idle * 1000);
    const share = (used() - before) / (idle * 1_000_000);
    console.log(
      `\nWith ${grants} grants and nothing due: ready after ${ready.toFixed(0)} ms from the start of the process, ` +
        `${(share * 100).toFixed(2)} % of a core over ${idle} s, ${residentMegabytes(engine.pid)} MB resident`,
    );
  } finally {
    await stop(engine);
  }
};

if (!isKind(options.database)) throw new Error('--database is sqlite or postgres');
const subjects = new Map<number, Subject>();
try {
  for (const grants of sizes) subjects.set(grants, await openSubject(options.database, grants));
  await measureCost(subjects);
  const most = Math.max(...sizes);
  await measureIdle(most, subjects.get(most)!);
} finally {
  for (const subject of subjects.values()) await subject.close();
}
