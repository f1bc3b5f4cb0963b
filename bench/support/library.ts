import { createEvergrant } from 'evergrant';

/*
 * Token reads of the library, one after the other, for so many seconds. Prints one line of JSON.
 * Usage: library.ts CONNECTION SECONDS
 */

const [connection = '', seconds = ''] = process.argv.slice(2);
const { DATABASE = '', ENCRYPTION_KEYS, LINKEDIN_CLIENT_ID, LINKEDIN_CLIENT_SECRET } = process.env;
const evergrant = await createEvergrant({
  database: `sqlite:${DATABASE}`,
  encryptionKeys: ENCRYPTION_KEYS,
  providers: { linkedin: { clientId: LINKEDIN_CLIENT_ID, clientSecret: LINKEDIN_CLIENT_SECRET } },
});

const read = async (duration: number): Promise<number[]> => {
  const latencies: number[] = [];
  const end = performance.now() + duration;
  for (let before = performance.now(); before < end; ) {
    await evergrant.getAccessToken(connection);
    const after = performance.now();
    latencies.push(after - before);
    before = after;
  }
  return latencies;
};

await read(500);
const latencies = (await read(Number(seconds) * 1000)).sort((one, other) => one - other);
await evergrant.close();
const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
console.log(
  JSON.stringify({
    reads: latencies.length,
    perSecond: latencies.length / Number(seconds),
    p50: quantile(0.5) * 1000,
    p99: quantile(0.99) * 1000,
  }),
);
