import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedOf } from '../../src/testing/fuzz.test-support.ts';
import { type Harness, startHarness } from '../security/support.ts';
import { type Known, type Request as Made, malformed, wellFormed } from './arbitrary.ts';
import { createJudge, type Document, type Operation, operationsOf, resolved } from './document.ts';

/*
 * The OpenAPI document drives the service: requests are generated from it, and every answer must be one that it tells of.
 * Routes are found in the document, so that a new one is driven from its first day.
 */

const seed = seedOf('generated requests');
const runs = 50;

let harness: Harness;
let document: Document;
let operations: Operation[];
let judge: ReturnType<typeof createJudge>;
let known: Known;
let kept: string;

beforeAll(async () => {
  harness = await startHarness({
    memory: true,
    // So that the document's examples are good requests.
    config: { returnUrls: ['https://app.example.com'] },
    acme: ({ origin }) => ({
      definition: { api: { baseUrl: 'https://api.acme.example' } },
      origins: { 'https://api.acme.example': origin },
    }),
  });
  document = (await harness.api<Document>('GET', '/openapi.json')).data;
  operations = operationsOf(document);
  judge = createJudge(document);
  const keep = await harness.connect({ owner: 'keeps' });
  const lose = await harness.connect({ owner: 'loses' });
  kept = keep.connection.id;
  const made = await makeMembers();
  known = ({ method, path }, parameter) => {
    const [, , collection = '', , ...below] = path.split('/');
    const loses = method === 'DELETE' && below.length === 0;
    if (parameter === 'path') return ['me'];
    if (parameter === 'flow') return [keep.flow.id];
    if (collection === 'connections') return [loses ? lose.connection.id : kept];
    if (collection === 'providers') return ['acme'];
    return made.get(`/v1/${collection}`)?.slice(loses ? 0 : 1, loses ? 1 : 2) ?? [];
  };
});

/** Two members of each collection that can be added to: one to be deleted, one to stay. */
const makeMembers = async () => {
  const made = new Map<string, string[]>();
  for (const { method, path, body } of operations) {
    if (method !== 'POST' || !body || !operations.some((other) => other.path === `${path}/{id}`)) continue;
    const [json] = resolved(document, body).examples ?? [];
    const answers = [await harness.api<{ id: string }>('POST', path, { json })];
    answers.push(await harness.api<{ id: string }>('POST', path, { json }));
    made.set(
      path,
      answers.map(({ data }) => data.id),
    );
  }
  expect(made.get('/v1/keys')).toHaveLength(2);
  return made;
};

afterAll(() => harness[Symbol.asyncDispose]());

const send = async (operation: Operation, made: Made, key: string | null = harness.apiKey) => {
  const { method } = operation;
  const stop = new AbortController();
  const answer = await harness.evergrant.handler(
    new Request(`${harness.publicUrl}${made.path}${made.query === '' ? '' : `?${made.query}`}`, {
      method,
      signal: stop.signal,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(made.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(made.body === undefined ? {} : { body: made.body }),
    }),
  );
  // A stream of events ends only with the request.
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const text = isStream ? '' : await answer.text();
  if (isStream) await answer.body?.cancel();
  stop.abort();
  return { answer, text, faults: judge(operation, answer, text) };
};

/** What an earlier request switched off works again. */
const revive = async () => {
  const json = { disabled: false };
  expect(await harness.api('PATCH', `/v1/connections/${kept}`, { json })).toMatchObject({ status: 200 });
};

const succeeded = new Set<string>();
const often = { seed, numRuns: runs };

describe('every answer is one that the document tells of', () => {
  it('to requests as the document wants them', async () => {
    for (const operation of operations) {
      await revive();
      await fc.assert(
        fc.asyncProperty(wellFormed(document, operation, known), async (made) => {
          const { answer, text, faults } = await send(operation, made);
          if (answer.ok) succeeded.add(operation.title);
          expect({ operation: operation.title, status: answer.status, text, faults }).toMatchObject({ faults: [] });
        }),
        often,
      );
    }
    const without = operations.map(({ title }) => title).filter((title) => !succeeded.has(title));
    // What needs more than a request to succeed, such as a flow that waits for a choice.
    expect(without.length, without.join()).toBeLessThan(operations.length / 5);
  });

  it('to requests with a fault in query or body, which are refused as such', async () => {
    let driven = 0;
    for (const operation of operations) {
      const faulty = malformed(document, operation, known);
      if (!faulty) continue;
      driven += 1;
      await fc.assert(
        fc.asyncProperty(faulty, async (made) => {
          const { answer, text, faults } = await send(operation, made);
          expect({ operation: operation.title, status: answer.status, text, faults }).toMatchObject({
            status: 400,
            text: expect.stringMatching(/"code":"(?:invalid_request|return_url_not_allowed)"/),
            faults: [],
          });
        }),
        often,
      );
    }
    expect(driven).toBeGreaterThan(10);
  });

  it('to requests without a key, with a wrong one and with one that permits nothing of the kind', async () => {
    const limited = await harness.api<{ key: string }>('POST', '/v1/keys', {
      json: { name: 'calls only', permissions: ['calls:write'] },
    });
    for (const operation of operations) {
      const [made] = fc.sample(wellFormed(document, operation, known), { seed, numRuns: 1 });
      const isOpen = operation.security.length === 0;
      const isCall = operation.security.some((scheme) => scheme['apiKey']?.includes('calls:write'));
      for (const [key, status] of [
        [null, 401],
        ['eg_wrong', 401],
        [limited.data.key, isCall ? null : 403],
      ] as const) {
        const { answer, faults } = await send(operation, made!, key);
        expect({ operation: operation.title, key: key?.slice(0, 8), faults }).toMatchObject({ faults: [] });
        if (!isOpen && status !== null) expect({ ...operation, status: answer.status }).toMatchObject({ status });
      }
    }
  });

  it('to methods that a path does not have', async () => {
    for (const path of Object.keys(document.paths)) {
      if (path.endsWith('/api/{path}')) continue;
      const answer = await harness.api('PROPFIND', path.replaceAll(/[{}]/g, ''));
      expect({ path, status: answer.status, type: answer.headers['content-type'] }).toEqual({
        path,
        status: 405,
        type: 'application/problem+json',
      });
      expect(answer.headers['allow']).toBeTruthy();
    }
  });
});
