import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { postgresDatabase } from './support/database.ts';
import { benchProvider } from './support/definition.ts';
import { freePort } from './support/free-port.ts';
import { startProvider } from './support/provider-client.ts';
import { defaultKnobs } from './support/run.ts';
import { startTemporal } from './support/temporal.ts';

/*
 * Grants with lives of a minute, kept fresh for minutes by the Temporal engine as it is installed: `evergrant start`, two
 * `evergrant worker`, PostgreSQL, a Temporal server. On the way a worker, the API and the Temporal server are killed
 * (SIGKILL) and started again. The provider rotates refresh tokens, with ten minutes of grace, and counts what was lost.
 * `npm run bench:temporal-minutes -- --grants 2000 --minutes 4`
 */

const { values } = parseArgs({
  options: {
    grants: { type: 'string', default: '2000' },
    minutes: { type: 'string', default: '4' },
    kill: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const [grants, minutes] = [Number(values.grants), Number(values.minutes)];

/** Seconds that a token lives; it is renewed at half of them. */
const lifetime = 60;
const grace = 600;
const program = fileURLToPath(new URL('../packages/evergrant/bin/evergrant.js', import.meta.url));
const apiKey = `eg_${'0'.repeat(43)}`;

const folder = mkdtempSync(join(tmpdir(), 'evergrant-minutes-'));
const [temporal, database, provider] = await Promise.all([startTemporal(), postgresDatabase(), startProvider()]);
const url = database.environment['BENCH_DATABASE']!;
const pool = new Pool({ connectionString: url, max: 2 });
const processes = new Set<ChildProcess>();

const launch = async (args: string[]): Promise<{ child: ChildProcess; port: number }> => {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      program,
      ...args,
      ...(args[0] === 'worker' ? ['--port', String(port)] : []),
      '--config',
      join(folder, 'settings.json'),
    ],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        PORT: String(port),
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        DATABASE_URL: url,
        ENCRYPTION_KEYS: database.environment['BENCH_ENCRYPTION_KEYS'],
        EVERGRANT_API_KEY: apiKey,
        ENGINE: 'temporal',
        TEMPORAL_ADDRESS: temporal.address,
        TEMPORAL_WORKER: 'off',
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  processes.add(child);
  child.once('exit', () => processes.delete(child));
  await once(child.stdout!, 'data');
  return { child, port };
};

const kill = async (child: ChildProcess): Promise<void> => {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};

const stop = async (child: ChildProcess): Promise<void> => {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
};

/** Lateness of each renewal so far, as a worker has counted it in its buckets. */
const bucketsOf = async (port: number): Promise<Map<string, number>> => {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } });
  const lines = (await response.text()).matchAll(
    /^evergrant_renewal_lateness_seconds_bucket\{le="([^"]+)".*\} (\d+)$/gm,
  );
  return new Map(Array.from(lines, ([, bound, count]) => [bound!, Number(count)]));
};

const say = (text: string): void => console.log(`${((Date.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}`);

let began = Date.now();
try {
  await database.seed(grants);
  writeFileSync(
    join(folder, 'settings.json'),
    JSON.stringify({
      providers: { bench: benchProvider(provider.url, { graceSeconds: grace, limits: { concurrency: 2500 } }) },
    }),
  );
  let api = await launch(['start']);
  const workers = [await launch(['worker']), await launch(['worker'])];
  began = Date.now();
  const plan = { grants, base: Date.now() + 1000, rate: grants / (lifetime / 2) };
  await provider.plan(plan, { ...defaultKnobs, lifetime, grace, latency: { median: 60, p99: 400 } });
  await database.plan(plan);
  const handle = temporal.client.workflow.getHandle('evergrant/refresh-shard/0');
  await handle.executeUpdate('setTuning', { args: [{ interval: 1000 }] });

  const seen = { dead: 0, worstLife: lifetime, oldest: 0 };
  const buckets = new Map<string, number>();
  const gather = async (port: number): Promise<void> => {
    for (const [bound, count] of await bucketsOf(port)) buckets.set(bound, (buckets.get(bound) ?? 0) + count);
  };
  const watch = async (seconds: number): Promise<void> => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(1000)) {
      const { rows } = await pool.query<{ dead: string; life: string; oldest: string }>(
        `select count(*) filter (where expires_at < $1) as dead, min(expires_at) - $1 as life,
           (select coalesce($1 - min(due_at), 0) from schedule where due_at < $1) as oldest
         from grants where generation > 1`,
        [Date.now()],
      );
      seen.dead = Math.max(seen.dead, Number(rows[0]!.dead));
      seen.worstLife = Math.min(seen.worstLife, Number(rows[0]!.life ?? Infinity) / 1000);
      const oldest = Number(rows[0]!.oldest) / 1000;
      if (oldest > 10 && oldest > seen.oldest) say(`something is overdue by ${oldest.toFixed(0)} s`);
      seen.oldest = Math.max(seen.oldest, oldest);
    }
  };

  const part = (minutes * 60) / 4;
  await watch(part);
  if (values.kill) {
    const { renewed } = await provider.count();
    say(`${renewed} renewed; kill -9 of a worker`);
    await gather(workers[0]!.port);
    await kill(workers[0]!.child);
    workers[0] = await launch(['worker']);
  }
  await watch(part);
  if (values.kill) {
    say('kill -9 of the API');
    await kill(api.child);
    api = await launch(['start']);
  }
  await watch(part);
  if (values.kill) {
    say('kill -9 of the Temporal server, started again on its file 5 s later');
    await temporal.kill();
    await pause(5000);
    await temporal.start();
  }
  await watch(part);
  for (const { port } of workers) await gather(port);
  for (const { child } of workers) await stop(child);
  await stop(api.child);

  // What a killed worker left in doubt waits for the next process, as it would have for the other worker.
  const count = await provider.count();
  const { tokens, leftOver } = await database.reckon();
  const total = buckets.get('+Inf') ?? 0;
  const p99 = [...buckets].find(([, below]) => below >= 0.99 * total)?.[0];
  say('stopped');
  console.table({
    grants,
    'renewals that the provider counted': count.renewed,
    'refresh tokens that it refused': count.refused,
    'stored tokens that it would refuse now': await provider.judge(tokens),
    'grants ended, in doubt, or with answers not committed': leftOver,
    'p99 lateness below, s (buckets of the metric)': p99,
    'longest overdue seen, s': seen.oldest.toFixed(1),
    'most access tokens expired at a time': seen.dead,
    'shortest life seen, s': seen.worstLife.toFixed(1),
  });
} finally {
  for (const child of processes) await kill(child);
  await pool.end();
  await provider.stop();
  await database.remove();
  await temporal.stop();
  rmSync(folder, { recursive: true, force: true });
}
