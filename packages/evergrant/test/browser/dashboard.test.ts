import { expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { until } from '../support/wait.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { connectAccount, expectAccessible, expectNoSidewaysScroll, signIn, watchOrigin } from './dashboard.ts';
import { useService } from './service.ts';

describeInBrowser('the dashboard', () => {
  const service = useService();
  const chromium = useChromium();

  const visit = async (path: string, options?: Parameters<typeof chromium.person>[0]) => {
    const person = await chromium.person(options);
    await person.page.goto(`${service.url}/sign-in?next=${encodeURIComponent(path)}`);
    await signIn(person.page, service.apiKey);
    return person;
  };

  const connect = (owner: string, login?: string) => connectAccount(chromium, service, { owner, login });

  // Access tokens of the sandbox live two minutes, and are renewed after half of that at the latest.
  test('leads from nothing to an account that is renewed by itself', { timeout: 120_000 }, async () => {
    const { page, expectFault } = await chromium.person({ colorScheme: 'dark', viewport: { width: 390, height: 844 } });
    await page.goto(service.url);
    await page.getByRole('link', { name: /The dashboard/ }).click();
    await expectAccessible(page, 'sign-in');
    expectFault(/status of 401.*\/session/);
    await page.getByLabel('API key', { exact: true }).fill('eg_wrong_0123456789abcdef0123456789');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('That is no API key').waitFor();
    await signIn(page, service.apiKey);

    await page.getByRole('heading', { name: 'Welcome to Evergrant' }).waitFor();
    await expectAccessible(page, 'welcome');
    await expectNoSidewaysScroll(page);
    await page.getByRole('button', { name: 'Connect a sandbox account' }).click();
    await page.getByText('Grace Sample').click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByText('Grace Sample').waitFor();
    expect(new URL(page.url()).pathname).toBe('/welcome');
    await page.getByText(/The token lasts 1:\d\d and is renewed in 0:\d\d/).waitFor();
    // What the stream tells, nobody has to ask for.
    await page.getByText(/Renewed once, by itself/).waitFor({ timeout: 75_000 });
    await expectAccessible(page, 'welcome with a connection');
    const [connection] = expectBody(await service.api.connections({ owner: 'me' })).data;
    expect(connection).toMatchObject({ provider: 'sandbox', status: 'active' });
  });

  test('finds a connection, renews it, switches it off and on, and disconnects it', async () => {
    const connection = await connect('user_7', 'Ada Example');
    const { page } = await visit('/connections');
    await page.getByRole('searchbox').fill('user_7');
    await until('the search to stand in the address', () => page.url().endsWith('/connections?q=user_7'));
    const row = page.getByRole('row').filter({ hasText: 'Ada Example' });
    expect(await row.innerText()).toMatch(/Sandbox[\s\S]*user_7[\s\S]*Active[\s\S]*1:\d\d/);
    await page.reload();
    expect(await page.getByRole('searchbox').inputValue()).toBe('user_7');
    await row.getByRole('link').click();
    await until('the page of the connection', () => page.url().endsWith(connection.id));

    await page.getByRole('heading', { name: 'Ada Example' }).waitFor();
    await page.getByRole('button', { name: 'Renew now' }).click();
    await page.getByText('Token renewed').waitFor();
    expect(expectBody(await service.api.connection(connection.id)).token.generation).toBe(2);
    await page.getByText('Renewals', { exact: true }).click();
    await page.getByText(/Renewed · /).waitFor();
    await expectAccessible(page, 'one connection');
    const shown = await page.locator('main').innerText();
    const { access_token: token } = expectBody(await service.api.token(connection.id));
    expect(shown).not.toContain(token);

    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByText('Switched off.').waitFor();
    expect(expectBody(await service.api.connection(connection.id)).status).toBe('disabled');
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByText('Active', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'Disconnect' }).click();
    const dialog = page.getByRole('dialog', { name: 'Disconnect Ada Example?' });
    await dialog.getByText(/is told to revoke|is not told/).waitFor();
    await expectAccessible(page, 'the question before disconnecting');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await dialog.getByRole('button', { name: 'Disconnect' }).click();
    await until('the list', () => new URL(page.url()).pathname === '/connections');
    expect((await service.api.connection(connection.id)).status).toBe(404);
  });

  test('shows what happens elsewhere while somebody looks', async () => {
    const connection = await connect('user_8', 'Ada Example');
    const { page } = await visit(`/connections/${connection.id}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await service.api.call('PATCH', `/v1/connections/${connection.id}`, { body: { disabled: true } });
    await page.getByText('Switched off.').waitFor();
    await service.api.disconnect(connection.id);
    await page.getByText('This connection does not exist').waitFor();
  });

  test('shows a renewal at the moment at which it happens, here and in the table', async () => {
    const connection = await connect('user_11');
    const { page } = await visit(`/connections/${connection.id}`);
    const { page: table } = await visit('/connections?owner=user_11');
    for (const one of [page, table]) await one.getByText('Live', { exact: true }).waitFor();
    const ends = table.getByRole('row').nth(1).getByRole('cell').nth(4).locator('time');
    const before = await ends.getAttribute('datetime');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await service.api.call('POST', `/v1/connections/${connection.id}/refresh`);
    await page.getByText('Once', { exact: true }).waitFor({ timeout: 4000 });
    await page.getByText('Token renewed').waitFor();
    await until('the row to tell of the new token', async () => (await ends.getAttribute('datetime')) !== before);
    const { token } = expectBody(await service.api.connection(connection.id));
    expect(await ends.getAttribute('datetime')).toBe(token.expires_at);
    // It was told, and asked for nothing but what had changed.
    expect(asked.filter((path) => path.endsWith('/renewals'))).toEqual([]);
  });

  test('makes a link for somebody else to connect', async () => {
    const { page } = await visit('/connections');
    await page.getByRole('button', { name: 'Connect an account' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Platform').selectOption('sandbox');
    await dialog.getByLabel('Owner').fill('customer_1');
    await expectAccessible(page, 'the dialog to connect');
    await page.getByRole('button', { name: 'Make a link' }).click();
    const link = await dialog.locator('code').innerText();
    expect(link).toMatch(new RegExp(`^${service.url}/connect/[\\w-]{43}$`));
    const somebody = await chromium.person();
    await somebody.page.goto(link);
    await somebody.page.getByText('customer_1').waitFor();
  });

  test('makes an API key, shows it once, and ends the sessions of one that is revoked', async () => {
    const { page } = await visit('/keys');
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Name').fill('colleague');
    await page.getByLabel(/Everything, with keys/).check();
    await expectAccessible(page, 'the dialog for a key');
    await page.getByRole('button', { name: 'Make the key' }).click();
    const key = await page.getByRole('dialog').getByText(/^eg_/).innerText();
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByText('colleague').waitFor();
    expect(await page.content()).not.toContain(key);

    const colleague = await chromium.person();
    await colleague.page.goto(`${service.url}/sign-in?next=/platforms/linkedin`);
    await signIn(colleague.page, key);
    await colleague.page.getByRole('heading', { name: 'LinkedIn' }).waitFor();
    await page.getByRole('button', { name: 'Revoke colleague' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('colleague').first().waitFor({ state: 'detached' });

    // Whatever the page asks for next finds nobody signed in, and leads to the sign-in and back.
    colleague.expectFault(/status of 401/);
    await colleague.page.getByRole('link', { name: 'Connections', exact: true }).click();
    await colleague.page.getByRole('heading', { name: 'Sign in to Evergrant' }).waitFor();
    expect(decodeURIComponent(colleague.page.url())).toContain('/sign-in?next=/connections');
    await signIn(colleague.page, service.apiKey);
    await colleague.page.getByRole('heading', { name: 'Connections' }).waitFor();
  });

  test('leads through the setup of a platform, with the redirect URI to copy', async () => {
    const { page, context } = await visit('/platforms');
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('searchbox').fill('linked');
    await page
      .getByRole('link', { name: /^LinkedIn/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'LinkedIn' }).first().waitFor();
    await page.getByRole('button', { name: /Copy: the redirect URI/ }).click();
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${service.url}/integrations/social/linkedin`);
    await page.getByText('This platform is simulated here').waitFor();
  });

  test('signs out at the server', async () => {
    const { page } = await visit('/settings');
    await page.getByText('PUBLIC_URL').first().waitFor();
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name.startsWith('evergrant_session'));
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    await page.getByRole('heading', { name: 'Sign in to Evergrant' }).waitFor();
    const answer = await fetch(`${service.url}/v1/connections`, {
      headers: { cookie: `${cookie!.name}=${cookie!.value}` },
    });
    expect(answer.status).toBe(401);
  });

  const pages = [
    ['/', 'Overview'],
    ['/connections', 'Connections'],
    ['/platforms', 'Platforms'],
    ['/platforms/mastodon', 'Mastodon'],
    ['/activity', 'Activity'],
    ['/webhooks', 'Webhooks'],
    ['/keys', 'API keys'],
    ['/settings', 'Settings'],
  ] as const;

  test.each([
    ['light, wide', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
    ['dark, as wide as a phone', { colorScheme: 'dark', viewport: { width: 360, height: 740 } }],
  ] as const)('is open to everybody on every page: %s', async (_how, options) => {
    const connection = await connect('user_9');
    const webhook = await service.api.call<{ id: string }>('POST', '/v1/webhooks', {
      body: { url: 'http://127.0.0.1:9/hooks' },
    });
    const { page } = await visit('/', options);
    const expectNoOtherOrigin = watchOrigin(page, service.url);
    const own = [
      [`/connections/${connection.id}`, 'Ada Example'],
      [`/webhooks/${expectBody(webhook).id}`, 'http://127.0.0.1:9/hooks'],
      ['/welcome', 'Welcome to Evergrant'],
    ] as const;
    for (const [path, heading] of [...pages, ...own]) {
      await page.goto(service.url + path);
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      await until('everything to be there', async () => (await page.locator('.loading').count()) === 0);
      await expectAccessible(page, path);
      await expectNoSidewaysScroll(page);
    }
    expectNoOtherOrigin();
  });

  test('is used by the keyboard alone', async () => {
    await connect('user_10');
    const { page } = await visit('/');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await until('the focus to be in the content', () => page.evaluate(`document.activeElement.id === 'content'`));
    await page.goto(`${service.url}/connections`);
    await page.getByRole('row').nth(1).waitFor();
    const passed: string[] = [];
    for (let step = 0; step < 30 && !passed.at(-1)?.includes('Example'); step++) {
      await page.keyboard.press('Tab');
      passed.push(String(await page.evaluate('document.activeElement.textContent')));
    }
    await page.keyboard.press('Enter');
    await until(`the page of a connection; passed ${passed.join()}`, () => page.url().includes('/connections/conn_'));
  });
});
