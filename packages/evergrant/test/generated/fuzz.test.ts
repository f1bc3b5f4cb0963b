import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonWith, mangled, nastyText, seedOf } from '../../src/testing/fuzz.test-support.ts';
import type { CanaryKind } from '../security/canaries.ts';
import { type Harness, startHarness } from '../security/support.ts';
import { type Document, operationsOf, resolved } from './document.ts';

/*
 * Whatever browsers and callers send: an answer comes, it is no fault of ours, and no secret is in it. Requests go to
 * the handler without a socket; what it logs and stores is searched at the end.
 */

const seed = seedOf('callbacks and API bodies');

let harness: Harness;
let document: Document;
let connection: string;

beforeAll(async () => {
  harness = await startHarness();
  document = (await harness.api<Document>('GET', '/openapi.json')).data;
  connection = (await harness.connect()).connection.id;
});

afterAll(() => harness[Symbol.asyncDispose]());

const send = async (path: string, init: RequestInit, except: CanaryKind[] = []) => {
  const answer = await harness.evergrant.handler(
    new Request(harness.publicUrl + path, { redirect: 'manual', ...init }),
  );
  const text = await answer.text();
  const told = `${answer.status} ${JSON.stringify([...answer.headers])}\n${text}`;
  return {
    status: answer.status,
    text,
    location: answer.headers.get('location'),
    leaks: harness.canaries.findIn(told, except),
  };
};

describe('hostile requests', () => {
  it('5,000 callbacks, by query and by form, end in a page', async () => {
    const { authorizationUrl, browser, started } = await harness.begin({ owner: 'owner-2' });
    const callback = new URL(harness.stub.consent(authorizationUrl));
    const state = callback.searchParams.get('state')!;
    const names = ['code', 'state', 'iss', 'error', 'error_description', 'code[]', 'access_token', 'id_token', 'scope'];
    const values = fc.oneof({ weight: 2, arbitrary: nastyText }, fc.constantFrom('access_denied', 'server_error', ''));
    const pairs = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), nastyText), values), { maxLength: 6 });
    const input = fc.record({
      provider: fc.oneof(
        { weight: 5, arbitrary: fc.constant('acme') },
        nastyText.map((text) => encodeURIComponent(text.toWellFormed())),
      ),
      // Once in a while with the state of a flow that is open in another browser.
      query: fc
        .tuple(fc.boolean(), pairs)
        .map(([known, more]) => [...(known ? [['state', state]] : []), ...more] as [string, string][]),
      raw: fc.option(mangled(fc.constantFrom('code=a&state=b', 'error=%', '?=&;&&a', 'code=%ff&state=%')), {
        nil: null,
      }),
      form: fc.boolean(),
    });
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(input, async ({ provider, query, raw, form }) => {
        const text = raw === null ? new URLSearchParams(query).toString() : raw;
        const path = `/integrations/social/${provider}`;
        const answer = form
          ? await send(
              path,
              { method: 'POST', body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
              ['state'],
            )
          : await send(`${path}?${text.replaceAll('#', '')}`, { headers: { accept: 'text/html' } });
        statuses.add(answer.status);
        expect(answer.leaks).toEqual([]);
        expect(answer.status).toBeLessThan(503);
        expect(answer.status).not.toBe(500);
        if (answer.location) expect(answer.location).toMatch(new RegExp(`^${harness.publicUrl}/`));
        expect(answer.text).not.toContain('<script>alert');
      }),
      { seed, numRuns: 5000 },
    );
    expect(statuses).toContain(303);
    // The flow of the other browser was not spent by any of them.
    await browser.follow(callback.href);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  it('5,000 bodies to every route that takes one are answered, and never by a fault of ours', async () => {
    const routes = operationsOf(document).filter(({ body }) => body !== undefined);
    expect(routes.length).toBeGreaterThan(4);
    const input = fc.constantFrom(...routes).chain(({ method, path, body }) => {
      const { properties = {}, examples = [] } = resolved(document, body!);
      const any = jsonWith([...Object.keys(properties), '__proto__', 'constructor', 'toJSON']);
      const members = fc.dictionary(fc.constantFrom(...Object.keys(properties)), any);
      return fc.record({
        method: fc.constant(method),
        path: fc.constant(path.replace('{id}', connection).replace('{flow}', 'flow_unknown')),
        body: fc.oneof(
          any.map((value) => JSON.stringify(value)),
          members.map((object) => JSON.stringify({ ...(examples[0] as object), ...object })),
          mangled(fc.constant(JSON.stringify(examples[0] ?? {}))),
        ),
      });
    });
    const headers = { authorization: `Bearer ${harness.apiKey}`, 'content-type': 'application/json' };
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(input, async ({ method, path, body }) => {
        const mayHold: CanaryKind[] = /\/(?:rejected|sign)$/.test(path) ? ['access token'] : [];
        const { status, text, leaks } = await send(path, { method, body, headers }, mayHold);
        statuses.add(status);
        expect({ path, status, text, leaks }).toMatchObject({ leaks: [] });
        expect({ path, status, text }).not.toMatchObject({ text: expect.stringContaining('"code":"internal"') });
      }),
      { seed, numRuns: 5000 },
    );
    expect([...statuses]).toEqual(expect.arrayContaining([200, 201, 400]));
  });

  it('neither log nor database holds a secret afterwards', () => {
    expect(harness.canaries.findIn(harness.logLines.join(''))).toEqual([]);
    expect(harness.canaries.findIn(harness.dump())).toEqual([]);
    expect(harness.logLines.join('')).not.toContain('failed unexpectedly');
  });
});
