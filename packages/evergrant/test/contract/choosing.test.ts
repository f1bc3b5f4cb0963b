import { describe, expect, it } from 'vitest';
import { type FlowBody, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

/** Acme with pages to choose from. */
const withPages = ({ origin }: { origin: string }) => ({
  definition: {
    accounts: {
      get: `${origin}/pages`,
      items: 'data',
      map: { id: 'id', name: 'name' },
      type: 'page',
      token: 'access_token',
      unavailable: (page: { locked?: boolean }) => (page.locked ? 'You do not manage this page' : undefined),
    },
  },
});

const choose = (harness: Harness, flow: string, ids: unknown) =>
  harness.api<FlowBody>('POST', `/v1/connect/${flow}/accounts`, { json: { account_ids: ids } });

describe('choosing accounts', () => {
  const pages = [
    { id: 'p1', name: 'Page one', access_token: 'token-of-page-one' },
    { id: 'p2', name: 'Page two', access_token: 'token-of-page-two' },
    { id: 'p3', name: 'Page three', locked: true },
  ];

  it('offers them, connects the chosen ones, and once', async () => {
    await using harness = await startHarness({ acme: withPages });
    harness.stub.answer('/pages', { body: { data: pages } });
    const { flow, page, browser } = await harness.connect();
    expect(flow).toMatchObject({ status: 'choosing', connections: [], error: null });
    const nothing = { type: 'page', username: null, picture: null, url: null };
    expect(flow.accounts).toStrictEqual([
      { id: 'p1', name: 'Page one', ...nothing, unavailable: null },
      { id: 'p2', name: 'Page two', ...nothing, unavailable: null },
      { id: 'p3', name: 'Page three', ...nothing, unavailable: 'You do not manage this page' },
    ]);
    expect(page.body).toContain('Page one');
    for (const ids of [[], ['p3'], ['p1', 'p3'], ['nowhere'], 'p1', [1]]) {
      expect(await choose(harness, flow.id, ids)).toMatchObject({ status: 400, data: { code: 'invalid_request' } });
    }
    const { status, data } = await choose(harness, flow.id, ['p1', 'p2']);
    expect({ status, data }).toMatchObject({ status: 200, data: { status: 'connected', accounts: [] } });
    expect(data.connections.map(({ account }) => account).sort((one, two) => one.id.localeCompare(two.id))).toEqual([
      { id: 'p1', name: 'Page one', ...nothing },
      { id: 'p2', name: 'Page two', ...nothing },
    ]);
    expect(await choose(harness, flow.id, ['p1'])).toMatchObject({ status: 409, data: { code: 'flow_already_used' } });
    expect((await browser.get(page.url)).body).toContain('Page two');
    const tokens = await Promise.all(data.connections.map(({ id }) => harness.token(id)));
    expect(tokens.map(({ data: token }) => token.access_token).sort()).toEqual([
      'token-of-page-one',
      'token-of-page-two',
    ]);
    for (const { data: token } of tokens) expect(token.expires_at).toBeNull();
  });

  it('does the same on the page, in its own browser only', async () => {
    await using harness = await startHarness({ acme: withPages });
    harness.stub.answer('/pages', { body: { data: pages } });
    const { flow, page, browser } = await harness.connect();
    const action = /action="([^"]+)"/.exec(page.body)?.[1] ?? '';
    expect((await harness.browser().post(action, { account_ids: 'p1' })).status).toBe(403);
    expect((await browser.post(action, { account_ids: 'p1' }, { origin: 'https://evil.example' })).status).toBe(403);
    const nothing = await browser.post(action, {});
    expect(nothing.status).toBe(422);
    expect(nothing.body).toContain('Page one');
    const done = await browser.post(action, { account_ids: 'p2' });
    expect(done.status).toBe(303);
    expect((await browser.follow(done.location ?? '')).body).toContain('Page two');
    expect(await harness.flow(flow.id)).toMatchObject({
      status: 'connected',
      connections: [{ account: { id: 'p2' } }],
    });
  });

  it('is not asked where there is one, and fails where there is none', async () => {
    await using harness = await startHarness({ acme: withPages });
    harness.stub.answer('/pages', { body: { data: [pages[0]] } });
    expect((await harness.connect()).flow).toMatchObject({
      status: 'connected',
      connections: [{ account: { id: 'p1', type: 'page' } }],
    });
    for (const data of [[], [pages[2]], undefined]) {
      harness.stub.answer('/pages', { body: { data } });
      const { flow, page } = await harness.connect({ owner: 'owner-2' });
      expect(flow).toMatchObject({ status: 'failed', error: { code: 'account_type_unsupported', status: 422 } });
      expect(page.status).toBe(422);
    }
  });

  it('waits ten minutes', async () => {
    await using harness = await startHarness({ acme: withPages });
    harness.stub.answer('/pages', { body: { data: pages } });
    const { flow } = await harness.connect();
    harness.clock.advance(10 * 60_000);
    expect(await harness.flow(flow.id)).toMatchObject({ status: 'expired', error: { code: 'flow_expired' } });
    expect(await choose(harness, flow.id, ['p1'])).toMatchObject({ status: 410, data: { code: 'flow_expired' } });
  });

  it('is refused for flows that offer none', async () => {
    await using harness = await startHarness();
    const { data } = await harness.start();
    expect(await choose(harness, data.id, ['p1'])).toMatchObject({ status: 409 });
    expect(await choose(harness, 'flow_x', ['p1'])).toMatchObject({ status: 404, data: { code: 'flow_not_found' } });
  });

  itKeepsSecrets();
});
