import { parseArgs } from 'node:util';
import { spread } from './support/figures.ts';
import { type Outcome, run } from './support/run.ts';
import { withSubjects } from './support/subjects.ts';

/*
 * How late renewals are at a given rate: from the moment at which a grant is due to its request at the provider, which
 * takes its time to answer as real ones do. `npm run bench:lateness -- --rate 500 --seconds 20 --rounds 3`
 */

const options = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    database: { type: 'string', multiple: true, default: ['sqlite', 'postgres'] },
  },
}).values;
const [rate, rounds, seconds] = [Number(options.rate), Number(options.rounds), Number(options.seconds)];

/** Milliseconds. */
const latency = { median: 120, p99: 800 };

const columns = (outcomes: Outcome[]) => {
  const lateness = outcomes.map(({ count }) => count.lateness ?? { p50: 0, p99: 0, max: 0 });
  return {
    'p50 ms': spread(lateness.map(({ p50 }) => p50)),
    'p99 ms': spread(lateness.map(({ p99 }) => p99)),
    'max ms': spread(lateness.map(({ max }) => max)),
    'renewed/s': spread(outcomes.map(({ perSecond }) => perSecond)),
    lost: outcomes.reduce((sum, { lost }) => sum + lost, 0),
  };
};

await withSubjects(options.database, rate * seconds, async (subjects) => {
  const results = new Map(subjects.map((subject) => [subject, [] as Outcome[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [subject, outcomes] of results) {
      outcomes.push(await run({ ...subject, grants: rate * seconds, rate, seconds, knobs: { latency } }));
    }
  }
  console.log(
    `Lateness at ${rate} renewals a second, ${rounds} rounds of ${seconds} s, a provider that takes ${latency.median} ms (p99 ${latency.p99} ms), Node ${process.versions.node}: median (lowest to highest)\n`,
  );
  console.table(Object.fromEntries([...results].map(([{ name }, outcomes]) => [name, columns(outcomes)])));
});
