import { describe, expect, it } from 'vitest';
import { addKey } from '../contract/keys.ts';
import { type Harness, itKeepsSecrets, startHarness } from './support.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Headers with which a browser sends the requests of our own pages. */
const ownPage = { 'sec-fetch-site': 'same-origin' };

interface SignedIn {
  cookie: string;
  setCookie: string;
}

const signIn = async (harness: Harness, key = harness.apiKey, headers: Record<string, string> = {}) => {
  const answer = await harness.api('POST', '/session', { key, headers });
  const setCookie = answer.headers['set-cookie']?.[0] ?? '';
  const cookie = setCookie.split(';')[0]!;
  if (answer.status === 201) harness.canaries.add('session', cookie.split('=')[1]!);
  return { answer, cookie, setCookie };
};

const asSession = (
  harness: Harness,
  { cookie }: Pick<SignedIn, 'cookie'>,
  method = 'GET',
  path = '/v1/connections',
  call: { json?: unknown; headers?: Record<string, string> } = {},
) => harness.api(method, path, { key: null, json: call.json, headers: { cookie, ...ownPage, ...call.headers } });

const over = { status: 401, data: { code: 'unauthenticated' } };
const refused = { status: 403, data: { code: 'permission_denied' } };

describe('sessions of the dashboard', () => {
  it('A11 begin with an API key, and nothing else', async () => {
    await using harness = await startHarness();
    for (const key of [null, 'eg_wrong_0123456789abcdef0123456789abcdef', 'admin', '']) {
      expect(await harness.api('POST', '/session', { key })).toMatchObject(over);
    }
    expect(await harness.api('POST', '/session', { key: null, json: { key: harness.apiKey } })).toMatchObject(over);
    const session = await signIn(harness);
    expect(session.answer).toMatchObject({
      status: 201,
      data: { key_id: 'bootstrap', permissions: ['admin'], owner: null },
    });
    expect(await asSession(harness, session)).toMatchObject({ status: 200 });
    expect(await harness.api('GET', '/v1/connections', { key: null, headers: ownPage })).toMatchObject(over);
    // A session begins no other one: that would put off its end for ever.
    expect(await asSession(harness, session, 'POST', '/session')).toMatchObject(over);
  });

  it('A11 have a cookie that no script reads and no other site sends', async () => {
    await using harness = await startHarness();
    const { setCookie } = await signIn(harness);
    expect(setCookie).toMatch(/^evergrant_session_\d+=[\w-]{43}; /);
    expect(setCookie).toMatch(/; Path=\//);
    expect(setCookie).toMatch(/; HttpOnly/);
    expect(setCookie).toMatch(/; SameSite=Strict/);
    expect(setCookie).not.toMatch(/Domain=/i);

    await using behindHttps = await startHarness({ publicUrl: 'https://evergrant.example' });
    const secure = await signIn(behindHttps);
    expect(secure.setCookie).toMatch(/^__Host-evergrant_session=/);
    expect(secure.setCookie).toMatch(/; Secure/);
  });

  it('A11 end after half an hour without a person, however much the page asks for by itself', async () => {
    await using harness = await startHarness();
    const session = await signIn(harness);
    for (let used = 0; used < 3; used++) {
      harness.clock.advance(29 * minute);
      expect(await asSession(harness, session)).toMatchObject({ status: 200 });
      // The use is written beside the answer.
      await expect
        .poll(() => harness.sql((database) => database.prepare('select seen_at from sessions').get()!['seen_at']))
        .toBeGreaterThan(harness.clock.now() - minute);
    }
    for (let background = 0; background < 2; background++) {
      harness.clock.advance(14 * minute);
      const asked = await asSession(harness, session, 'GET', '/v1/connections', {
        headers: { 'evergrant-background': 'true' },
      });
      expect(asked).toMatchObject({ status: 200 });
    }
    harness.clock.advance(2 * minute);
    expect(await asSession(harness, session)).toMatchObject(over);
    expect(harness.sql((database) => database.prepare('select count(*) as left from sessions').get())).toEqual({
      left: 0,
    });
  });

  it('A11 end after twelve hours in any case', async () => {
    await using harness = await startHarness();
    const session = await signIn(harness);
    for (let passed = 0; passed < 12 * hour - 20 * minute; passed += 20 * minute) {
      harness.clock.advance(20 * minute);
      expect((await asSession(harness, session)).status).toBe(200);
      await expect
        .poll(() => harness.sql((database) => database.prepare('select seen_at from sessions').get()!['seen_at']))
        .toBeGreaterThan(harness.clock.now() - minute);
    }
    harness.clock.advance(20 * minute);
    expect(await asSession(harness, session)).toMatchObject(over);
  });

  it('A11 end at the server when somebody signs out', async () => {
    await using harness = await startHarness();
    const session = await signIn(harness);
    const other = await signIn(harness);
    const out = await asSession(harness, session, 'DELETE', '/session');
    expect(out.status).toBe(204);
    expect(out.headers['set-cookie']?.[0]).toMatch(/Max-Age=0/);
    expect(await asSession(harness, session)).toMatchObject(over);
    expect(await asSession(harness, other)).toMatchObject({ status: 200 });
  });

  it('A11 leave nothing behind when the same browser signs in again', async () => {
    await using harness = await startHarness();
    const former = await signIn(harness);
    const next = await signIn(harness, harness.apiKey, { cookie: former.cookie });
    expect(await asSession(harness, former)).toMatchObject(over);
    expect(await asSession(harness, next)).toMatchObject({ status: 200 });
  });

  it('A11 have the rights of their key, and end with it', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const key = await addKey(harness, ['connections:read'], { owner: 'another' });
    const session = await signIn(harness, key);
    expect(session.answer.data).toMatchObject({ permissions: ['connections:read'], owner: 'another' });
    expect(await asSession(harness, session)).toMatchObject({ status: 200, data: { data: [] } });
    expect(await asSession(harness, session, 'GET', `/v1/connections/${connection.id}`)).toMatchObject({ status: 404 });
    expect(await asSession(harness, session, 'POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject(
      refused,
    );
    expect(await asSession(harness, session, 'GET', '/v1/keys')).toMatchObject(refused);

    const { key_id: id } = session.answer.data as { key_id: string };
    expect((await harness.api('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect(await asSession(harness, session)).toMatchObject(over);
  });

  it('A11 end when the key of the settings is replaced', async () => {
    await using harness = await startHarness();
    const session = await signIn(harness);
    await harness.restart();
    expect(await asSession(harness, session)).toMatchObject({ status: 200 });
    await harness.restart({ apiKey: harness.canaries.add('API key', 'eg_another_0123456789abcdef0123456789') });
    expect(await asSession(harness, session)).toMatchObject(over);
  });

  it('A11 read no token and make no call, whatever their key may', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const session = await signIn(harness);
    const path = `/v1/connections/${connection.id}`;
    expect(await asSession(harness, session, 'GET', `${path}/token`)).toMatchObject(refused);
    expect(
      await asSession(harness, session, 'POST', `${path}/token/rejected`, { json: { generation: 1 } }),
    ).toMatchObject(refused);
    expect(
      await asSession(harness, session, 'POST', `${path}/sign`, { json: { method: 'GET', url: harness.stub.origin } }),
    ).toMatchObject(refused);
    expect(await asSession(harness, session, 'GET', `${path}/api/me`)).toMatchObject(refused);
    expect(await asSession(harness, session, 'GET', path)).toMatchObject({ status: 200 });
  });

  it('A11 that are over do not count as guesses at a key', async () => {
    await using harness = await startHarness({ config: { rateLimits: ['sign_in=1'] } });
    const session = await signIn(harness);
    harness.clock.advance(31 * minute);
    for (let asked = 0; asked < 10; asked++) expect(await asSession(harness, session)).toMatchObject(over);
    expect((await signIn(harness)).answer.status).toBe(201);
  });

  const otherSites: [string, Record<string, string>][] = [
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this computer', { 'sec-fetch-site': 'same-site' }],
    ['a form of another site, from an old browser', { origin: 'https://evil.example' }],
    ['a sandboxed frame, from an old browser', { origin: 'null' }],
  ];
  it.each(otherSites)('A06 the cookie counts for nothing in a request of %s', async (_from, headers) => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const { cookie } = await signIn(harness);
    const send = (method: string, path: string, json?: unknown) =>
      harness.api(method, path, { key: null, json, headers: { cookie, ...headers } });
    expect(await send('GET', '/v1/connections')).toMatchObject(refused);
    expect(await send('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject(refused);
    expect(await send('PATCH', `/v1/connections/${connection.id}`, { disabled: true })).toMatchObject(refused);
    expect(await send('DELETE', `/v1/connections/${connection.id}`)).toMatchObject(refused);
    expect(await send('DELETE', '/session')).toMatchObject(refused);
    expect((await harness.connection(connection.id)).data).toMatchObject({
      status: 'active',
      token: { generation: 1 },
    });
  });

  it('A06 changes want a browser that says where they come from', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const { cookie } = await signIn(harness);
    const change = (headers: Record<string, string>) =>
      harness.api('PATCH', `/v1/connections/${connection.id}`, {
        key: null,
        json: { disabled: true },
        headers: { cookie, ...headers },
      });
    expect(await change({})).toMatchObject(refused);
    // What somebody typed into the address bar or opened from a mail is no request of a page of ours.
    expect(await change({ 'sec-fetch-site': 'none' })).toMatchObject(refused);
    expect(await change({ origin: new URL(harness.publicUrl).origin })).toMatchObject({ status: 200 });
    expect(await change(ownPage)).toMatchObject({ status: 200 });
  });

  it('A06 an API key beside the cookie is judged alone', async () => {
    await using harness = await startHarness();
    const { cookie } = await signIn(harness);
    const headers = { cookie, ...ownPage };
    expect(await harness.api('GET', '/v1/connections', { key: 'eg_wrong', headers })).toMatchObject(over);
    expect(
      await harness.api('GET', '/v1/connections', { headers: { cookie, 'sec-fetch-site': 'cross-site' } }),
    ).toMatchObject({ status: 200 });
  });

  it('A11 are noted in the audit', async () => {
    await using harness = await startHarness();
    const session = await signIn(harness);
    await asSession(harness, session, 'DELETE', '/session');
    const audited = harness.logLines
      .map((line) => JSON.parse(line) as { audit?: string; actor?: string; object?: string })
      .filter(({ audit }) => audit?.startsWith('session.'));
    expect(audited).toMatchObject([
      { audit: 'session.create', actor: 'bootstrap', object: expect.stringMatching(/^ses_/) },
      { audit: 'session.end', actor: 'bootstrap', object: audited[0]!.object },
    ]);
  });

  it('A12 count no more once the dashboard is switched off, and nobody can sign in', async () => {
    await using harness = await startHarness();
    const session = await signIn(harness);
    expect(await asSession(harness, session)).toMatchObject({ status: 200 });
    expect(await harness.api('GET', '/', { key: null })).toMatchObject({ status: 200 });
    await harness.restart({ dashboard: false });
    expect(await asSession(harness, session)).toMatchObject(over);
    for (const path of ['/', '/sign-in', '/connections', '/assets/index.js']) {
      expect(await harness.api('GET', path, { key: null })).toMatchObject({ status: 404 });
    }
    expect((await signIn(harness)).answer).toMatchObject({ status: 404 });
    expect(await harness.api('GET', '/v1/connections')).toMatchObject({ status: 200 });
  });

  itKeepsSecrets();
});
