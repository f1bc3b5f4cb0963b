import { createEvergrant } from '../../packages/evergrant/src/index.ts';
import { app } from './rows.ts';

/*
 * One engine, in a process of its own: the library with nothing but its renewals running. Says when it is ready, and
 * at SIGTERM finishes what it sent.
 */

const { BENCH_DATABASE, BENCH_ENCRYPTION_KEYS, BENCH_PROVIDER, BENCH_CONCURRENCY } = process.env;

const evergrant = await createEvergrant({
  database: BENCH_DATABASE,
  encryptionKeys: BENCH_ENCRYPTION_KEYS,
  apiKey: `eg_${'0'.repeat(43)}`,
  engine: 'embedded',
  logLevel: 'error',
  providers: {
    bench: {
      clientId: app.clientId,
      clientSecret: app.clientSecret,
      definition: {
        protocol: {
          kind: 'oauth2',
          authorizationEndpoint: `${BENCH_PROVIDER}/authorize`,
          tokenEndpoint: `${BENCH_PROVIDER}/token`,
        },
        scopes: { required: ['read', 'write'] },
        profile: { get: `${BENCH_PROVIDER}/me`, map: { id: 'id' } },
        refresh: {
          rotates: 'always',
          reuseRevokes: true,
          graceSeconds: 0,
          limits: { concurrency: Number(BENCH_CONCURRENCY) },
        },
      },
    },
  },
});
// A library keeps no process alive.
setInterval(() => {}, 2 ** 30);
process.once('SIGTERM', () => void evergrant.close().then(() => process.exit(0)));
console.log('The engine is ready');
