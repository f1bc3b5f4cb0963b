import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Visit } from './browser.ts';
import { type Harness, itKeepsSecrets, startHarness } from './support.ts';

const allowed = 'https://app.example.test';
const withReturn = { config: { returnUrls: [allowed] } };

const failedWith = async (harness: Harness, more: Record<string, string>): Promise<Visit> => {
  const { authorizationUrl, browser } = await harness.begin();
  const callback = new URL(harness.stub.consent(authorizationUrl));
  callback.searchParams.delete('code');
  for (const [name, value] of Object.entries(more)) callback.searchParams.set(name, value);
  return browser.follow(callback.href);
};

describe('the side of the browser', () => {
  it.each([
    '//evil.example',
    'https:evil.example',
    'https:/evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'https://app.example.test@evil.example',
    'https://app.example.test:443@evil.example/',
    'https://user:password@app.example.test/',
    'https://app.example.test.evil.example',
    'https://evilapp.example.test',
    'https://app.example.test./done',
    'https://app.example.test\\@evil.example',
    'https://app.example.test\t.evil.example',
    'https://app.example.test\n.evil.example',
    ' https://app.example.test/done',
    'https://аpp.example.test/done',
    'https://xn--pp-7kc.example.test/done',
    'http://app.example.test/done',
    'https://app.example.test:8443/done',
    'https://evil.example/?https://app.example.test',
    'https://evil.example/#https://app.example.test',
    'done',
    '',
    '*',
    'null',
  ])('B01 a return address that is not on the list is refused: %j', async (return_to) => {
    await using harness = await startHarness({ memory: true, ...withReturn });
    expect(await harness.start({ return_to })).toMatchObject({ status: 400, data: { code: 'return_url_not_allowed' } });
  });

  it('B01 an address on the list, and our own, is where the person returns', async () => {
    await using harness = await startHarness(withReturn);
    for (const returnTo of [`${allowed}/done?tab=1#top`, `${harness.publicUrl}/`]) {
      const { page, flow } = await harness.connect({ return_to: returnTo });
      const address = new URL(/data-return-to="([^"]+)"/.exec(page.body)?.[1]?.replaceAll('&amp;', '&') ?? '');
      expect(address.origin).toBe(new URL(returnTo).origin);
      expect(address.searchParams.get('flow')).toBe(flow.id);
      expect(address.searchParams.get('status')).toBe('connected');
    }
  });

  it('B02 the page speaks to one exact origin, in ids and a status', async () => {
    await using harness = await startHarness(withReturn);
    const { page, flow } = await harness.connect({ return_to: `${allowed}/done` });
    expect(page.body).toContain(`data-opener-origin="${allowed}"`);
    expect(page.body).toContain(`data-flow="${flow.id}"`);
    const own = await harness.connect();
    expect(own.page.body).toContain(`data-opener-origin="${harness.publicUrl}"`);
    const pages = join(import.meta.dirname, '../../src/http/pages');
    const files = readdirSync(pages).filter((name) => name.endsWith('.ts'));
    const calls = files.flatMap((name) => readFileSync(join(pages, name), 'utf8').match(/postMessage\([^;]*/g) ?? []);
    expect(calls.filter((call) => call.includes('window') || call.includes('{'))).toEqual([
      "postMessage({ type: 'evergrant:flow', id: flow, status }, openerOrigin)",
    ]);
  });

  it('B03 every page is closed in itself: no third parties, no referrer, no cache, no frame, hashed scripts', async () => {
    await using harness = await startHarness();
    const { data: started } = await harness.start({ skip_confirmation: false });
    const browser = harness.browser();
    const connected = await harness.connect();
    const pages = {
      start: await browser.get(started.url),
      waiting: await browser.get(`${harness.publicUrl}/connect/done/${started.id}`),
      result: connected.page,
      failed: await failedWith(harness, { error: 'access_denied' }),
      refused: await browser.get(`${harness.publicUrl}/integrations/social/acme?code=x`),
      unknown: await browser.get(`${harness.publicUrl}/nowhere`),
      reference: await browser.get(`${harness.publicUrl}/errors/flow_expired`),
    };
    for (const [name, { headers, body }] of Object.entries(pages)) {
      expect({ name, ...headers }).toMatchObject({
        name,
        'content-type': expect.stringMatching(/^text\/html; ?charset=utf-8$/i),
        'referrer-policy': 'no-referrer',
        'cache-control': expect.stringContaining('no-store'),
        'x-content-type-options': 'nosniff',
      });
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*(?!\s|;|:|$)/);
      expect(policy).toMatch(/script-src (?:'sha256-[\w+/=]+'|'none')/);
      const loaded = [...body.matchAll(/<(?:script|img|link|iframe|object|embed)\b[^>]*?(?:src|href)="([^"]*)"/g)];
      for (const [, address] of loaded) expect(address).toMatch(/^data:/);
      expect(body).not.toMatch(/\son[a-z]+=/i);
    }
  });

  it('B04 code and state leave the address bar by 303, and the clean address has a fragment of its own', async () => {
    await using harness = await startHarness();
    const { authorizationUrl, browser } = await harness.begin();
    const callback = `${harness.stub.consent(authorizationUrl)}#_=_`;
    const first = await browser.get(callback);
    expect(first.status).toBe(303);
    const { search, hash } = new URL(first.location ?? '');
    expect({ search, hash }).toEqual({ search: '', hash: '#done' });
    const page = await browser.follow(first.location ?? '');
    expect(page).toMatchObject({ status: 200, url: first.location });
  });

  it('B04 every redirect on the way is a 303', async () => {
    await using harness = await startHarness();
    const { data: started } = await harness.start({ skip_confirmation: false });
    const browser = harness.browser();
    await browser.get(started.url);
    const confirmed = await browser.post(started.url, {});
    expect(confirmed.status).toBe(303);
    const callback = harness.stub.consent(confirmed.location ?? '');
    const { origin, pathname, searchParams } = new URL(callback);
    expect((await browser.post(origin + pathname, Object.fromEntries(searchParams))).status).toBe(303);
    expect((await browser.get(callback)).status).toBe(303);
  });

  it.each([
    ['markup', '<img src=x onerror=alert(1)>"\'><script>alert(2)</script>'],
    ['line breaks', 'first\r\nSet-Cookie: a=b\r\n\r\n{"level":"error","msg":"forged"}'],
    ['terminal codes', '\u001b[2J\u001b]0;owned\u0007\u009b31m'],
    ['marks that turn the direction', '\u202eevil\u2066'],
    ['placeholders', '{clientId} %s %o'],
  ])('B05 text of the platform is escaped and forges no log line: %s', async (_, text) => {
    await using harness = await startHarness();
    harness.stub.accounts.set('eve', { id: 'eve', name: text, username: text, picture: text, url: text });
    const failed = await failedWith(harness, { error: 'access_denied', error_description: text, error_uri: text });
    const refused = await failedWith(harness, { error: text });
    const { page, connection } = await harness.connect({ owner: 'owner-1' }, { account: 'eve' });
    harness.stub.answerOnce('/token', { status: 400, body: { error: text, error_description: text } });
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    for (const { body, headers } of [failed, refused, page]) {
      expect(body).not.toMatch(/<img src=x|<script>alert/);
      for (const character of ['\u001b', '\u0007', '\u009b', '\u202e', '\u2066']) expect(body).not.toContain(character);
      expect(headers['set-cookie']).toBeUndefined();
    }
    for (const line of harness.logLines) {
      expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u202e\u2066]/u);
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), pid: process.pid });
    }
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', '//evil.example/x', 'file:///etc/passwd'])(
    'B05 a picture or page of an account is a web address or nothing: %s',
    async (address) => {
      await using harness = await startHarness();
      harness.stub.accounts.set('eve', { id: 'eve', name: 'Eve', picture: address, url: address });
      const { connection, page } = await harness.connect({}, { account: 'eve' });
      expect(connection.account).toMatchObject({ picture: null, url: null });
      expect(page.body).not.toContain(address);
    },
  );

  it('B06 the cookie of a flow is bound to this host, secret to scripts and small', async () => {
    await using harness = await startHarness({ publicUrl: 'https://connect.example.test' });
    const { browser, authorizationUrl, started } = await harness.begin();
    expect(browser.setCookies).toHaveLength(1);
    const [cookie = ''] = browser.setCookies;
    const [pair, ...attributes] = cookie.split('; ');
    expect(pair).toMatch(new RegExp(`^__Host-evergrant_${started.id}=[\\w-]{43}$`));
    expect(attributes).toEqual(expect.arrayContaining(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']));
    expect(cookie).not.toMatch(/domain=/i);
    expect(cookie.length).toBeLessThan(4096);
    await browser.follow(harness.stub.consent(authorizationUrl));
    expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
  });

  it('B06 flows side by side in one browser keep their cookies apart', async () => {
    await using harness = await startHarness();
    const browser = harness.browser();
    const one = await harness.begin({ owner: 'owner-1' }, browser);
    const two = await harness.begin({ owner: 'owner-2' }, browser);
    for (const { authorizationUrl, started } of [one, two]) {
      await browser.follow(harness.stub.consent(authorizationUrl));
      expect(await harness.flow(started.id)).toMatchObject({ status: 'connected' });
    }
  });

  it.each(['http://connect.example', 'http://10.0.0.1:3000', 'http://localhost.evil.example', 'ftp://localhost'])(
    'B08 %s is no address to start with',
    async (publicUrl) => {
      await expect(startHarness({ publicUrl, memory: true })).rejects.toThrow(/https/);
    },
  );

  it('B08 behind https every answer demands https', async () => {
    await using harness = await startHarness({ publicUrl: 'https://connect.example.test' });
    const { data: started } = await harness.start();
    const answers = [await harness.api('GET', '/healthz'), await harness.api('GET', '/v1/none'), await harness.start()];
    answers.push(await harness.browser().get(started.url));
    for (const { headers } of answers) {
      expect(Number(/max-age=(\d+)/.exec(headers['strict-transport-security'] ?? '')?.[1])).toBeGreaterThan(31_000_000);
    }
  });

  it('B09 a status token reads its own flow and nothing else', async () => {
    await using harness = await startHarness();
    const { data: own } = await harness.start();
    const { data: other } = await harness.start({ owner: 'owner-2' });
    const { connection } = await harness.connect();
    const key = own.status_token;
    expect(await harness.api('GET', `/v1/connect/${own.id}`, { key })).toMatchObject({ status: 200 });
    for (const id of [other.id, 'flow_unknown']) {
      expect(await harness.api('GET', `/v1/connect/${id}`, { key })).toMatchObject({ status: 404 });
    }
    for (const [method, path, json] of [
      ['GET', '/v1/connections', undefined],
      ['GET', `/v1/connections/${connection.id}`, undefined],
      ['GET', `/v1/connections/${connection.id}/token`, undefined],
      ['POST', '/v1/connect', { provider: 'acme', owner: 'owner-1' }],
      ['POST', `/v1/connect/${own.id}/accounts`, { account_ids: ['x'] }],
      ['DELETE', `/v1/connections/${connection.id}`, undefined],
    ] as const) {
      expect(await harness.api(method, path, { key, json })).toMatchObject({ status: 401 });
    }
  });

  it('B09 a status token reads the result, for thirty minutes from the beginning of the flow', async () => {
    await using harness = await startHarness();
    const { started, browser, authorizationUrl } = await harness.begin();
    await browser.follow(harness.stub.consent(authorizationUrl));
    const read = () => harness.api('GET', `/v1/connect/${started.id}`, { key: started.status_token });
    harness.clock.advance(29 * 60_000);
    expect(await read()).toMatchObject({ status: 200, data: { status: 'connected' } });
    harness.clock.advance(61_000);
    expect(await read()).toMatchObject({ status: 401, data: { code: 'unauthenticated' } });
  });

  itKeepsSecrets();
});
