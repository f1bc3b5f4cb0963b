import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { filesBelow, findSecrets } from '../support/canaries.ts';
import type { Service } from '../support/evergrant.ts';
import { connectAccount, consent, createOidcWorld, type OidcWorld, runFlow } from '../support/oidc.ts';

describe.each(['discovered', 'explicit'] as const)('a foreign authorization server with %s endpoints', (endpoints) => {
  let world: OidcWorld;
  let service: Service;

  beforeAll(async () => {
    world = await createOidcWorld(endpoints);
    service = await world.installation.start();
  });
  afterAll(() => world.dispose());

  const refreshes = async () => (await world.server.facts()).requests['refresh_token'] ?? 0;
  const exchanges = async () => (await world.server.facts()).requests['authorization_code'] ?? 0;

  test('connects an account and hands out a token that the platform accepts', async () => {
    const { api, url } = world.installation;
    const { page, flow } = await runFlow(world.installation, { login: 'ada' }, { owner: 'tenant-7' });

    expect(flow).toMatchObject({ status: 'connected', error: null });
    expect(page).toMatchObject({ status: 200, url: `${url}/connect/done/${flow.id}#done` });
    expect(page.text).toContain('ada Example');
    // Code and state are gone from the address, and the last page but one was the callback.
    expect(page.history.at(-2)).toMatch(/\/integrations\/social\/acme\?.*code=/);
    expect(new URL(page.history.at(-2)!).searchParams.get('iss')).toBe(world.server.issuer);

    const [connection] = flow.connections;
    expect(connection).toMatchObject({
      provider: 'acme',
      owner: 'tenant-7',
      status: 'active',
      account: { id: 'ada', name: 'ada Example', username: 'ada' },
      scopes: { granted: ['openid', 'profile', 'offline_access'], missing: [] },
      token: { refreshable: true, generation: 1 },
    });
    const token = expectBody(await api.token(connection!.id));
    expect(token).toMatchObject({ token_type: 'bearer', generation: 1, scopes: connection!.scopes.granted });
    const me = await world.server.userinfo(token.access_token);
    expect(await me.json()).toMatchObject({ sub: 'ada' });
    expect(await refreshes()).toBe(0);
  });

  test('asks first when the application has not vouched for the link', async () => {
    const { api } = world.installation;
    const started = expectBody(await api.connect({ provider: 'acme', owner: 'tenant-8' }));
    const browser = createBrowser();
    const asking = await browser.open(started.url);
    expect(asking.url).toBe(started.url);
    expect(asking.text).toContain('tenant-8');

    const page = await consent(browser, await browser.submit(asking), { login: 'grace' });
    expect(page.status).toBe(200);
    expect(expectBody(await api.flow(started.id)).status).toBe('connected');
  });

  test('renews on demand, with rotation at the platform', async () => {
    const { api } = world.installation;
    const { id } = await connectAccount(world.installation, { login: 'barbara' });
    const before = expectBody(await api.token(id));
    const sent = await refreshes();

    const renewed = expectBody(await api.refresh(id));
    expect(renewed.token.generation).toBe(2);
    const after = expectBody(await api.token(id));
    expect(after.access_token).not.toBe(before.access_token);
    expect((await world.server.userinfo(after.access_token)).status).toBe(200);
    expect(await refreshes()).toBe(sent + 1);

    // Once more: the rotated refresh token was the one that is stored.
    expect(expectBody(await api.refresh(id)).token.generation).toBe(3);
    expect((await world.server.facts()).refused).toBe(0);
  });

  test('renews once for any number of reports of the same rejected token', async () => {
    const { api } = world.installation;
    const { id } = await connectAccount(world.installation, { login: 'katherine' });
    const token = expectBody(await api.token(id));
    await world.server.expire(token.access_token);
    expect((await world.server.userinfo(token.access_token)).status).toBe(401);
    const sent = await refreshes();

    const answers = await Promise.all(Array.from({ length: 10 }, () => api.rejected(id, token.generation)));
    expect(new Set(answers.map((answer) => expectBody(answer).access_token)).size).toBe(1);
    const late = expectBody(await api.rejected(id, token.generation));
    expect(late.generation).toBe(2);
    expect((await world.server.userinfo(late.access_token)).status).toBe(200);
    expect(await refreshes()).toBe(sent + 1);
  });

  test('keeps the connection when the same account reconnects', async () => {
    const { api } = world.installation;
    const first = await connectAccount(world.installation, { login: 'mary' });
    const old = expectBody(await api.token(first.id));

    const { flow } = await runFlow(world.installation, { login: 'mary' }, { connection_id: first.id });
    expect(flow).toMatchObject({ status: 'connected', connections: [{ id: first.id }] });
    const again = expectBody(await api.token(first.id));
    expect(again.generation).toBeGreaterThan(old.generation);
    expect(again.access_token).not.toBe(old.access_token);
    expect((await world.server.userinfo(again.access_token)).status).toBe(200);

    // Connecting once more without naming the connection finds it too.
    const third = await connectAccount(world.installation, { login: 'mary' });
    expect(third.id).toBe(first.id);
    expect(third.token.generation).toBeGreaterThan(again.generation);
  });

  test('refuses another account at a reconnect and leaves the old tokens alone', async () => {
    const { api } = world.installation;
    const first = await connectAccount(world.installation, { login: 'edith' });
    const old = expectBody(await api.token(first.id));

    const { flow, page } = await runFlow(world.installation, { login: 'mallory' }, { connection_id: first.id });
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'account_mismatch' } });
    expect(page.status).toBe(409);
    expect(page.text).toContain('account_mismatch');

    expect(expectBody(await api.connection(first.id))).toMatchObject({ status: 'active', account: { id: 'edith' } });
    expect(expectBody(await api.token(first.id)).access_token).toBe(old.access_token);
    expect((await world.server.userinfo(old.access_token)).status).toBe(200);
    expect(expectBody(await api.refresh(first.id)).token.generation).toBe(old.generation + 1);
  });

  test('shows what is missing after a partial consent and keeps the token readable', async () => {
    const { api } = world.installation;
    const connection = await connectAccount(world.installation, {
      login: 'hedy',
      ticked: ['openid', 'offline_access'],
    });
    expect(connection).toMatchObject({ status: 'limited', scopes: { missing: ['profile'] }, account: { id: 'hedy' } });
    expect(connection.reconnect_url).toMatch(/^http/);
    const token = expectBody(await api.token(connection.id));
    expect(token.scopes).toEqual(['openid', 'offline_access']);
    expect((await world.server.userinfo(token.access_token)).status).toBe(200);

    // The way out that the connection itself names.
    const browser = createBrowser();
    const asking = await browser.open(connection.reconnect_url!);
    await consent(browser, await browser.submit(asking), { login: 'hedy' });
    expect(expectBody(await api.connection(connection.id))).toMatchObject({
      status: 'active',
      scopes: { missing: [] },
      reconnect_url: null,
    });
  });

  test('ends a flow that the person cancels, without a token request', async () => {
    const sent = await exchanges();
    const { flow, page } = await runFlow(world.installation, { login: null });
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'consent_denied' } });
    expect(page).toMatchObject({ status: 403 });
    expect(await exchanges()).toBe(sent);
  });

  test('exchanges a code once, however often the answer comes', async () => {
    const { api } = world.installation;
    const started = expectBody(await api.connect({ provider: 'acme', owner: 'o', skip_confirmation: true }));
    const browser = createBrowser();
    const sent = await exchanges();
    const isCallback = (url: string) => url.includes('/integrations/social/');
    const stopped = await consent(browser, await browser.open(started.url), { login: 'joan' }, { stopAt: isCallback });

    const pages = await Promise.all(Array.from({ length: 5 }, () => browser.open(stopped.url)));
    expect(pages.filter(({ url }) => url.includes('/connect/done/')).length).toBeGreaterThan(0);
    expect((await browser.open(stopped.url)).text).toContain('flow_already_used');
    expect(expectBody(await api.flow(started.id)).status).toBe('connected');
    expect(await exchanges()).toBe(sent + 1);
  });

  test('revokes at the platform when it disconnects', async () => {
    const { api } = world.installation;
    const { id } = await connectAccount(world.installation, { login: 'radia' });
    const { access_token: accessToken } = expectBody(await api.token(id));
    const refreshToken = (await world.server.facts()).secrets.refresh.at(-1)!;
    expect(await world.server.isActive(refreshToken)).toBe(true);

    const answer = await api.disconnect(id);
    expect(answer.status).toBe(204);
    expect((await api.connection(id)).problem).toMatchObject({ status: 404, code: 'connection_not_found' });
    expect((await api.token(id)).status).toBe(404);
    expect(await world.server.isActive(refreshToken)).toBe(false);
    expect(await world.server.isActive(accessToken)).toBe(false);
    expect((await world.server.reuse(refreshToken)).status).toBe(400);
  });

  test('notices that the platform has ended a grant', async () => {
    const { api } = world.installation;
    const { id } = await connectAccount(world.installation, { login: 'frances' });
    const stolen = (await world.server.facts()).secrets.refresh.at(-1)!;
    expectBody(await api.refresh(id));
    // Someone presents the used refresh token: the platform ends everything of this consent.
    expect((await world.server.reuse(stolen)).status).toBe(400);

    expect((await api.refresh(id)).problem).toMatchObject({ status: 409, code: 'reauth_required', actor: 'user' });
    const ended = expectBody(await api.connection(id));
    expect(ended).toMatchObject({ status: 'reauth_required', reason: 'revoked_or_expired' });
    expect((await api.token(id)).problem).toMatchObject({
      code: 'reauth_required',
      reconnect_url: ended.reconnect_url,
    });
  });

  test('has kept every secret out of the output and the data', async () => {
    const { secrets } = await world.server.facts();
    expect(Math.min(...Object.values(secrets).map((values) => values.length))).toBeGreaterThan(5);
    const canaries = { ...secrets, 'client secret': [world.server.client.secret] };
    expect(findSecrets('the output', service.output(), canaries)).toEqual([]);
    const data = filesBelow(`${world.installation.folder}/data`);
    expect(data.length).toBeGreaterThan(1);
    for (const { path, content } of data) expect(findSecrets(path, content, canaries)).toEqual([]);
  });
});

describe('the issuer in the answer', () => {
  let world: OidcWorld;

  beforeAll(async () => {
    world = await createOidcWorld('discovered');
    await world.installation.start();
  });
  afterAll(() => world.dispose());

  test.each([
    ['is another one', (url: URL) => url.searchParams.set('iss', 'http://127.0.0.1:9/')],
    ['is missing though the server announces it', (url: URL) => url.searchParams.delete('iss')],
  ])('is refused when it %s', async (_, change) => {
    const { api } = world.installation;
    const started = expectBody(await api.connect({ provider: 'acme', owner: 'o', skip_confirmation: true }));
    const browser = createBrowser();
    const isCallback = (url: string) => url.includes('/integrations/social/');
    const stopped = await consent(browser, await browser.open(started.url), { login: 'ada' }, { stopAt: isCallback });
    const callback = new URL(stopped.url);
    change(callback);

    const page = await browser.open(callback.href);
    expect(page.text).toContain('issuer_mismatch');
    expect(page.status).toBe(400);
    expect((await world.server.facts()).requests['authorization_code']).toBeUndefined();
  });
});
