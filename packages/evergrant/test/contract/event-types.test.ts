import { describe, expect, it } from 'vitest';
import { type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';

const minute = 60_000;
const hour = 60 * minute;

type EventRecord = { type: string; connection_id: string | null; data: Record<string, unknown> };

/** What has happened since the last time that it was asked, oldest first. */
const watch = (harness: Harness) => {
  let after: string | null = null;
  return async (): Promise<[string, Record<string, unknown>][]> => {
    const query = after === null ? '' : `&after=${after}`;
    const { data } = await harness.api<{ data: (EventRecord & { id: string })[] }>(
      'GET',
      `/v1/events?limit=200${query}`,
    );
    const inOrder = after === null ? data.data.toReversed() : data.data;
    after = inOrder.at(-1)?.id ?? after;
    return inOrder.map(({ type, data: facts }) => [type.replace(/^connection\./, ''), facts]);
  };
};

/** A connection, what the test does to it, and what happens then. */
const begin = async (harness: Harness, consent: Record<string, string> = {}) => {
  const happened = watch(harness);
  const { connection } = await harness.connect({}, consent);
  const path = `/v1/connections/${connection.id}`;
  return {
    id: connection.id,
    happened,
    reconnect: (again: Record<string, string> = {}) => harness.connect({ connection_id: connection.id }, again),
    refresh: () => harness.api('POST', `${path}/refresh`),
    patch: (json: object) => harness.api('PATCH', path, { json }),
    remove: () => harness.api('DELETE', path),
    read: () => harness.token(connection.id),
  };
};

const unavailable = { status: 503, body: { error: 'temporarily_unavailable' } };

describe('each change is one event', () => {
  it('connecting, also with fewer scopes', async () => {
    await using harness = await startHarness();
    const one = await begin(harness);
    expect(await one.happened()).toEqual([['created', {}]]);
    const limited = await harness.connect({ owner: 'owner-2' }, { account: 'bob', scope: 'read' });
    expect(limited.connection.status).toBe('limited');
    expect(await one.happened()).toEqual([
      ['created', {}],
      ['limited', { missing: ['write'] }],
    ]);
  });

  it('reconnecting what works, what is limited, and what had ended', async () => {
    await using harness = await startHarness();
    const one = await begin(harness);
    await one.happened();
    await one.reconnect();
    expect(await one.happened()).toEqual([['updated', {}]]);
    await one.reconnect({ scope: 'read' });
    expect(await one.happened()).toEqual([
      ['updated', {}],
      ['limited', { missing: ['write'] }],
    ]);
    await one.reconnect({ scope: 'read' });
    expect(await one.happened()).toEqual([['updated', {}]]);
    await one.reconnect();
    expect(await one.happened()).toEqual([['updated', {}]]);
    harness.stub.withdraw();
    await one.refresh();
    expect(await one.happened()).toEqual([['reauth_required', { reason: 'revoked_or_expired' }]]);
    await one.reconnect();
    expect(await one.happened()).toEqual([['recovered', {}]]);
  });

  it('renewing, with other scopes too', async () => {
    await using harness = await startHarness();
    const one = await begin(harness);
    await one.happened();
    await one.refresh();
    expect(await one.happened()).toEqual([['refreshed', { generation: 2 }]]);
    harness.stub.behaviour.extra = () => ({ scope: 'read' });
    await one.refresh();
    await one.refresh();
    expect(await one.happened()).toEqual([
      ['refreshed', { generation: 3 }],
      ['limited', { missing: ['write'] }],
      ['refreshed', { generation: 4 }],
    ]);
    harness.stub.behaviour.extra = () => ({ scope: 'read write' });
    await one.refresh();
    expect(await one.happened()).toEqual([
      ['refreshed', { generation: 5 }],
      ['updated', { missing: [] }],
    ]);
  });

  it('failing, running out and recovering, however often it is tried and read', async () => {
    await using harness = await startHarness();
    const one = await begin(harness);
    await one.happened();
    harness.stub.answer('/token', unavailable);
    for (let times = 0; times < 3; times++) await one.refresh();
    expect(await one.happened()).toEqual([['refresh_failed', { code: 'provider_unavailable' }]]);
    harness.clock.advance(2 * hour);
    for (let times = 0; times < 3; times++) {
      expect((await one.read()).status).toBeGreaterThanOrEqual(502);
      await one.refresh();
      harness.clock.advance(10 * minute);
    }
    expect(await one.happened()).toEqual([['degraded', { code: 'provider_unavailable' }]]);
    harness.stub.answer('/token', null);
    expect(await one.refresh()).toMatchObject({ status: 200 });
    expect((await one.happened()).filter(([type]) => type !== 'provider.recovered')).toEqual([
      ['refreshed', { generation: 2 }],
      ['recovered', {}],
    ]);
    await one.refresh();
    expect(await one.happened()).toEqual([['refreshed', { generation: 3 }]]);
    harness.stub.answer('/token', unavailable);
    await one.refresh();
    expect(await one.happened()).toEqual([['refresh_failed', { code: 'provider_unavailable' }]]);
  });

  it('ending, however often it is asked for after that', async () => {
    await using harness = await startHarness();
    const one = await begin(harness);
    await one.happened();
    harness.stub.withdraw();
    for (let times = 0; times < 3; times++) {
      await one.refresh();
      await one.read();
    }
    expect(await one.happened()).toEqual([['reauth_required', { reason: 'revoked_or_expired' }]]);
  });

  it('switching off and on, and other metadata', async () => {
    await using harness = await startHarness();
    const one = await begin(harness);
    await one.happened();
    for (const disabled of [true, true]) await one.patch({ disabled });
    expect(await one.happened()).toEqual([['disabled', {}]]);
    for (const disabled of [false, false]) await one.patch({ disabled });
    expect(await one.happened()).toEqual([['updated', {}]]);
    for (const plan of ['pro', 'pro']) await one.patch({ metadata: { plan } });
    expect(await one.happened()).toEqual([['updated', {}]]);
    await one.patch({ metadata: { plan: 'free' }, disabled: true });
    expect(await one.happened()).toEqual([['disabled', {}]]);
    await one.patch({});
    expect(await one.happened()).toEqual([]);
    await one.reconnect();
    expect(await one.happened()).toEqual([['updated', {}]]);
    expect((await one.read()).status).toBe(200);
  });

  it('disconnecting', async () => {
    await using harness = await startHarness();
    const one = await begin(harness);
    await one.happened();
    await one.remove();
    await one.remove();
    expect(await one.happened()).toEqual([['deleted', {}]]);
  });

  it('an app that the platform refuses, and takes again', async () => {
    await using harness = await startHarness();
    const one = await begin(harness);
    await one.happened();
    harness.stub.answer('/token', { status: 401, body: { error: 'invalid_client' } });
    for (let times = 0; times < 3; times++) {
      await one.refresh();
      harness.clock.advance(minute);
    }
    expect(await one.happened()).toEqual([
      ['provider.app_invalid', { code: 'provider_app_credentials_invalid' }],
      ['refresh_failed', { code: 'provider_app_credentials_invalid' }],
    ]);
    harness.stub.answer('/token', unavailable);
    await one.refresh();
    harness.clock.advance(minute);
    harness.stub.answer('/token', { status: 401, body: { error: 'invalid_client' } });
    await one.refresh();
    harness.clock.advance(minute);
    expect(await one.happened()).toEqual([]);
    harness.stub.answer('/token', null);
    await one.refresh();
    const mended = await one.happened();
    expect(mended).toHaveLength(2);
    expect(mended).toEqual(
      expect.arrayContaining([
        ['provider.recovered', {}],
        ['refreshed', { generation: 2 }],
      ]),
    );
  });

  it('a flow that fails, and one that nobody finishes', async () => {
    await using harness = await startHarness({ config: { engine: 'embedded' } });
    const happened = watch(harness);
    const denied = await harness.begin();
    const state = new URL(denied.authorizationUrl).searchParams.get('state')!;
    const callback = `${harness.publicUrl}/integrations/social/acme?error=access_denied&state=${state}`;
    await denied.browser.follow(callback);
    await denied.browser.get(callback);
    expect(await happened()).toEqual([['flow.failed', { code: 'consent_denied', flow_id: denied.started.id }]]);
    const abandoned = await harness.begin();
    const events: unknown[] = [];
    for (let round = 0; round < 200 && events.length === 0; round++) {
      harness.clock.advance(minute);
      events.push(...(await happened()));
    }
    expect(events).toEqual([['flow.failed', { code: 'flow_expired', flow_id: abandoned.started.id }]]);
  });
});

itKeepsSecrets();
