import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createChains } from './chains.ts';
import type { Plan } from './plan.ts';
import { accessToken, refreshToken } from './tokens.ts';

/*
 * The provider of the benches, in a process of its own: a token endpoint that keeps the true chain of every grant and
 * is the judge of what was renewed and what was lost.
 *
 * POST /token    renews
 * POST /plan     begins a measurement: which grants are due when, and how the provider behaves
 * GET  /count    what has been renewed since, and how late
 * POST /judge    how many of these refresh tokens it would refuse
 */

/** How the provider behaves. */
export interface Knobs {
  /** Seconds that an access token lives. */
  lifetime: number;
  /** Whether every renewal gives a new refresh token and kills the family when the old one comes again. */
  rotates: boolean;
  /** Seconds for which the last refresh token before the newest may come again, for those who never got the answer. */
  grace: number;
  /** Milliseconds until it answers, log-normally distributed; null: at once. */
  latency: { median: number; p99: number } | null;
  /** The share of requests that are answered with this status before anything is looked at. */
  errors: Record<string, number>;
}

const chains = createChains();
let knobs: Knobs = { lifetime: 3600, rotates: true, grace: 0, latency: null, errors: {} };

const server = createServer((request, response) => {
  receive(request).then(
    (body) => answer(request, response, body),
    () => response.destroy(),
  );
});

const receive = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const answer = async ({ url }: IncomingMessage, response: ServerResponse, body: string): Promise<void> => {
  switch (url) {
    case '/token':
      return renew(response, body);
    case '/plan': {
      const measurement = JSON.parse(body) as { plan: Plan; knobs: Knobs };
      knobs = measurement.knobs;
      chains.begin(measurement.plan);
      return send(response, 200, {});
    }
    case '/count':
      return send(response, 200, chains.count());
    case '/judge':
      return send(response, 200, {
        refused: (JSON.parse(body) as string[]).filter((one) => !chains.accepts(one)).length,
      });
    default:
      return send(response, 404, {});
  }
};

const renew = async (response: ServerResponse, body: string): Promise<void> => {
  const presented = new URLSearchParams(body).get('refresh_token') ?? '';
  chains.arrived(presented, Date.now());
  if (knobs.latency) await pause(latency(knobs.latency));
  const status = chosenError();
  if (status !== null) return send(response, status, { error: 'temporarily_unavailable' });
  const renewed = chains.renew(presented, knobs);
  if (!renewed) return send(response, 400, { error: 'invalid_grant' });
  return send(response, 200, {
    access_token: accessToken(renewed.index, renewed.generation),
    token_type: 'Bearer',
    expires_in: knobs.lifetime,
    ...(knobs.rotates ? { refresh_token: refreshToken(renewed.index, renewed.generation) } : {}),
  });
};

const chosenError = (): number | null => {
  let chance = Math.random();
  for (const [status, share] of Object.entries(knobs.errors)) {
    chance -= share;
    if (chance < 0) return Number(status);
  }
  return null;
};

/** The 99th percentile lies 2.326 standard deviations above the median. */
const latency = ({ median, p99 }: NonNullable<Knobs['latency']>): number => {
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return median * Math.exp((normal * Math.log(p99 / median)) / 2.326);
};

const send = (response: ServerResponse, status: number, body: object): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
};

// A connection must not be closed in the moment in which a request comes over it.
server.keepAliveTimeout = 600_000;
server.listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('The provider is ready'));
process.once('SIGTERM', () => process.exit(0));
