import type { ChildProcess } from 'node:child_process';
import { parseArgs } from 'node:util';
import { spread } from './support/figures.ts';
import { freePort } from './support/free-port.ts';
import { type Installation, prepare } from './support/installation.ts';
import { type Measured, measure, processorTime, serve, stop } from './support/processes.ts';

/*
 * The token read: the library, and the server beside a bare `node:http` server that reads and unseals the same row of the
 * same database file. Servers and load are processes of their own; A and B take turns within one run, so that whatever
 * else the machine does hits both. `npm run bench:token-read -- --rounds 7 --seconds 4`
 */

const { rounds, seconds } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, seconds: { type: 'string', default: '4' } },
}).values;
const connections = 32;

interface Served extends Measured {
  /** Microseconds of the server's processor time for one read. */
  processor: number;
}

interface Results {
  evergrant: Served[];
  bare: Served[];
  library: Measured[];
}

const run = async ({ connection, environment }: Installation): Promise<void> => {
  const [evergrantPort, barePort] = [await freePort(), await freePort()];
  const evergrant = await serve('../../packages/evergrant/bin/evergrant.js', ['start'], {
    ...environment,
    DATABASE_URL: `sqlite:${environment['DATABASE']}`,
    PUBLIC_URL: `http://127.0.0.1:${evergrantPort}`,
    SANDBOX: 'off',
  });
  const bare = await serve('bare-server.ts', [], { ...environment, PORT: String(barePort) });
  const load = async (server: ChildProcess, port: number, duration: number | string): Promise<Served> => {
    const path = `/v1/connections/${connection}/token`;
    const before = processorTime(server.pid);
    const measured = await measure('load.ts', [
      `http://127.0.0.1:${port}`,
      path,
      environment['EVERGRANT_API_KEY']!,
      connections,
      duration,
    ]);
    return { ...measured, processor: (processorTime(server.pid) - before) / measured.reads };
  };
  const results: Results = { evergrant: [], bare: [], library: [] };
  try {
    await load(evergrant, evergrantPort, 5);
    await load(bare, barePort, 5);
    for (let round = 0; round < Number(rounds); round++) {
      results.evergrant.push(await load(evergrant, evergrantPort, seconds));
      results.bare.push(await load(bare, barePort, seconds));
      results.library.push(await measure('library.ts', [connection, seconds], environment));
    }
  } finally {
    await Promise.all([stop(evergrant), stop(bare)]);
  }
  report(results);
};

const report = ({ evergrant, bare, library }: Results): void => {
  const ratios = evergrant.map(({ perSecond }, round) => perSecond / bare[round]!.perSecond);
  console.log(
    `Token read, ${rounds} rounds of ${seconds} s, ${connections} connections, Node ${process.versions.node}: median (lowest to highest)\n`,
  );
  console.table({
    'library, one after the other': columns(library),
    'server over HTTP': { ...columns(evergrant), ...processorColumn(evergrant) },
    'bare node:http over HTTP': { ...columns(bare), ...processorColumn(bare) },
  });
  console.log(`Reads per second, server to bare: ${spread(ratios, 2)}`);
};

const processorColumn = (list: Served[]) => ({ 'processor µs a read': spread(list.map(({ processor }) => processor)) });

const columns = (list: Measured[]) => ({
  'reads/s': spread(list.map(({ perSecond }) => perSecond)),
  'p50 µs': spread(list.map(({ p50 }) => p50)),
  'p99 µs': spread(list.map(({ p99 }) => p99)),
});

const installation = await prepare();
try {
  await run(installation);
} finally {
  installation.remove();
}
