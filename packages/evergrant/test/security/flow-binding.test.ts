import { describe, expect, it } from 'vitest';
import { send } from './http.ts';
import { itKeepsSecrets, startHarness } from './support.ts';

/** What the token endpoint was asked. */
const exchanges = ({ stub }: Awaited<ReturnType<typeof startHarness>>) => stub.requestsTo('/token');

const withState = (callback: string, change: (state: string) => string): string => {
  const url = new URL(callback);
  url.searchParams.set('state', change(url.searchParams.get('state') ?? ''));
  return url.href;
};

describe('what a flow is bound to', () => {
  it('C01 every state is new and 256 bits', async () => {
    await using harness = await startHarness({ memory: true });
    const { evergrant } = harness;
    const states = new Set<string>();
    for (let count = 0; count < 10_000; count++) {
      const { url } = await evergrant.connect({ provider: 'acme', owner: 'owner-1', skipConfirmation: true });
      const { headers } = await evergrant.handler(new Request(url));
      states.add(new URL(headers.get('location') ?? '').searchParams.get('state') ?? '');
    }
    expect(states.size).toBe(10_000);
    for (const state of states) expect(state).toMatch(/^[\w-]{43}$/);
  });

  it.each(['S256', 'none'])(
    'C02 a flow can be finished only by the browser that started it (PKCE %s)',
    async (pkce) => {
      await using harness = await startHarness({ acme: () => ({ definition: { protocol: { pkce } } }) });
      const begun = await harness.begin();
      const callback = harness.stub.consent(begun.authorizationUrl);
      for (const other of [harness.browser(), (await harness.begin()).browser]) {
        const page = await other.follow(callback);
        expect(page.status).toBe(403);
        expect(page.body).toContain('flow_browser_mismatch');
      }
      expect(exchanges(harness)).toEqual([]);
      expect(await harness.flow(begun.started.id)).toMatchObject({ status: 'pending' });
      await begun.browser.follow(callback);
      expect(await harness.flow(begun.started.id)).toMatchObject({ status: 'connected' });
    },
  );

  it('C02 the end of a flow is shown to its own browser only', async () => {
    await using harness = await startHarness();
    const { page } = await harness.connect();
    expect((await harness.browser().get(page.url)).body).toContain('flow_browser_mismatch');
  });

  it('C02 a link that was opened in one browser leads nowhere in another', async () => {
    await using harness = await startHarness();
    const { started } = await harness.begin();
    const page = await harness.browser().get(started.url);
    expect(page).toMatchObject({ status: 403, location: null });
    expect(page.body).toContain('flow_browser_mismatch');
  });

  it('C03 a flow is consumed once when the same answer comes twenty times at once', async () => {
    await using harness = await startHarness();
    const { authorizationUrl, browser, started } = await harness.begin();
    const callback = harness.stub.consent(authorizationUrl);
    const visits = await Promise.all(Array.from({ length: 20 }, () => browser.get(callback)));
    expect(exchanges(harness)).toHaveLength(1);
    expect(visits.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(visits.filter(({ status }) => status === 409)).toHaveLength(19);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  it('C03 a finished flow answers flow_already_used, also when the cookie is gone', async () => {
    await using harness = await startHarness();
    const { authorizationUrl, browser, started } = await harness.begin();
    const callback = harness.stub.consent(authorizationUrl);
    await browser.follow(callback);
    for (const visitor of [browser, harness.browser()]) {
      const page = await visitor.follow(callback);
      expect(page.status).toBe(409);
      expect(page.body).toContain('flow_already_used');
    }
    expect((await browser.get(started.url)).body).toContain('flow_already_used');
    expect(exchanges(harness)).toHaveLength(1);
  });

  it('C03 an error answer consumes the flow: a success with its state comes too late', async () => {
    await using harness = await startHarness();
    const { authorizationUrl, browser, started } = await harness.begin();
    const success = harness.stub.consent(authorizationUrl);
    const denied = new URL(success);
    denied.searchParams.delete('code');
    denied.searchParams.set('error', 'access_denied');
    const page = await browser.follow(denied.href);
    expect(page.status).toBe(403);
    expect(page.body).toContain('consent_denied');
    expect((await browser.follow(success)).body).toContain('flow_already_used');
    expect(exchanges(harness)).toEqual([]);
    const flow = await harness.flow(started.id);
    expect(flow).toMatchObject({ status: 'failed', connections: [], error: { code: 'consent_denied', status: 403 } });
  });

  it('C04 a flow dies after ten minutes', async () => {
    await using harness = await startHarness();
    const before = await harness.begin();
    const { data: unopened } = await harness.start();
    const callback = harness.stub.consent(before.authorizationUrl);
    expect(Date.parse(before.started.expires_at) - harness.clock.now()).toBeLessThanOrEqual(600_000);
    harness.clock.advance(11 * 60_000);
    for (const address of [callback, before.started.url, unopened.url]) {
      const page = await before.browser.follow(address);
      expect(page.status).toBe(410);
      expect(page.body).toContain('flow_expired');
    }
    expect(exchanges(harness)).toEqual([]);
    const flow = await harness.flow(before.started.id);
    expect(flow).toMatchObject({ status: 'expired', error: { code: 'flow_expired' } });
  });

  it('C04 a flow can be finished shortly before its ten minutes are over', async () => {
    await using harness = await startHarness();
    const { authorizationUrl, browser, started } = await harness.begin();
    harness.clock.advance(9 * 60_000);
    await browser.follow(harness.stub.consent(authorizationUrl));
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  it('C05 the state says nothing, and one that was tampered with is refused', async () => {
    await using harness = await startHarness();
    const owner = 'owner-whose-name-is-no-business-of-the-platform';
    const begun = await harness.begin({ owner, metadata: { plan: 'pro' } });
    const state = new URL(begun.authorizationUrl).searchParams.get('state') ?? '';
    for (const text of [begun.authorizationUrl, Buffer.from(state, 'base64url').toString('latin1')]) {
      for (const fact of [owner, 'pro', begun.started.id, '127.0.0.1:0']) expect(text).not.toContain(fact);
    }
    const callback = harness.stub.consent(begun.authorizationUrl);
    const flipped = withState(callback, (known) => (known.startsWith('A') ? 'B' : 'A') + known.slice(1));
    for (const address of [flipped, withState(callback, () => "' or 1=1 --"), withState(callback, () => 'x')]) {
      const page = await begun.browser.follow(address);
      expect(page.status).toBe(404);
      expect(page.body).toContain('flow_not_found');
    }
    expect(exchanges(harness)).toEqual([]);
  });

  it('C11 an answer without state is malformed and spends nothing', async () => {
    await using harness = await startHarness();
    const { authorizationUrl, browser, started } = await harness.begin();
    const callback = harness.stub.consent(authorizationUrl);
    const { origin, pathname } = new URL(callback);
    for (const query of ['?error=access_denied', '?code=x', '?state=&code=x', '']) {
      const page = await browser.follow(origin + pathname + query);
      expect(page.status).toBe(400);
      expect(page.body).toContain('callback_malformed');
    }
    await browser.follow(callback);
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  describe('C11 where a platform refuses without the state', () => {
    const start = () =>
      startHarness({ acme: () => ({ definition: { protocol: { refusesWithoutState: true } } }), providers: ['other'] });
    const refusal = (authorizationUrl: string, query = 'error=access_denied') =>
      `${new URL(authorizationUrl).searchParams.get('redirect_uri')}?${query}`;

    it('a refusal ends the one flow that its browser has there, and no other', async () => {
      await using harness = await start();
      const [mine, theirs] = [await harness.begin(), await harness.begin()];
      const elsewhere = await harness.begin({ provider: 'other' }, mine.browser);
      const page = await mine.browser.follow(refusal(mine.authorizationUrl));
      expect(page.body).toContain('consent_denied');
      expect(await harness.flow(mine.started.id)).toMatchObject({
        status: 'failed',
        error: { code: 'consent_denied' },
      });
      for (const { started } of [theirs, elsewhere]) {
        expect(await harness.flow(started.id)).toMatchObject({ status: 'pending' });
      }
      expect(exchanges(harness)).toEqual([]);
    });

    it('whatever does not name one flow beyond doubt spends nothing', async () => {
      await using harness = await start();
      const { authorizationUrl, browser, started } = await harness.begin();
      const other = await harness.begin({ provider: 'other' });
      const answers: [typeof browser, string][] = [
        [harness.browser(), refusal(authorizationUrl)],
        [browser, refusal(authorizationUrl, 'code=x')],
        [browser, refusal(authorizationUrl, 'error=access_denied&code=x')],
        [browser, refusal(authorizationUrl, 'error=access_denied&error=x')],
        [browser, refusal(authorizationUrl, 'error=access_denied&state=')],
        [other.browser, refusal(other.authorizationUrl)],
      ];
      for (const [visitor, address] of answers) {
        const page = await visitor.follow(address);
        expect({ address, status: page.status }).toEqual({ address, status: 400 });
        expect(page.body).toContain('callback_malformed');
      }
      const second = await harness.begin({}, browser);
      expect((await browser.follow(refusal(authorizationUrl))).body).toContain('callback_malformed');
      for (const { authorizationUrl: address, started: flow } of [{ authorizationUrl, started }, second]) {
        await browser.follow(harness.stub.consent(address));
        expect(await harness.flow(flow.id)).toMatchObject({ status: 'connected' });
      }
    });
  });

  it('C20 an opened link names the owner and asks first, and works in one browser only', async () => {
    await using harness = await startHarness();
    const { data: started } = await harness.start({ owner: 'mallory & sons', skip_confirmation: false });
    const victim = harness.browser();
    const page = await victim.get(started.url);
    expect(page).toMatchObject({ status: 200, location: null });
    expect(page.body).toContain('mallory &amp; sons');
    expect(page.body).toContain('Acme');
    expect(harness.stub.requests).toEqual([]);
    expect((await harness.browser().get(started.url)).body).toContain('flow_browser_mismatch');
    expect((await harness.browser().post(started.url, {})).body).toContain('flow_browser_mismatch');
    const confirmed = await victim.post(started.url, {});
    expect(confirmed.status).toBe(303);
    expect(confirmed.location).toContain(`${harness.stub.origin}/authorize?`);
  });

  it('C20 A06 a page of another site cannot confirm for the person', async () => {
    await using harness = await startHarness();
    const { data: started } = await harness.start({ skip_confirmation: false });
    const victim = harness.browser();
    await victim.get(started.url);
    for (const origin of ['https://evil.example', 'null']) {
      expect(await victim.post(started.url, {}, { origin })).toMatchObject({ status: 403, location: null });
    }
    expect(await harness.flow(started.id)).toMatchObject({ status: 'pending' });
  });

  it('C20 a prefetch or a link checker does not bind the flow', async () => {
    await using harness = await startHarness();
    const { data: started } = await harness.start();
    await harness.browser().get(started.url, { 'sec-purpose': 'prefetch;prerender' });
    expect((await send(started.url, { method: 'HEAD' })).headers).not.toHaveProperty('set-cookie');
    expect((await harness.browser().get(started.url)).status).toBe(303);
  });

  itKeepsSecrets();
});
