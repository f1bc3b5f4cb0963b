import { describe, expect, it } from 'vitest';
import type { FlowBody, Harness } from '../security/support.ts';
import { startHarness } from '../security/support.ts';

const pages = [
  { id: 'p1', name: 'Page one', access_token: 'token-of-page-one' },
  { id: 'p2', name: 'Page two', access_token: 'token-of-page-two' },
];

const startPages = () =>
  startHarness({
    acme: ({ origin }) => ({
      definition: {
        accounts: {
          get: `${origin}/pages`,
          items: 'data',
          map: { id: 'id', name: 'name' },
          type: 'page',
          token: 'access_token',
        },
        api: { baseUrl: `${origin}/api` },
        handleErrors: [
          { phase: 'api', code: 'role_lost', is: 'reconnect', affects: 'account', message: 'You have left this page.' },
          { phase: 'api', code: 'withdrawn', is: 'reconnect', reason: 'revoked' },
        ],
      },
    }),
  });

/** Both pages through one login. */
const connectBoth = async (harness: Harness) => {
  harness.stub.answer('/pages', { body: { data: pages } });
  const { flow } = await harness.connect();
  const { data } = await harness.api<FlowBody>('POST', `/v1/connect/${flow.id}/accounts`, {
    json: { account_ids: ['p1', 'p2'] },
  });
  const byId = (id: string) => data.connections.find(({ account }) => account.id === id)!;
  return [byId('p1'), byId('p2')] as const;
};

const call = (harness: Harness, id: string) => harness.api('GET', `/v1/connections/${id}/api/posts`);
const reauthEvents = async (harness: Harness, id: string) =>
  (await harness.events(id)).filter(({ type }) => type === 'connection.reauth_required');

describe('accounts that share a grant', () => {
  it('end alone when the platform says that only this one is lost, and are mended by reconnecting', async () => {
    await using harness = await startPages();
    const [one, two] = await connectBoth(harness);
    harness.stub.answer('/api/posts', { status: 403, body: { error: 'role_lost' } });
    expect(await call(harness, one.id)).toMatchObject({ status: 403, headers: { 'evergrant-verdict': 'reconnect' } });
    expect((await harness.connection(one.id)).data).toMatchObject({
      status: 'reauth_required',
      reason: 'revoked_or_expired',
      last_error: { code: 'reauth_required', detail: 'You have left this page.' },
      reconnect_url: expect.stringContaining(one.id),
    });
    expect(await harness.token(one.id)).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
    expect((await harness.api('POST', `/v1/connections/${one.id}/refresh`)).status).toBe(409);
    expect(await reauthEvents(harness, one.id)).toHaveLength(1);
    const { data: listed } = await harness.api<{ data: { id: string }[] }>(
      'GET',
      '/v1/connections?status=reauth_required',
    );
    expect(listed.data.map(({ id }) => id)).toEqual([one.id]);

    expect((await harness.connection(two.id)).data).toMatchObject({ status: 'active', reason: null, last_error: null });
    expect((await harness.token(two.id)).data.access_token).toBe('token-of-page-two');

    await harness.connect({ connection_id: one.id });
    expect((await harness.connection(one.id)).data).toMatchObject({ status: 'active', reason: null, last_error: null });
    expect((await harness.events(one.id)).map(({ type }) => type)).toContain('connection.recovered');
    expect((await harness.token(one.id)).status).toBe(200);
  });

  it('end together when the person withdraws the whole', async () => {
    await using harness = await startPages();
    const [one, two] = await connectBoth(harness);
    harness.stub.answer('/api/posts', { status: 403, body: { error: 'withdrawn' } });
    await call(harness, one.id);
    for (const { id } of [one, two]) {
      expect((await harness.connection(id)).data).toMatchObject({ status: 'reauth_required', reason: 'revoked' });
      expect((await harness.token(id)).status).toBe(409);
    }
  });

  it('outlive each other: disconnecting one revokes nothing', async () => {
    await using harness = await startPages();
    const [one, two] = await connectBoth(harness);
    expect((await harness.api('DELETE', `/v1/connections/${one.id}`)).status).toBe(204);
    expect(harness.stub.requestsTo('/revoke')).toHaveLength(0);
    expect((await harness.token(two.id)).data.access_token).toBe('token-of-page-two');
    expect((await harness.api('DELETE', `/v1/connections/${two.id}`)).status).toBe(204);
    expect(harness.stub.requestsTo('/revoke').length).toBeGreaterThan(0);
  });
});
