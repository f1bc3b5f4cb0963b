import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { type Capacity, findCapacity, grantsFor } from './support/capacity.ts';
import { median, spread } from './support/figures.ts';
import { startProvider } from './support/provider-client.ts';
import { defaultKnobs } from './support/run.ts';
import { type Subject, withSubjects } from './support/subjects.ts';

/*
 * Refreshes a second, over real HTTP on loopback, at the highest rate at which the backlog does not grow: one node on
 * SQLite, two nodes on PostgreSQL. Beside them a bare loop of requests with the same HTTP client, which is the limit.
 * They take turns within one run, so that whatever else the machine does hits all of them. Tokens rotate, an old one
 * kills its grant, and the provider judges at the end which stored tokens it would refuse.
 * `npm run bench:renewals -- --rounds 3 --seconds 10 --database sqlite --database postgres`
 */

const { rounds, seconds, database } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    database: { type: 'string', multiple: true, default: ['sqlite', 'postgres'] },
  },
}).values;

interface Bare {
  perSecond: number;
  processor: number;
}

interface Results {
  bare: Bare[];
  engines: Map<Subject, Capacity[]>;
}

const connections = '64';

const measureBareLoop = async (): Promise<Bare> => {
  const provider = await startProvider();
  try {
    await provider.plan({ grants: Number(connections), base: Date.now(), rate: 1 }, defaultKnobs);
    const script = fileURLToPath(new URL('support/post-loop.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, provider.url, connections, '4']);
    return JSON.parse(stdout) as Bare;
  } finally {
    await provider.stop();
  }
};

const report = ({ bare, engines }: Results): void => {
  console.log(
    `Renewals, ${rounds} rounds of ${seconds} s, Node ${process.versions.node}: median (lowest to highest)\n`,
  );
  const rows = [...engines].map(([{ name }, results]) => [
    name,
    {
      'refreshes/s': spread(results.map(({ rate }) => rate)),
      'processor µs each': spread(results.map(({ processor }) => processor)),
      'p99 lateness ms': spread(results.map(({ count }) => count.lateness?.p99 ?? 0)),
      lost: results.reduce((sum, { lost }) => sum + lost, 0),
    },
  ]);
  console.table({
    'bare loop of requests': {
      'refreshes/s': spread(bare.map(({ perSecond }) => perSecond)),
      'processor µs each': spread(bare.map(({ processor }) => processor)),
    },
    ...Object.fromEntries(rows),
  });
  const limit = median(bare.map(({ perSecond }) => perSecond));
  for (const [{ name }, results] of engines) {
    const share = median(results.map(({ rate }) => rate)) / limit;
    console.log(`${name}: ${(share * 100).toFixed(0)} % of what the HTTP client does alone`);
  }
  console.log(notes);
};

const notes = `
Processor time is that of engines and database server; the provider's is not in it. Where others win: the bare loop,
which keeps nothing and loses every token at a crash. Job queues such as pg-boss and graphile-worker take more jobs a
second from PostgreSQL than are renewed here; but what they take is a job, without fence, write-ahead mark, journal and
limits over all nodes, and the request and the commit of its answer are still to be made.`;

await withSubjects(database, grantsFor(Number(seconds)), async (subjects) => {
  const results: Results = { bare: [], engines: new Map(subjects.map((subject) => [subject, []])) };
  for (let round = 0; round < Number(rounds); round++) {
    results.bare.push(await measureBareLoop());
    for (const [subject, list] of results.engines) {
      list.push(await findCapacity({ ...subject, seconds: Number(seconds) }));
    }
  }
  report(results);
});
