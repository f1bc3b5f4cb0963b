import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { holdCommits, query, releaseCommits, tamper } from '../support/database.ts';
import { approachCallback, createStubWorld, type StubWorld } from '../support/stub.ts';
import { until } from '../support/wait.ts';

let world: StubWorld;

beforeEach(async () => {
  world = await createStubWorld();
});
afterEach(() => world.dispose());

const exchanges = (): number => world.stub.control.tokenRequests().exchange;

/** Waits for the flow's end as an application does. */
const endOf = (flowId: string) =>
  until(
    'the end of the flow',
    async () => {
      const flow = expectBody(await world.installation.api.flow(flowId, 5));
      return flow.status === 'pending' ? null : flow;
    },
    { within: 30_000 },
  );

const expectWorking = async (connectionId: string): Promise<void> => {
  const { api } = world.installation;
  expect(expectBody(await api.token(connectionId))).toMatchObject({ generation: 1 });
  expect(expectBody(await api.refresh(connectionId))).toMatchObject({ status: 'active', token: { generation: 2 } });
};

describe('a process that is killed while it connects an account', () => {
  test('finishes the flow when the answer to the code stands in the journal', async () => {
    const { installation } = world;
    const first = await installation.start();
    const { flowId, browser, callback } = await approachCallback(world);
    holdCommits(installation.database, 'exchange');
    const visit = browser.open(callback).catch(() => 'cut off');
    await until('the journal entry', () => query(installation.database, 'select 1 from journal').length === 1);
    await first.kill();
    expect(await visit).toBe('cut off');
    expect(query(installation.database, 'select 1 from grants')).toEqual([]);

    releaseCommits(installation.database);
    await installation.start();
    const flow = await endOf(flowId);
    expect(flow).toMatchObject({ status: 'connected', connections: [{ status: 'active' }] });
    expect(exchanges()).toBe(1);
    // The person sees the result in the browser in which it began.
    const page = await browser.open(`${installation.url}/connect/done/${flowId}`);
    expect(page).toMatchObject({ status: 200 });
    expect(page.text).toContain('Ada Example');
    // The code is not used again, even when the browser repeats its request.
    expect((await browser.open(callback)).text).toContain('flow_already_used');
    expect(exchanges()).toBe(1);
    await expectWorking(flow.connections[0]!.id);
  });

  test('goes on to the profile when the grant was stored', async () => {
    const { installation, stub } = world;
    const first = await installation.start();
    const { flowId, browser, callback } = await approachCallback(world);
    stub.control.answerNext({ endpoint: 'api', delayMs: 60_000 });
    const visit = browser.open(callback).catch(() => 'cut off');
    await until('the profile request', () => stub.control.log().some(({ endpoint }) => endpoint === 'api'));
    await first.kill();
    expect(await visit).toBe('cut off');

    await installation.start();
    const flow = await endOf(flowId);
    expect(flow).toMatchObject({ status: 'connected' });
    expect(exchanges()).toBe(1);
    await expectWorking(flow.connections[0]!.id);
  });

  test('fails the flow when nobody heard the answer, and never sends the code again', async () => {
    const { installation, stub } = world;
    const first = await installation.start();
    const { flowId, browser, callback } = await approachCallback(world);
    stub.control.answerNext({ delayMs: 60_000 });
    const visit = browser.open(callback).catch(() => 'cut off');
    await until('the exchange', () => exchanges() === 1);
    await first.kill();
    expect(await visit).toBe('cut off');

    // A process that starts at once cannot know whether another one still waits for the platform. After a request's
    // deadline it can; here that time is made to have passed.
    const second = await installation.start();
    expect(expectBody(await installation.api.flow(flowId))).toMatchObject({ status: 'pending' });
    await second.kill();
    tamper(installation.database, 'update flows set updated_at = updated_at - 20000');
    await installation.start();
    const flow = await endOf(flowId);
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'provider_timeout' }, connections: [] });
    expect((await browser.open(callback)).text).toContain('flow_already_used');
    expect((await browser.open(`${installation.url}/connect/done/${flowId}`)).text).toContain('provider_timeout');
    expect(exchanges()).toBe(1);
  });
});

describe('a command beside the service', () => {
  test('leaves a flow alone that the service is just finishing', async () => {
    const { installation, stub } = world;
    await installation.start();
    const { flowId, browser, callback } = await approachCallback(world);
    stub.control.answerNext({ delayMs: 3000 });
    const visit = browser.open(callback);
    await until('the exchange', () => exchanges() === 1);
    expect(await installation.run(['connections'])).toMatchObject({ status: 0, stderr: '' });
    expect(await installation.run(['doctor'])).toMatchObject({ status: 0 });

    expect((await visit).text).toContain('Ada Example');
    expect(await endOf(flowId)).toMatchObject({ status: 'connected' });
    expect(exchanges()).toBe(1);
  });
});
