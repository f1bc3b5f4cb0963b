import { Pool } from 'undici';

/*
 * The load, in a process of its own: so many connections, each with one request at a time, for so many seconds. Prints
 * one line of JSON. Any answer but 200 ends it. Usage: load.ts ORIGIN PATHS API_KEY CONNECTIONS SECONDS, with several
 * paths, of which each request takes any, between commas
 */

const [origin = '', list = '', apiKey = '', connections = '', seconds = ''] = process.argv.slice(2);
const paths = list.split(',');
const pool = new Pool(origin, { connections: Number(connections), pipelining: 1 });
const headers = { authorization: `Bearer ${apiKey}` };
const latencies: number[] = [];
const start = performance.now();
const end = start + Number(seconds) * 1000;

const worker = async (): Promise<void> => {
  for (let before = performance.now(); before < end; ) {
    const path = paths[Math.floor(Math.random() * paths.length)]!;
    const { statusCode, body } = await pool.request({ path, method: 'GET', headers });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${origin}${path} answered ${statusCode}: ${text}`);
    const after = performance.now();
    latencies.push(after - before);
    before = after;
  }
};

await Promise.all(Array.from({ length: Number(connections) }, worker));
const elapsed = (performance.now() - start) / 1000;
await pool.close();
latencies.sort((one, other) => one - other);
const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
console.log(
  JSON.stringify({
    reads: latencies.length,
    perSecond: latencies.length / elapsed,
    p50: quantile(0.5) * 1000,
    p99: quantile(0.99) * 1000,
  }),
);
