/**
 * The HTTP API as typed methods. Nothing but `fetch` is needed: it works in Node.js 20, Bun, Deno and browsers.
 *
 * @module
 */
import { ApiError } from './api-error.ts';
import { fromWire, toSnake, toWire } from './names.ts';
import { type Flow, type Operations, operations } from './operations.ts';
import { errorOf, pause, type Speaker, send } from './send.ts';
import type { CallOptions, Operation } from './types.ts';

export { ApiError, isApiError } from './api-error.ts';
export type * from './operations.ts';
export type { CallOptions } from './types.ts';

export interface ClientOptions {
  /** Where the service is reached, with the path of `PUBLIC_URL` where that has one. */
  url: string;
  /** An API key; in a browser the status token of a flow, which reads that flow and nothing else. */
  apiKey: string;
  /** Default: the global one. */
  fetch?: typeof globalThis.fetch;
  /** How often at most a GET is repeated that met a broken connection, or a 429 or 503 that named a time. Default: 2. */
  retries?: number;
}

export interface Client extends Operations {
  /**
   * Makes a request to the platform as `fetch` does, signed by the service, and gives the platform's answer, whatever
   * its status. It is never repeated and no redirect is followed.
   *
   * @param path below the base address of the platform's API, with the query
   * @throws ApiError where the platform was not reached
   */
  call(connectionId: string, path: string, init?: RequestInit): Promise<Response>;
  /**
   * Waits until a flow has ended: `connected`, `failed` or `expired`. Flows end by themselves after ten minutes.
   *
   * @throws ApiError
   */
  waitForFlow(flowId: string, options?: CallOptions): Promise<Flow>;
}

/**
 * @example
 * const evergrant = createClient({ url: 'http://localhost:3000', apiKey: process.env.EVERGRANT_API_KEY });
 * const flow = await evergrant.connect({ provider: 'linkedin', owner: 'user_42' });
 * const { connections } = await evergrant.waitForFlow(flow.id);
 */
export const createClient = (options: ClientOptions): Client => {
  const speaker: Speaker = {
    url: options.url.replace(/\/+$/, ''),
    apiKey: options.apiKey,
    // Browsers want it called as a method of nothing.
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    retries: options.retries ?? 2,
  };
  const methods = Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      (...parameters: unknown[]) => perform(speaker, operation, parameters),
    ]),
  ) as unknown as Operations;
  return {
    ...methods,
    call: (connectionId, path, init) => call(speaker, connectionId, path, init),
    waitForFlow: (flowId, waiting) => waitForFlow(methods, flowId, waiting),
  };
};

/** A method's arguments: those of the path, then an object for query and body, where the operation takes either. */
const perform = async (speaker: Speaker, operation: Operation, parameters: unknown[]): Promise<unknown> => {
  const { method, query, records } = operation;
  const left = [...parameters];
  const path = operation.path.replaceAll(/\{\w+\}/g, () => pathStep(left.shift()));
  const input = operation.takesInput ? ((left.shift() ?? {}) as Record<string, unknown>) : {};
  const { signal } = (left.shift() ?? {}) as CallOptions;
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  const belongsInQuery = ([name]: [string, unknown]) => !operation.takesBody || query.includes(toSnake(name));
  const search = new URLSearchParams(
    entries.filter(belongsInQuery).map(([name, value]): [string, string] => [toSnake(name), String(value)]),
  ).toString();
  const body = Object.fromEntries(entries.filter((entry) => !belongsInQuery(entry)));
  const answer = await send(speaker, search === '' ? path : `${path}?${search}`, {
    method,
    redirect: 'error',
    ...(signal ? { signal } : {}),
    ...(operation.takesBody
      ? { body: JSON.stringify(toWire(body, records)), headers: { 'content-type': 'application/json' } }
      : {}),
  });
  if (!answer.ok) throw await errorOf(answer);
  if (!operation.json) return answer;
  if (answer.status === 204) return undefined;
  const told: unknown = await answer.json().catch(() => {
    throw new ApiError(answer.status, null, answer.headers.get('x-request-id') ?? undefined);
  });
  return fromWire(told, records);
};

/** What stands in a path must not lead out of its place. */
const pathStep = (value: unknown): string => {
  if (typeof value !== 'string' || /^\.{0,2}$/.test(value)) throw new TypeError(`${JSON.stringify(value)} is no id`);
  return encodeURIComponent(value);
};

const call = async (
  speaker: Speaker,
  connectionId: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> => {
  const base = `/v1/connections/${pathStep(connectionId)}/api`;
  const target = `${base}/${path.replace(/^\//, '')}`;
  // As `fetch` will read it: with `..` it might arrive at another route of the service.
  const { pathname } = new URL(speaker.url + target);
  if (!pathname.startsWith(`${new URL(speaker.url + base).pathname}/`)) throw new TypeError(`${path} leads elsewhere`);
  const answer = await send({ ...speaker, retries: 0 }, target, { method: 'GET', redirect: 'manual', ...init });
  if (answer.status >= 400 && !answer.headers.has('evergrant-upstream-status')) throw await errorOf(answer);
  return answer;
};

/** As long as an answer is held, in seconds: shorter than proxies commonly wait. */
const hold = 25;

const waitForFlow = async (methods: Operations, flowId: string, options: CallOptions = {}): Promise<Flow> => {
  for (;;) {
    const asked = Date.now();
    const flow = await methods.getFlow(flowId, { wait: hold }, options);
    if (flow.status !== 'pending' && flow.status !== 'choosing') return flow;
    // An answer that was not held, as for a flow that now waits for a choice, must not become a flood of requests.
    if (Date.now() - asked < 1000) await pause(1000, options.signal);
  }
};
