import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ApiError, createClient, isApiError } from './index.ts';

type Scripted = Response | Error | ((request: Request) => Promise<Response>);

/** A client whose service gives these answers in turn, the last one for ever. */
const clientOf = (...answers: Scripted[]) => {
  const sent: Request[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    sent.push(new Request(url, init));
    const next = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (next instanceof Error) throw next;
    return next instanceof Response ? next.clone() : next(sent.at(-1)!);
  };
  const client = createClient({
    url: 'https://connect.example/oauth/',
    apiKey: 'eg_key',
    fetch: fetch as typeof globalThis.fetch,
  });
  return { client, sent };
};

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

const problem = (status: number, members: object = {}, headers: Record<string, string> = {}) =>
  json({ title: 'It went wrong', status, code: 'internal', actor: 'service', retryable: true, ...members }, status, {
    'content-type': 'application/problem+json',
    'x-request-id': 'req_1',
    ...headers,
  });

describe('what is asked', () => {
  it('puts arguments into path, query and body, in snake_case, and leaves metadata alone', async () => {
    const { client, sent } = clientOf(json({}));
    await client.getAccessToken('conn/1', { minValid: 300 });
    await client.connect({ owner: 'o', returnTo: 'https://a.example', metadata: { planName: { innerName: 1 } } });
    await client.disconnect('conn_1', { revoke: false });
    await client.listConnections({ owner: 'ö&', limit: undefined });
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET https://connect.example/oauth/v1/connections/conn%2F1/token?min_valid=300',
      'POST https://connect.example/oauth/v1/connect',
      'DELETE https://connect.example/oauth/v1/connections/conn_1?revoke=false',
      'GET https://connect.example/oauth/v1/connections?owner=%C3%B6%26',
    ]);
    expect(await sent[1]!.json()).toEqual({
      owner: 'o',
      return_to: 'https://a.example',
      metadata: { planName: { innerName: 1 } },
    });
    expect(sent.map((request) => request.headers.get('authorization'))).toEqual(Array(4).fill('Bearer eg_key'));
    expect(sent.map((request) => request.body !== null)).toEqual([false, true, false, false]);
  });

  it.each(['', '.', '..'])('sends nothing for %j as an id', async (id) => {
    const { client, sent } = clientOf(json({}));
    await expect(client.getConnection(id)).rejects.toThrow(TypeError);
    expect(sent).toEqual([]);
  });
});

describe('what comes back', () => {
  it('is in camelCase, but for what is the application’s or a platform’s', async () => {
    const { client } = clientOf(
      json({ data: [{ last_error: null, metadata: { plan_name: 1 }, account: { user_name: 'a' } }], next_cursor: 'c' }),
    );
    expect(await client.listConnections()).toEqual({
      data: [{ lastError: null, metadata: { plan_name: 1 }, account: { userName: 'a' } }],
      nextCursor: 'c',
    });
  });

  it('is nothing after a 204', async () => {
    const { client } = clientOf(new Response(null, { status: 204 }));
    expect(await client.revokeKey('key_1')).toBeUndefined();
  });

  it('is an error with what the problem document says', async () => {
    const { client } = clientOf(
      problem(409, { code: 'reauth_required', actor: 'user', retryable: false, reconnect_url: 'https://r.example' }),
    );
    const error = await client.getAccessToken('conn_1').catch((caught: unknown) => caught);
    expect(isApiError(error, 'reauth_required')).toBe(true);
    expect(isApiError(error, 'internal')).toBe(false);
    expect(error).toMatchObject({
      status: 409,
      actor: 'user',
      retryable: false,
      reconnectUrl: 'https://r.example',
      requestId: 'req_1',
      message: 'It went wrong (req_1)',
    });
  });

  it.each([
    [new Response('<h1>Bad gateway</h1>', { status: 502 }), true],
    [new Response('<h1>Hello</h1>', { status: 200 }), false],
  ])('is an error of its own where no Evergrant answered', async (answer, retryable) => {
    const { client } = clientOf(answer);
    await expect(client.getConnection('conn_1')).rejects.toMatchObject({ code: 'unexpected_answer', retryable });
  });
});

describe('repeating', () => {
  const busy = problem(503, {}, { 'retry-after': '0' });

  it('repeats a GET that was told when, and one whose connection broke', async () => {
    const { client, sent } = clientOf(busy, new TypeError('fetch failed'), json({ id: 'conn_1' }));
    expect(await client.getConnection('conn_1')).toEqual({ id: 'conn_1' });
    expect(sent).toHaveLength(3);
  });

  it('gives up after two', async () => {
    const { client, sent } = clientOf(busy);
    await expect(client.getConnection('conn_1')).rejects.toBeInstanceOf(ApiError);
    expect(sent).toHaveLength(3);
  });

  it.each([
    ['a POST', busy, 'refresh'],
    ['an answer without a time', problem(503), 'getConnection'],
    ['an answer with a long time', problem(429, {}, { 'retry-after': '31' }), 'getConnection'],
    ['another failure', problem(502, {}, { 'retry-after': '0' }), 'getConnection'],
  ] as const)('does not repeat %s', async (_, answer, method) => {
    const { client, sent } = clientOf(answer);
    await expect(client[method]('conn_1')).rejects.toBeInstanceOf(ApiError);
    expect(sent).toHaveLength(1);
  });

  it('stops waiting when it is told to', async () => {
    const { client, sent } = clientOf(problem(503, {}, { 'retry-after': '30' }));
    const stop = new AbortController();
    const waiting = client.getConnection('conn_1', { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(sent).toHaveLength(1);
  });
});

describe('calls', () => {
  const fromPlatform = { 'evergrant-upstream-status': '404' };

  it('gives the answer of the platform as it is, redirects and errors too', async () => {
    const { client, sent } = clientOf(json({ some_name: 1 }, 404, fromPlatform));
    const answer = await client.call('conn_1', '/v2/me?a=b', { method: 'PUT', body: 'x' });
    expect([answer.status, await answer.json()]).toEqual([404, { some_name: 1 }]);
    expect([sent[0]!.method, sent[0]!.url, sent[0]!.redirect]).toEqual([
      'PUT',
      'https://connect.example/oauth/v1/connections/conn_1/api/v2/me?a=b',
      'manual',
    ]);
  });

  it('throws a problem of the service', async () => {
    const { client, sent } = clientOf(problem(503, {}, { 'retry-after': '0' }));
    await expect(client.call('conn_1', 'me')).rejects.toMatchObject({ code: 'internal' });
    expect(sent).toHaveLength(1);
  });

  it.each(['../token', '/../token', 'a/../../token', '%2e%2E/token', '..\\token', '.%2e'])(
    'does not let %s lead to another route',
    async (path) => {
      const { client, sent } = clientOf(json({}));
      await expect(client.call('conn_1', path)).rejects.toThrow(TypeError);
      expect(sent).toEqual([]);
    },
  );
});

describe('waiting for a flow', () => {
  it('asks again until it has ended', async () => {
    const { client, sent } = clientOf(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return json({ id: 'flow_1', status: 'pending' });
      },
      json({ id: 'flow_1', status: 'connected', connections: [{ id: 'conn_1' }] }),
    );
    expect(await client.waitForFlow('flow_1')).toMatchObject({ status: 'connected', connections: [{ id: 'conn_1' }] });
    expect(sent.map(({ url }) => new URL(url).search)).toEqual(['?wait=25', '?wait=25']);
  });

  it('ends when it is told to', async () => {
    const { client } = clientOf(json({ id: 'flow_1', status: 'choosing' }));
    await expect(client.waitForFlow('flow_1', { signal: AbortSignal.timeout(10) })).rejects.toThrow();
  });
});

it('imports nothing but itself, so that it runs where there is no Node', () => {
  const files = globSync('*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThan(3);
  const imported = files.flatMap((file) =>
    [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/\bfrom '([^']+)'/g)].map(([, from]) => from!),
  );
  expect(imported.filter((from) => !/^\.\/[\w-]+\.ts$/.test(from))).toEqual([]);
});
