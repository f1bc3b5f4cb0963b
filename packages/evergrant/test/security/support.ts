import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Writable } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { expect, it } from 'vitest';
import { createEvergrant, type Evergrant } from '../../src/evergrant.ts';
import type { EvergrantConfig, ProviderConfig } from '../../src/settings/index.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { type AuthorizationServer, createAuthorizationServer } from './authorization-server.ts';
import { type Browser, createBrowser, type Visit } from './browser.ts';
import { type CanaryKind, createCanaries, type Leak, makeSecret } from './canaries.ts';
import { createTestClock } from './clock.ts';
import { type Reply, type Sent, send } from './http.ts';
import type { ConnectionBody, FlowBody, StartedFlowBody, TokenBody } from './shapes.ts';

export { eventually } from './http.ts';
export type { ConnectionBody, FlowBody, ProblemBody, StartedFlowBody, TokenBody } from './shapes.ts';

export interface HarnessOptions {
  /** Default: the address at which it listens. */
  publicUrl?: string;
  /** Over the configuration with which it starts. */
  config?: object;
  /** Over what is said about the provider `acme`, at every depth; what is undefined is taken out. */
  acme?: (stub: AuthorizationServer) => object;
  /** Further providers, each with a server of its own. */
  providers?: string[];
  /** A file by default. */
  memory?: boolean;
}

export interface Call extends Omit<Sent, 'body'> {
  /** Default: the bootstrap key; null: none. */
  key?: string | null;
  json?: unknown;
  body?: string;
}

export interface Connected {
  flow: FlowBody;
  connection: ConnectionBody;
  /** Where the browser ended. */
  page: Visit;
  browser: Browser;
}

export type Harness = Awaited<ReturnType<typeof startHarness>>;

/** What a plain provider looks like, with a strict server behind it. */
const providerAt = ({ origin, client }: AuthorizationServer): ProviderConfig => ({
  clientId: client.id,
  clientSecret: client.secret,
  definition: {
    name: 'Acme',
    protocol: {
      kind: 'oauth2',
      authorizationEndpoint: `${origin}/authorize`,
      tokenEndpoint: `${origin}/token`,
      revocationEndpoint: `${origin}/revoke`,
    },
    scopes: { required: ['read', 'write'] },
    refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0 },
    profile: {
      get: `${origin}/me`,
      map: { id: 'id', name: 'name', username: 'username', picture: 'picture', url: 'url' },
    },
    revocationEnds: 'token',
  },
});

/** One over the other at every depth; a member that is undefined above is taken out. */
const overlaid = <T extends object>(base: T, over: object): T => {
  const result = { ...base } as Record<string, unknown>;
  for (const [name, value] of Object.entries(over)) {
    const below = result[name];
    if (value === undefined) delete result[name];
    else result[name] = isPlain(value) && isPlain(below) ? overlaid(below, value) : value;
  }
  return result as T;
};

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** What came out where it must not, over all harnesses of this file. */
const leaks: (Leak & { test: string; where: string })[] = [];
const searched = { logLines: 0, answers: 0, databases: 0 };

/** Evergrant in this process, served on loopback, with a scripted authorization server for every provider. */
export const startHarness = async (options: HarnessOptions = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-test-'));
  const clock = createTestClock();
  const canaries = createCanaries();
  const stubs: Record<string, AuthorizationServer> = {};
  for (const id of ['acme', ...(options.providers ?? [])]) {
    const secret = canaries.add('client secret', makeSecret('cs_'));
    stubs[id] = await createAuthorizationServer(canaries, { id: `client-of-${id}`, secret });
  }
  const stub = stubs['acme']!;
  const apiKey = canaries.add('API key', `eg_${randomBytes(24).toString('hex')}`);

  let evergrant: Evergrant | null = null;
  const listener = getRequestListener((request, env) => evergrant!.handler(request, env));
  const server = createServer((request, response) => void listener(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listening = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publicUrl = options.publicUrl ?? listening;
  const basePath = new URL(publicUrl).pathname.replace(/\/$/, '');

  const logLines: string[] = [];
  const logger = createLogger({
    level: 'trace',
    stream: new Writable({ write: (chunk, _, done) => done(void logLines.push(String(chunk))) }),
  });
  const databasePath = join(folder, 'evergrant.db');
  const baseConfig: EvergrantConfig = {
    apiKey,
    publicUrl,
    engine: 'none',
    database: options.memory ? 'sqlite::memory:' : `sqlite:${databasePath}`,
    encryptionKeys: `test:${randomBytes(32).toString('base64')}`,
    providers: Object.fromEntries(Object.entries(stubs).map(([id, server]) => [id, providerAt(server)])),
  };
  const withAcme = overlaid(baseConfig, { providers: { acme: options.acme?.(stub) ?? {} } });
  const config = overlaid(withAcme, options.config ?? {});
  const boot = async (changes: object = {}) => {
    evergrant = await createEvergrant(overlaid(config, changes), { clock, logger });
    return evergrant;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(Object.values(stubs).map((server) => server.close()));
    await evergrant?.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  };
  try {
    await boot();
  } catch (error) {
    await stop();
    throw error;
  }

  const answers: { where: string; text: string; except: CanaryKind[] }[] = [];
  const record = (where: string, reply: Reply, except: CanaryKind[]): void => {
    // The style is the largest part of a page and the same on all; its hash stands in the page's policy.
    const body = reply.body.replace(/<style>[\s\S]*?<\/style>/, '');
    answers.push({ where, text: `${JSON.stringify(reply.headers)}\n${body}`, except });
  };

  const api = async <T = unknown>(method: string, path: string, call: Call = {}): Promise<Reply<T>> => {
    const { key = apiKey, json, body = json === undefined ? undefined : JSON.stringify(json), headers, signal } = call;
    const reply = await send<T>(listening + basePath + path, {
      method,
      body,
      signal,
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...headers,
      },
    });
    const mayHoldToken = reply.status === 200 && /\/(?:token(?:\/rejected)?|sign)(?:\?|$)/.test(path);
    const showsKey = reply.status === 201 && method === 'POST' && path === '/v1/keys';
    // A callback that is sent on to the host that has the cookie carries what it came with.
    const passesOn = reply.status === 303 && path.startsWith('/integrations/');
    const showsSecret = method === 'POST' && /^\/v1\/webhooks(?:\/[^/]+\/rotate-secret)?$/.test(path);
    const allowed: [boolean, CanaryKind[]][] = [
      [mayHoldToken, ['access token', 'token secret']],
      [showsKey, ['API key']],
      [showsSecret, ['webhook secret']],
      [passesOn, ['state', 'code']],
      [path === '/session' && reply.status === 201, ['session']],
    ];
    record(
      `${method} ${path}`,
      reply,
      allowed.flatMap(([holds, kinds]) => (holds ? kinds : [])),
    );
    return reply;
  };

  const browser = (): Browser =>
    createBrowser(publicUrl, listening, (visit) => {
      // The way to the platform carries the state, and a form of the platform comes back as a query.
      const passesOn = visit.location !== null && /[?&]state=/.test(visit.location);
      record(`page ${new URL(visit.url).pathname}`, visit, passesOn ? ['state', 'nonce', 'code'] : []);
    });

  const start = (input: Record<string, unknown> = {}) =>
    api<StartedFlowBody>('POST', '/v1/connect', {
      json: { provider: 'acme', owner: 'owner-1', skip_confirmation: true, ...input },
    });

  /** Opens the link of a new flow in a browser; the address at the platform to which it leads. */
  const begin = async (input: Record<string, unknown> = {}, visitor = browser()) => {
    const started = await start(input);
    if (started.status !== 201) throw new Error(`The flow did not start: ${started.body}`);
    const { location } = await visitor.get(started.data.url);
    if (location === null) throw new Error('The link did not lead to the platform');
    return { started: started.data, authorizationUrl: location, browser: visitor };
  };

  const flowOf = async (id: string) => (await api<FlowBody>('GET', `/v1/connect/${id}`)).data;

  /** From the link to the end of the flow. */
  const connect = async (
    input: Record<string, unknown> = {},
    consent: Parameters<AuthorizationServer['consent']>[1] = {},
  ): Promise<Connected> => {
    const begun = await begin(input);
    const server = stubs[typeof input['provider'] === 'string' ? input['provider'] : 'acme']!;
    const page = await begun.browser.follow(server.consent(begun.authorizationUrl, consent));
    const flow = await flowOf(begun.started.id);
    return { flow, connection: flow.connections[0]!, page, browser: begun.browser };
  };

  const dump = (): Buffer =>
    Buffer.concat(
      ['', '-wal', '-shm']
        .map((end) => databasePath + end)
        .filter(existsSync)
        .map((path) => readFileSync(path)),
    );

  const inspectLeaks = (): void => {
    const test = expect.getState().currentTestName ?? '';
    const search = (where: string, data: Buffer | string, except: CanaryKind[] = []) =>
      leaks.push(...canaries.findIn(data, except).map((leak) => ({ ...leak, test, where })));
    // All at once, because it is quick; where it was is looked for only when something was found.
    for (const except of new Set(answers.map((answer) => answer.except.join()))) {
      const alike = answers.filter((answer) => answer.except.join() === except);
      if (canaries.findIn(alike.map(({ text }) => text).join('\n'), alike[0]?.except).length === 0) continue;
      for (const { where, text, except } of alike) search(where, text, except);
    }
    search('log', logLines.join(''));
    if (!options.memory) search('database', dump());
    searched.logLines += logLines.length;
    searched.answers += answers.length;
    searched.databases += options.memory ? 0 : 1;
  };

  return {
    stub,
    stubs,
    clock,
    canaries,
    apiKey,
    publicUrl,
    listening,
    logLines,
    config,
    folder,
    api,
    browser,
    start,
    begin,
    connect,
    flow: flowOf,
    connection: (id: string) => api<ConnectionBody>('GET', `/v1/connections/${id}`),
    token: (id: string, query = '') => api<TokenBody>('GET', `/v1/connections/${id}/token${query}`),
    events: async (id: string) =>
      (await api<{ data: { type: string; data: object }[] }>('GET', `/v1/connections/${id}/events?limit=200`)).data
        .data,
    get evergrant() {
      return evergrant!;
    },
    dump,
    /** Looks into the database, or changes it, past the service. */
    sql<T>(work: (database: DatabaseSync) => T): T {
      const database = new DatabaseSync(databasePath);
      try {
        return work(database);
      } finally {
        database.close();
      }
    },
    /** Stops Evergrant and starts it again on the same database. */
    async restart(changes: object = {}) {
      await evergrant?.close();
      return boot(changes);
    },
    async [Symbol.asyncDispose]() {
      inspectLeaks();
      await stop();
    },
  };
};

/** The last test of a file: nothing of what its harnesses logged, answered and stored holds a secret in any encoding. */
export const itKeepsSecrets = (): void => {
  it('L01 S01 logs at trace, answers, pages and the database of all tests above hold no secret in any encoding', () => {
    expect(leaks).toEqual([]);
    expect(searched.answers).toBeGreaterThan(0);
  });
};
