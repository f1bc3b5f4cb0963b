import { Agent } from 'undici';
import { type Clock, systemClock } from '../telemetry/clock.ts';
import { version } from '../telemetry/version.ts';
import { Exchange } from './exchange.ts';
import { checkTarget, guardedLookup, type Lookup, type Reach, reaches, resolves } from './guard.ts';
import { stream } from './stream.ts';
import { type EgressRequest, type StreamingEgress, TransportError } from './types.ts';

export type { Lookup } from './guard.ts';
export { fillPlaceholders, originsOf, reroute } from './origins.ts';
export { tracedEgress } from './traced.ts';
export {
  type Egress,
  type EgressAnswer,
  type EgressRequest,
  type EgressStream,
  type EgressStreamRequest,
  type StreamingEgress,
  TransportError,
  type TransportFault,
} from './types.ts';

export interface EgressOptions {
  clock?: Clock;
  /** Default `dns.lookup`; tests bring names of their own. */
  lookup?: Lookup;
  /** Milliseconds for one connection including TLS. Default 10,000; the deadline of a request may end it sooner. */
  connectTimeoutMs?: number;
  /** PEM certificate of a test's own authority; it replaces the system's. */
  certificateAuthority?: string;
}

const defaultTimeoutMs = 15_000;
const defaultMaxBytes = 1_048_576;
const nobody: ReadonlySet<string> = new Set();

/** Reddit, GitHub and Tumblr refuse requests that do not say who asks. */
const defaultHeaders = {
  'user-agent': `Evergrant/${version.split('.').slice(0, 2).join('.')}`,
  'accept-encoding': 'identity',
};

/**
 * The door for outbound HTTP. Redirects are answers like any other, requests are never repeated, and certificates
 * are always checked, whatever the environment says. `close` waits for what is under way; every request ends by its
 * own deadline.
 */
export const createEgress = (options: EgressOptions = {}): StreamingEgress => {
  const clock = options.clock ?? systemClock;
  const agents = Object.fromEntries(reaches.map((reach) => [reach, createAgent(reach, options)])) as Record<
    Reach,
    Agent
  >;
  const underWay = new Set<Promise<unknown>>();
  let closed: Promise<unknown> | undefined;
  return {
    async send(request) {
      const { url, host, reach } = checkTarget(request.url, request.trustedOrigins ?? nobody);
      if (closed) throw new TransportError('not_sent', `${host}: this service is stopping`);
      const { maxBytes = defaultMaxBytes, timeoutMs = defaultTimeoutMs, beforeSend } = request;
      const exchange = new Exchange({ host, maxBytes, beforeSend });
      const cancel = clock.after(timeoutMs, () => exchange.expire());
      const abandon = () => exchange.abandon();
      request.signal?.addEventListener('abort', abandon);
      underWay.add(exchange.answer);
      try {
        agents[reach].dispatch(
          {
            origin: url.origin,
            path: url.pathname + url.search,
            method: request.method,
            headers: headersOf(request),
            body: request.body,
          },
          exchange,
        );
        if (request.signal?.aborted) abandon();
        return await exchange.answer;
      } finally {
        cancel();
        request.signal?.removeEventListener('abort', abandon);
        underWay.delete(exchange.answer);
      }
    },
    async stream(request) {
      const target = checkTarget(request.url, request.trustedOrigins ?? nobody);
      if (closed) throw new TransportError('not_sent', `${target.host}: this service is stopping`);
      return stream(agents[target.reach], target, { ...request, headers: headersOf(request) }, underWay);
    },
    async check({ url, trustedOrigins = nobody }) {
      const { host, reach } = checkTarget(url, trustedOrigins);
      await resolves(host, reach, options.lookup);
    },
    async close() {
      closed ??= Promise.allSettled(underWay).then(() =>
        Promise.all(Object.values(agents).map((agent) => agent.destroy())),
      );
      await closed;
    },
  };
};

const createAgent = (reach: Reach, { lookup, connectTimeoutMs, certificateAuthority }: EgressOptions): Agent =>
  new Agent({
    // One request has one connection to itself, so that the fault of one is never the fault of another.
    allowH2: false,
    pipelining: 1,
    // The deadline of a request is ours alone: it reads what has arrived before it gives up.
    headersTimeout: 0,
    bodyTimeout: 0,
    connectTimeout: connectTimeoutMs,
    connect: { lookup: guardedLookup(reach, lookup), ca: certificateAuthority, rejectUnauthorized: true },
  });

/** The URL alone names the host: a `host` header of its own would also change whose certificate is asked for. */
const headersOf = ({ headers = {} }: Pick<EgressRequest, 'headers'>): Record<string, string> => {
  const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...defaultHeaders, ...Object.fromEntries(given.filter(([name]) => name !== 'host')) };
};
