import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type BenchDatabase, sqliteDatabase } from './support/database.ts';
import { benchProvider } from './support/definition.ts';
import { spread } from './support/figures.ts';
import { freePort } from './support/free-port.ts';
import { type Measured, measure, runToEnd, serve, stop } from './support/processes.ts';
import { type Provider, startProvider } from './support/provider-client.ts';
import { idOf } from './support/rows.ts';
import { defaultKnobs } from './support/run.ts';

/*
 * What a service does at its worst moment: 32 connections read tokens over HTTP while 1,000 grants are renewed and
 * everything is sealed anew with another key, again and again. In each round the same reads go before it without all that,
 * so that figures of one run can be compared. A read that fails ends the bench; at its end the provider judges which
 * stored tokens it would refuse. `npm run bench:load -- --rounds 3 --seconds 10`
 */

const { rounds, seconds } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '10' } },
}).values;
const connections = 32;
const grants = 1000;
/** Milliseconds until an engine that had nothing to do looks at a schedule that others have changed. */
const rest = 16_000;
const program = '../../packages/evergrant/bin/evergrant.js';

interface Round {
  quiet: Measured;
  busy: Measured;
  renewed: number;
  resealed: number;
}

/** A service with two keys of which either may seal, and what reads from it and works on it. */
const open = async (database: BenchDatabase, provider: Provider, folder: string) => {
  const [port, apiKey] = [await freePort(), `eg_${randomBytes(32).toString('hex')}`];
  const old = database.environment['BENCH_ENCRYPTION_KEYS']!;
  const keys = [old, `k2:${randomBytes(32).toString('base64')}`];
  const config = join(folder, 'settings.json');
  const refresh = { graceSeconds: 0, limits: { concurrency: 64 } };
  writeFileSync(config, JSON.stringify({ providers: { bench: benchProvider(provider.url, refresh) } }));
  const environment = {
    DATABASE_URL: database.environment['BENCH_DATABASE']!,
    EVERGRANT_CONFIG: config,
    EVERGRANT_API_KEY: apiKey,
    ENCRYPTION_KEYS: keys.join(),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    LOG_LEVEL: 'error',
    SANDBOX: 'off',
  };
  const paths = Array.from({ length: grants }, (_, index) => `/v1/connections/${idOf('conn', index)}/token`);
  return {
    start: () => serve(program, ['start'], environment),
    read: (time: number | string) =>
      measure('load.ts', [environment.PUBLIC_URL, paths.join(), apiKey, connections, time]),
    /** Seals everything anew with one of the keys. */
    async reseal(turn: number): Promise<number> {
      const ordered = turn % 2 === 0 ? keys : keys.toReversed();
      const output = await runToEnd(program, ['vault', 'rotate', '--json'], {
        ...environment,
        ENCRYPTION_KEYS: ordered.join(),
      });
      return (JSON.parse(output) as { resealed: number }).resealed;
    },
  };
};

type Service = Awaited<ReturnType<typeof open>>;

const runRound = async (service: Service, database: BenchDatabase, provider: Provider): Promise<Round> => {
  const plan = {
    grants,
    base: Date.now() + Math.max(Number(seconds) * 1000 + 1000, rest),
    rate: grants / Number(seconds),
  };
  await provider.plan(plan, defaultKnobs);
  await database.plan(plan);
  const quiet = await service.read(seconds);
  await pause(plan.base - Date.now());
  let over = false;
  const reading = service.read(Number(seconds) + 2).finally(() => {
    over = true;
  });
  let resealed = 0;
  for (let turn = 1; !over; turn++) resealed += await service.reseal(turn);
  const busy = await reading;
  return { quiet, busy, renewed: (await provider.count()).renewed, resealed };
};

const run = async (server: ChildProcess, service: Service, database: BenchDatabase, provider: Provider) => {
  const results: Round[] = [];
  try {
    await service.read(3);
    for (let round = 0; round < Number(rounds); round++) results.push(await runRound(service, database, provider));
  } finally {
    await stop(server);
  }
  await service.reseal(0);
  const { tokens, leftOver } = await database.reckon();
  report(results, (await provider.judge(tokens)) + leftOver);
};

const report = (results: Round[], lost: number): void => {
  const columns = (list: Measured[]) => ({
    'reads/s': spread(list.map(({ perSecond }) => perSecond)),
    'p50 ms': spread(
      list.map(({ p50 }) => p50 / 1000),
      1,
    ),
    'p99 ms': spread(
      list.map(({ p99 }) => p99 / 1000),
      1,
    ),
  });
  const ratio = (of: (measured: Measured) => number): string =>
    spread(
      results.map(({ quiet, busy }) => of(busy) / of(quiet)),
      2,
    );
  console.log(
    `Token reads over HTTP, ${rounds} rounds of ${seconds} s, ${connections} connections, SQLite, Node ${process.versions.node}: median (lowest to highest)\n`,
  );
  console.table({
    'nothing else to do': columns(results.map(({ quiet }) => quiet)),
    'while grants are renewed and keys rotate': columns(results.map(({ busy }) => busy)),
  });
  const total = results.reduce((sum, { busy }) => sum + busy.reads, 0);
  console.log(
    `Meanwhile to alone: reads per second ${ratio(({ perSecond }) => perSecond)}, p99 ${ratio(({ p99 }) => p99)}`,
  );
  console.log(
    `Failed: 0 of ${total} reads. Renewed in a round: ${spread(results.map(({ renewed }) => renewed))}; sealed anew: ${spread(results.map(({ resealed }) => resealed))} values; lost: ${lost}`,
  );
};

const folder = mkdtempSync(join(tmpdir(), 'evergrant-load-'));
const [database, provider] = await Promise.all([sqliteDatabase(), startProvider()]);
try {
  await database.seed(grants);
  const service = await open(database, provider, folder);
  await run(await service.start(), service, database, provider);
} finally {
  await provider.stop();
  await database.remove();
  rmSync(folder, { recursive: true, force: true });
}
