import { describe, expect, it } from 'vitest';
import type { ProblemBody } from './shapes.ts';
import { type Harness, itKeepsSecrets, startHarness } from './support.ts';

const inner = 'the hook tripped over row 4711';

/** A regular expression of a definition that throws when it is used. */
const broken = (): RegExp =>
  Object.assign(/x/, {
    [Symbol.search]: () => {
      throw new TypeError(inner);
    },
  });

const linesWith = ({ logLines }: Harness, text: string) =>
  logLines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => JSON.stringify(line).includes(text));

const expectGeneric = (body: string): void => {
  expect(body).not.toMatch(/4711|TypeError|\.ts\b|node_modules|\bat [\w.]+ \(/);
};

const expectAlive = async (harness: Harness): Promise<void> => {
  expect((await harness.connect({ provider: 'other' })).flow.status).toBe('connected');
};

describe('faults that nobody expected', () => {
  it('L02 a hook that throws while accounts are found ends the flow in a generic 500', async () => {
    const accounts = () => {
      throw new TypeError(inner);
    };
    await using harness = await startHarness({ providers: ['other'], acme: () => ({ definition: { accounts } }) });
    const { flow, page } = await harness.connect();
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'internal', status: 500, actor: 'service' } });
    expect(page.status).toBe(500);
    for (const text of [JSON.stringify(flow), page.body]) expectGeneric(text);
    expect(linesWith(harness, inner)).toMatchObject([{ level: 'error', flow: flow.id, error: { name: 'TypeError' } }]);
    await expectAlive(harness);
  });

  it('L02 a hook that throws in an answer of the browser gives a generic 500 page with the id of the log line', async () => {
    const rule = { description: broken(), is: 'retry' };
    await using harness = await startHarness({
      providers: ['other'],
      acme: () => ({ definition: { handleErrors: [rule] } }),
    });
    const { authorizationUrl, browser } = await harness.begin();
    const callback = new URL(harness.stub.consent(authorizationUrl));
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    const page = await browser.follow(callback.href);
    expect(page.status).toBe(500);
    expect(page.body).toContain('internal');
    expectGeneric(page.body);
    const [line] = linesWith(harness, inner);
    expect(line).toMatchObject({ level: 'error', error: { name: 'TypeError', message: inner } });
    expect(page.headers['x-request-id']).toBe(line?.['request']);
    expect(page.body).toContain(String(line?.['request']));
    await expectAlive(harness);
  });

  it('L02 a hook that throws while a renewal is read ends no connection, and the log tells it', async () => {
    const rule = { phase: 'refresh', description: broken(), is: 'retry' };
    await using harness = await startHarness({
      providers: ['other'],
      acme: () => ({ definition: { handleErrors: [rule] } }),
    });
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/token', { status: 400, body: { error: 'odd', error_description: 'x' } });
    const answer = await harness.api<ProblemBody>('POST', `/v1/connections/${connection.id}/refresh`);
    expect(answer).toMatchObject({ status: 502, data: { code: 'provider_bad_response' } });
    expectGeneric(answer.body);
    expect(linesWith(harness, inner)).toMatchObject([{ level: 'error', provider: 'acme' }]);
    expect(await harness.connection(connection.id)).toMatchObject({ data: { status: 'active' } });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
    await expectAlive(harness);
  });

  it('L02 a database that is not as expected gives a generic 500 problem with the id of the log line', async () => {
    await using harness = await startHarness({ providers: ['other'] });
    const { connection } = await harness.connect();
    harness.sql((database) => database.exec('alter table events rename to mislaid'));
    const answer = await harness.api<ProblemBody>('GET', `/v1/connections/${connection.id}/events`);
    expect(answer).toMatchObject({
      status: 500,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
      data: { code: 'internal', status: 500, actor: 'service', type: `${harness.publicUrl}/errors/internal` },
    });
    expect(answer.body).not.toMatch(/events|mislaid|sql|table/i);
    const [line] = linesWith(harness, 'no such table');
    expect(answer.data.instance).toBe(`urn:evergrant:request:${String(line?.['request'])}`);
    harness.sql((database) => database.exec('alter table mislaid rename to events'));
    await expectAlive(harness);
  });

  it('L01 an operator at trace sees what happened, without what it happened with', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answer('/token', (received) => ({
      status: 400,
      body: {
        error: 'invalid_request',
        error_description: `cannot use refresh_token ${received.form.get('refresh_token')}`,
      },
    }));
    const answer = await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect(harness.canaries.findIn(answer.body)).toEqual([]);
    expect(harness.canaries.findIn((await harness.connection(connection.id)).body)).toEqual([]);
    harness.stub.answer('/me', ({ headers }) => ({ status: 500, body: { message: `bad ${headers.authorization}` } }));
    const failed = await harness.connect({ owner: 'owner-2' });
    expect(failed.flow.status).toBe('failed');
    expect(harness.canaries.findIn(JSON.stringify(failed.flow) + failed.page.body)).toEqual([]);
  });

  itKeepsSecrets();
});
