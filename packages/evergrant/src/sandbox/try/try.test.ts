import { describe, expect, it, vi } from 'vitest';
import { catalogue, EvergrantError } from '../../errors/index.ts';
import { createTestClock } from '../test-client.ts';
import { type ConnectionView, createTryPage } from './index.ts';

const publicUrl = 'http://localhost:3000';
const now = new Date('2026-11-23T12:00:00Z');
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();

const connection = (changes: Partial<ConnectionView> = {}): ConnectionView => ({
  id: 'conn_1',
  provider: 'x',
  owner: 'sandbox',
  status: 'active',
  reason: null,
  account: {
    id: '1',
    type: 'profile',
    name: 'Ada Example',
    username: 'ada',
    picture: 'https://pictures.example/ada',
    url: null,
  },
  scopes: { granted: ['profile'], missing: [] },
  token: {
    expiresAt: inSeconds(48),
    refreshable: true,
    nextRefreshAt: inSeconds(12),
    lastRefreshedAt: inSeconds(-72),
    generation: 4,
  },
  lastError: null,
  reconnectUrl: null,
  createdAt: inSeconds(-400),
  ...changes,
});

const setUp = (connections: ConnectionView[] = [connection()]) => {
  const evergrant = {
    connect: vi.fn(async () => ({ url: `${publicUrl}/connect/abc` })),
    getFlow: vi.fn(async () => ({ owner: 'sandbox', error: { code: 'consent_denied' as const } })),
    listConnections: vi.fn(async () => ({ data: connections })),
    refresh: vi.fn(async () => undefined),
    disconnect: vi.fn(async () => undefined),
  };
  const providers = [
    { id: 'sandbox', name: 'Sandbox' },
    { id: 'x', name: 'X' },
  ];
  const page = createTryPage({ evergrant, providers, publicUrl, clock: createTestClock() });
  const send = (path: string, init: RequestInit = {}) => page.fetch(new Request(`${publicUrl}${path}`, init));
  const post = (
    path: string,
    form: Record<string, string> = {},
    headers: Record<string, string> = { origin: publicUrl },
  ) => send(path, { method: 'POST', headers, body: new URLSearchParams(form) });
  return { evergrant, page, send, post };
};

describe('the try page', () => {
  it('shows a button for each platform and the connections with their countdowns', async () => {
    const { send, evergrant } = setUp();
    const page = await (await send('/')).text();
    expect(page).toContain('Connect Sandbox');
    expect(page).toContain('Connect X');
    expect(page).toContain(`data-until="${inSeconds(48)}"`);
    expect(page).toContain(`data-until="${inSeconds(12)}"`);
    expect(page).toContain('renewed 3 times');
    expect(evergrant.listConnections).toHaveBeenCalledWith({ owner: 'sandbox', limit: 50 });
  });

  it('loads nothing from elsewhere, and allows exactly its own style and script', async () => {
    const { send } = setUp();
    const answer = await send('/');
    expect(await answer.text()).not.toContain('pictures.example');
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toMatch(
      /default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self'/,
    );
  });

  it('escapes what platforms say, in the page and in the list', async () => {
    const account = { ...connection().account, name: '<img src=x onerror=alert(1)>' };
    const { send } = setUp([connection({ account })]);
    expect(await (await send('/')).text()).not.toContain('<img');
    expect(JSON.stringify(await (await send('/try/connections')).json())).not.toContain('<img');
  });

  it('names the key, never shows it', async () => {
    const { send } = setUp();
    expect(await (await send('/')).text()).toContain(
      'curl -H &quot;Authorization: Bearer $EVERGRANT_API_KEY&quot; \\\n  http://localhost:3000/v1/connections/conn_1/token',
    );
  });

  it('offers to reconnect what a person must reconnect', async () => {
    const { send, post, evergrant } = setUp([connection({ status: 'reauth_required', reason: 'lost_rotation' })]);
    const page = await (await send('/')).text();
    expect(page).toContain('Reconnect needed');
    expect(page).toContain('lost rotation');
    expect(page).not.toContain('Renew now');
    await post('/try/connect', { provider: 'x', connection: 'conn_1' });
    expect(evergrant.connect).toHaveBeenCalledWith(expect.objectContaining({ connectionId: 'conn_1' }));
  });

  it('says what keeps a degraded connection from being renewed, also without a sentence about it', async () => {
    const lastError = { code: 'provider_timeout', detail: null };
    const { send } = setUp([connection({ status: 'degraded', lastError })]);
    expect(await (await send('/')).text()).toContain(`Last try failed: ${catalogue.provider_timeout.title}`);
  });

  it('says how the last attempt ended, in its own words only', async () => {
    const { send } = setUp();
    expect(await (await send('/?flow=flow_1&status=connected')).text()).toContain('Connected.');
    expect(await (await send('/?flow=flow_1&status=failed')).text()).toContain(
      `Not connected. ${catalogue.consent_denied.title}`,
    );
    expect(await (await send('/?error=internal')).text()).toContain('role="status">');
    expect(await (await send('/?error=Call+this+number')).text()).not.toContain('Call this number');
  });

  it('tells nothing of flows that are not of this page', async () => {
    const { send, evergrant } = setUp();
    evergrant.getFlow.mockResolvedValueOnce({ owner: 'user_42', error: { code: 'consent_denied' } });
    const foreign = await (await send('/?flow=flow_2&status=failed')).text();
    evergrant.getFlow.mockRejectedValueOnce(new EvergrantError('flow_not_found'));
    const unknown = await (await send('/?status=failed')).text();
    for (const page of [foreign, unknown]) {
      expect(page).toContain('Not connected');
      expect(page).not.toContain(catalogue.consent_denied.title);
    }
  });
});

describe('its address', () => {
  it('may have a path', async () => {
    const { evergrant } = setUp();
    const page = createTryPage({
      evergrant,
      providers: [{ id: 'x', name: 'X' }],
      publicUrl: `${publicUrl}/evergrant/`,
      clock: createTestClock(),
    });
    const answer = await page.fetch(new Request(`${publicUrl}/evergrant/`));
    const links = [...(await answer.text()).matchAll(/(?:action|href|data-connections)="(\/[^"]*)"/g)].map(
      ([, path]) => path,
    );
    expect(links.length).toBeGreaterThan(3);
    for (const path of links) expect(path).toMatch(/^\/evergrant\//);
    expect((await page.fetch(new Request(`${publicUrl}/evergrant/try/connections`))).status).toBe(200);
    expect((await page.fetch(new Request(`${publicUrl}/evergrant`))).status).toBe(200);
    expect((await page.fetch(new Request(`${publicUrl}/`))).status).toBe(404);
  });
});

describe('its list', () => {
  it('has the same markup for a connection that did not change, so that nothing is replaced', async () => {
    const { send } = setUp();
    const [first, second] = [
      await (await send('/try/connections')).json(),
      await (await send('/try/connections')).json(),
    ];
    expect(first).toMatchObject({
      now: expect.any(Number),
      connections: [{ id: 'conn_1', html: expect.stringContaining('Ada Example') }],
    });
    expect(second).toEqual(first);
  });
});

describe('its buttons', () => {
  it('start a flow for the owner `sandbox` and go there', async () => {
    const { post, evergrant } = setUp();
    const answer = await post('/try/connect', { provider: 'x' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${publicUrl}/connect/abc`]);
    expect(evergrant.connect).toHaveBeenCalledWith({
      provider: 'x',
      owner: 'sandbox',
      skipConfirmation: true,
      returnTo: `${publicUrl}/#connections`,
    });
  });

  it('know the simulated platforms only', async () => {
    const { post, evergrant } = setUp();
    expect((await post('/try/connect', { provider: 'linkedin' })).headers.get('location')).toBe(
      '/?error=provider_unknown',
    );
    expect(evergrant.connect).not.toHaveBeenCalled();
  });

  it('renew and disconnect', async () => {
    const { post, evergrant } = setUp();
    expect((await post('/try/connections/conn_1/refresh')).headers.get('location')).toBe('/');
    expect((await post('/try/connections/conn_1/disconnect')).status).toBe(303);
    expect(evergrant.refresh).toHaveBeenCalledWith('conn_1');
    expect(evergrant.disconnect).toHaveBeenCalledWith('conn_1');
  });

  it('touch no connection of another owner', async () => {
    const { post, evergrant } = setUp();
    expect((await post('/try/connections/conn_2/disconnect')).headers.get('location')).toBe(
      '/?error=connection_not_found',
    );
    expect(evergrant.disconnect).not.toHaveBeenCalled();
  });

  it('tell what went wrong', async () => {
    const { post, evergrant } = setUp();
    evergrant.refresh.mockRejectedValue(new EvergrantError('provider_unavailable'));
    expect((await post('/try/connections/conn_1/refresh')).headers.get('location')).toBe(
      '/?error=provider_unavailable',
    );
    const inPlace = await post(
      '/try/connections/conn_1/refresh',
      {},
      { origin: publicUrl, accept: 'application/json' },
    );
    expect(await inPlace.json()).toEqual({ error: expect.stringMatching(/.+/) });
  });
});

describe('its defence', () => {
  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a sibling on another port', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:4000' }],
    ['a foreign origin', { origin: 'https://evil.example' }],
    ['a hidden origin', { origin: 'null' }],
    ['nobody', {}],
  ])('refuses forms from %s', async (_from, headers) => {
    const { post, evergrant } = setUp();
    expect((await post('/try/connect', { provider: 'x' }, headers as Record<string, string>)).status).toBe(403);
    expect(evergrant.connect).not.toHaveBeenCalled();
  });

  it.each(['/', '/try/connections'])('shows %s under no foreign name (DNS rebinding)', async (path) => {
    const { page } = setUp();
    const headers = { host: 'rebound.example:3000' };
    expect((await page.fetch(new Request(`http://rebound.example:3000${path}`, { headers }))).status).toBe(421);
  });

  it('leads from another name of this computer to the right one', async () => {
    const { page } = setUp();
    const answer = await page.fetch(new Request('http://127.0.0.1:3000/'));
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${publicUrl}/`]);
  });
});
