import { setTimeout as pause } from 'node:timers/promises';
import { createEvergrant } from '../../packages/evergrant/src/index.ts';
import { benchProvider } from './definition.ts';

/*
 * One engine, in a process of its own: the library with nothing but its renewals running. Says when it is ready, and
 * at SIGTERM finishes what it sent.
 */

const { BENCH_DATABASE, BENCH_ENCRYPTION_KEYS, BENCH_PROVIDER, BENCH_CONCURRENCY, BENCH_TEMPORAL } = process.env;

const evergrant = await createEvergrant({
  database: BENCH_DATABASE,
  encryptionKeys: BENCH_ENCRYPTION_KEYS,
  apiKey: `eg_${'0'.repeat(43)}`,
  engine: BENCH_TEMPORAL ? 'temporal' : 'embedded',
  temporal: { address: BENCH_TEMPORAL, taskQueue: process.env['BENCH_TASK_QUEUE'] },
  logLevel: 'error',
  metrics: 'public',
  providers: {
    bench: benchProvider(BENCH_PROVIDER!, { graceSeconds: 0, limits: { concurrency: Number(BENCH_CONCURRENCY) } }),
  },
});
const isConnected = async (): Promise<boolean> => {
  const response = await evergrant.handler(new Request('http://localhost:3000/metrics'));
  return /^evergrant_engine_connected 1$/m.test(await response.text());
};
if (BENCH_TEMPORAL) while (!(await isConnected())) await pause(50);
// A library keeps no process alive.
setInterval(() => {}, 2 ** 30);
process.once('SIGTERM', () => void evergrant.close().then(() => process.exit(0)));
console.log('The engine is ready');
