import { describe, expect, it } from 'vitest';
import { addKey } from '../contract/keys.ts';
import { addWebhook } from '../contract/webhook-support.ts';
import { type Harness, itKeepsSecrets, startHarness } from './support.ts';

interface OpenApi {
  paths: Record<string, Record<string, { security?: object[]; requestBody?: { content: object } }>>;
}

/** Every operation of the OpenAPI document, with a connection and a flow that exist in its path. */
const operationsOf = async (harness: Harness) => {
  const picture = `${harness.stub.origin}/alice.png`;
  harness.stub.accounts.set('alice', { id: 'alice', name: 'Alice', picture });
  harness.stub.answer('/alice.png', { headers: { 'content-type': 'image/png' }, body: 'picture' });
  const { connection, flow } = await harness.connect();
  const webhook = await addWebhook(harness, { url: 'http://127.0.0.1:9/hook' });
  const { data } = await harness.api<OpenApi>('GET', '/openapi.json', { key: null });
  return Object.entries(data.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      template,
      path: template
        .replace('/providers/{id}', '/providers/acme')
        .replace('/webhooks/{id}', `/webhooks/${webhook.data.id}`)
        .replace('{id}', connection.id)
        .replace('{flow}', flow.id)
        .replace('{path}', 'me'),
      isPublic: operation.security?.length === 0,
      json: 'application/json' in (operation.requestBody?.content ?? {}) ? {} : undefined,
    })),
  );
};

/** The stream, which does not, shows what the list of events shows. */
const ends = ({ template }: { template: string }): boolean => !template.endsWith('/stream');

const refused = {
  status: 401,
  headers: { 'content-type': 'application/problem+json' },
  data: { code: 'unauthenticated' },
};

describe('the API', () => {
  it('A01 every route wants a credential but the health probes, and one in the URL does not count', async () => {
    await using harness = await startHarness();
    const operations = await operationsOf(harness);
    const open = operations.filter(({ isPublic }) => isPublic).map(({ template }) => template);
    expect(open.sort()).toEqual(['/healthz', '/openapi.json', '/readyz']);
    expect(operations.length).toBeGreaterThanOrEqual(13);
    for (const { method, path, json, isPublic } of operations) {
      if (isPublic) {
        expect(await harness.api(method, path, { key: null })).toMatchObject({ status: 200 });
        continue;
      }
      const credentials: [string, string | null, Record<string, string>][] = [
        ['', null, {}],
        [`?api_key=${harness.apiKey}&access_token=${harness.apiKey}&key=${harness.apiKey}`, null, {}],
        ['', null, { authorization: `Basic ${btoa(`${harness.apiKey}:`)}` }],
        ['', null, { authorization: harness.apiKey }],
        ['', null, { cookie: `api_key=${harness.apiKey}`, 'x-api-key': harness.apiKey }],
        ['', 'eg_0123456789abcdef0123456789abcdef0123456789', {}],
        ['', `${harness.apiKey}0`, {}],
      ];
      for (const [query, key, headers] of credentials) {
        const answer = await harness.api(method, path + query, { key, headers, json });
        expect({ method, path, ...answer }).toMatchObject(refused);
        expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      }
    }
  });

  it('A03 lists and reads carry no token; one route does, under its own permission, and is not stored', async () => {
    await using harness = await startHarness();
    const operations = await operationsOf(harness);
    for (const { method, path, template } of operations.filter(ends).filter(({ method }) => method === 'GET')) {
      const answer = await harness.api(method, path);
      expect({ template, status: answer.status }).toEqual({ template, status: 200 });
      const found = harness.canaries.findIn(answer.body);
      expect(found).toEqual(template.endsWith('/token') ? [expect.objectContaining({ kind: 'access token' })] : []);
      if (template.endsWith('/token')) expect(answer.headers['cache-control']).toContain('no-store');
    }
  });

  it('A04 no route gives out refresh tokens or client secrets, not even to an administrator', async () => {
    await using harness = await startHarness();
    const operations = await operationsOf(harness);
    const inOrder = operations
      .filter(ends)
      .toSorted((one, other) => Number(one.method === 'DELETE') - Number(other.method === 'DELETE'));
    harness.stub.answerOnce('/revoke', { status: 503, body: { error: 'busy' } });
    for (const { method, path, json } of inOrder) {
      const answer = await harness.api(method, path, { json });
      expect(harness.canaries.findIn(answer.body, ['access token'])).toEqual([]);
    }
    const shown = JSON.stringify([harness.evergrant.settings, harness.evergrant.catalogue.get('acme')]);
    expect(harness.canaries.findIn(shown)).toEqual([]);
  });

  it.each(['https://app.example.test', 'https://evil.example', 'https://app.example.test.evil.example', 'null'])(
    'A05 the flow routes are open to the exact list of origins, server routes to none: %s',
    async (origin) => {
      const listed = 'https://app.example.test';
      await using harness = await startHarness({ config: { returnUrls: [listed] } });
      const operations = await operationsOf(harness);
      for (const { method, path, template, json } of operations.filter(({ isPublic }) => !isPublic)) {
        const preflight = {
          origin,
          'access-control-request-method': method,
          'access-control-request-headers': 'authorization',
        };
        const answers = [
          await harness.api(method, path, { headers: { origin }, json, key: null }),
          await harness.api('OPTIONS', path, { headers: preflight, key: null }),
        ];
        const isOpen = template === '/v1/connect/{flow}' && origin === listed;
        for (const { headers } of answers) {
          expect(headers['access-control-allow-origin']).toBe(isOpen ? listed : undefined);
          expect(headers['access-control-allow-credentials']).toBeUndefined();
        }
        if (isOpen) {
          expect(answers[1]?.status).toBe(204);
          expect(answers[1]?.headers['access-control-allow-headers']).toMatch(/authorization/i);
          expect(answers[1]?.headers['access-control-allow-methods']).toBe('GET');
          expect(answers[0]?.headers.vary).toMatch(/origin/i);
        }
      }
    },
  );

  it('A08 a method that a route does not have is a 405 that names those it has', async () => {
    await using harness = await startHarness();
    const operations = await operationsOf(harness);
    // A call goes on with whatever method it came.
    for (const { path } of operations.filter(({ template }) => !template.endsWith('/api/{path}'))) {
      const methods = operations.filter((operation) => operation.path === path).map(({ method }) => method);
      const absent = ['PUT', 'PATCH'].find((method) => !methods.includes(method))!;
      const answer = await harness.api(absent, path);
      expect(answer).toMatchObject({
        status: 405,
        headers: { 'content-type': 'application/problem+json' },
        data: { code: 'method_not_allowed' },
      });
      expect(answer.headers.allow?.split(', ')).toEqual(expect.arrayContaining(methods));
    }
  });

  it('A12 nothing tells the version, and metrics are not open', async () => {
    await using harness = await startHarness();
    for (const path of ['/healthz', '/metrics', '/', '/v1/none']) {
      const { headers } = await harness.api('GET', path, { key: null });
      expect(headers).not.toHaveProperty('server');
      expect(headers).not.toHaveProperty('x-powered-by');
    }
    expect(await harness.api('GET', '/metrics', { key: null })).toMatchObject({ status: 401 });
    const reader = await addKey(harness, ['connections:write', 'tokens:read', 'calls:write', 'events:read']);
    expect(await harness.api('GET', '/metrics', { key: reader })).toMatchObject({ status: 403 });
    const metrics = await harness.api('GET', '/metrics');
    expect(metrics).toMatchObject({ status: 200, headers: { 'content-type': expect.stringMatching(/^text\/plain/) } });
    expect(metrics.body).toMatch(/^evergrant_renewals_due 0$/m);
    await harness.restart({ metrics: 'public' });
    expect(await harness.api('GET', '/metrics', { key: null })).toMatchObject({ status: 200 });
  });

  itKeepsSecrets();
});
