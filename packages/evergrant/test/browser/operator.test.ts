import { expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/wait.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { connectAccount, expectAccessible, expectNoSidewaysScroll, signIn } from './dashboard.ts';
import { useService } from './service.ts';

const phone = { colorScheme: 'dark', viewport: { width: 360, height: 740 } } as const;

describeInBrowser('what an operator finds on the dashboard', () => {
  const service = useService();
  const chromium = useChromium();

  const visit = async (path: string, key = service.apiKey, options: Parameters<typeof chromium.person>[0] = {}) => {
    const person = await chromium.person(options);
    await person.page.goto(`${service.url}/sign-in?next=${encodeURIComponent(path)}`);
    await signIn(person.page, key);
    return person;
  };

  const makeKey = async (permissions: string[], owner?: string): Promise<string> => {
    const made = await service.api.call<{ key: string }>('POST', '/v1/keys', {
      body: { name: 'colleague', permissions, ...(owner ? { owner } : {}) },
    });
    return expectBody(made).key;
  };

  test.each([
    ['wide', {}],
    ['as wide as a phone', phone],
  ] as const)('the settings of the server, and where each comes from: %s', async (_how, options) => {
    const { page } = await visit('/settings', service.apiKey, options);
    const row = (name: string) => page.getByRole('row').filter({ hasText: name });
    await row('PUBLIC_URL').waitFor();
    expect(await row('PUBLIC_URL').innerText()).toMatch(
      new RegExp(`${service.url}[\\s\\S]*Environment|Environment[\\s\\S]*${service.url}`),
    );
    expect(await row('EVENTS_RETENTION_DAYS').innerText()).toMatch(/90/);
    expect(await row('SANDBOX').innerText()).toMatch(/on/);
    expect(await row('ENCRYPTION_KEYS').innerText()).toMatch(/not set/);
    await expectAccessible(page, 'settings');
    await expectNoSidewaysScroll(page);
  });

  test('what webhooks were told of one connection, and sends it once more', async () => {
    const receiver = await startReceiver();
    const webhook = await service.api.call<{ id: string }>('POST', '/v1/webhooks', { body: { url: receiver.url } });
    const connection = await connectAccount(chromium, service, { owner: 'user_1' });
    const { page } = await visit(`/connections/${connection.id}`);
    await page.getByText('Events sent', { exact: true }).click();
    const entry = page.getByRole('listitem').filter({ hasText: 'connection.created' });
    await entry.getByText('Delivered').waitFor();
    await entry.getByText('1 try · answered 204').waitFor();
    await expectAccessible(page, 'events sent');
    await entry.getByRole('button', { name: 'Replay connection.created' }).click();
    const created = () => receiver.received.filter(({ event }) => event.type === 'connection.created');
    await until('the event to arrive again', () => created().length === 2);
    await entry.getByRole('link', { name: receiver.url }).click();
    await until('the page of the receiver', () => page.url().endsWith(expectBody(webhook).id));
  });

  test('changes what a webhook gets, and sends everything of a time once more', async () => {
    const receiver = await startReceiver();
    const made = await service.api.call<{ id: string }>('POST', '/v1/webhooks', {
      body: { url: receiver.url, events: ['connection.deleted'] },
    });
    await connectAccount(chromium, service, { owner: 'user_2' });
    const { page } = await visit(`/webhooks/${expectBody(made).id}`);
    await page.getByRole('button', { name: 'Change' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('Address of the receiver').inputValue()).toBe(receiver.url);
    await dialog.getByLabel(/^Connected/).check();
    await expectAccessible(page, 'the dialog to change a webhook');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('connection.deleted, connection.created').waitFor();

    // It was connected before the webhook wanted to know.
    expect(receiver.types()).not.toContain('connection.created');
    await page.getByRole('button', { name: 'Replay several' }).click();
    await dialog.getByLabel(/^Every event since a time/).check();
    await expectAccessible(page, 'the dialog to replay');
    await dialog.getByRole('button', { name: 'Send once more' }).click();
    await dialog.getByText(/[1-9]\d* events? will be sent once more/).waitFor();
    await until('the event to arrive', () => receiver.types().includes('connection.created'));
  });

  test('whether a platform takes its app', async () => {
    const { page } = await visit('/platforms/sandbox');
    await page.getByRole('button', { name: 'Test the credentials' }).click();
    await page.getByText('Sandbox takes the client id and secret.').waitFor();
    await expectAccessible(page, 'the test of credentials');
  });

  test('what went wrong, told apart from what went well', async () => {
    const connection = await connectAccount(chromium, service, { owner: 'user_3' });
    await service.api.call('PATCH', `/v1/connections/${connection.id}`, { body: { disabled: true } });
    const { page } = await visit('/activity');
    const entries = page.getByRole('listitem').filter({ hasText: 'user_3' });
    await entries.filter({ hasText: 'Switched off' }).waitFor();
    await page.getByLabel('What happened').selectOption({ label: 'Connected' });
    await entries.filter({ hasText: 'Switched off' }).waitFor({ state: 'detached' });
    await entries.getByRole('link', { name: 'Connected' }).waitFor();
    await page.getByLabel('What happened').selectOption({ label: 'What went wrong' });
    await page.getByText('Nothing of that kind happened yet').waitFor();
    await page.reload();
    await page.getByText('Nothing of that kind happened yet').waitFor();
    await page.getByLabel('What happened').selectOption({ label: 'All but renewals' });
    await entries.getByRole('link', { name: 'Connected' }).click();
    await until('the page of the connection', () => page.url().endsWith(connection.id));
  });

  test('nothing that the key does not open, and why', async () => {
    await connectAccount(chromium, service, { owner: 'user_4' });
    const { page } = await visit('/', await makeKey(['connections:read']), phone);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByRole('button', { name: 'Menu' }).click();
    const links = await page.getByRole('navigation').getByRole('link').allInnerTexts();
    expect(links).toEqual(['Overview', 'Connections', 'Platforms', 'Settings']);
    for (const path of ['/keys', '/webhooks', '/activity']) {
      await page.goto(service.url + path);
      await page.getByText('Your key does not open this page').waitFor();
    }
    await expectAccessible(page, 'a page that the key does not open');
    await page.goto(`${service.url}/settings`);
    await page.getByText('Your session').waitFor();
    expect(await page.getByText('Settings of the server').count()).toBe(0);
    await page.goto(`${service.url}/connections`);
    await page.getByRole('row').nth(1).waitFor();
    expect(await page.getByRole('button', { name: /^Connect/ }).count()).toBe(0);

    // Of a key that is bound to an owner, nothing that concerns all of them.
    const { page: bound } = await visit('/platforms/sandbox', await makeKey(['admin'], 'user_4'));
    await bound.getByRole('heading', { name: 'Sandbox' }).waitFor();
    expect(await bound.getByRole('button', { name: 'Test the credentials' }).count()).toBe(0);
    await bound.goto(`${service.url}/webhooks`);
    await bound.getByText('that is bound to no owner').waitFor();
  });

  test('that a page could not be loaded, instead of an empty window', async () => {
    const { page, context, expectFault } = await visit('/platforms');
    await page.getByRole('heading', { name: 'Platforms' }).waitFor();
    expectFault(/ERR_INTERNET_DISCONNECTED|Failed to fetch dynamically imported module/);
    await context.setOffline(true);
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByText('This page could not be loaded').waitFor();
    await expectAccessible(page, 'a page that could not be loaded');
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Load it again' }).click();
    await page.getByRole('heading', { name: 'API keys' }).waitFor();
  });

  test('that the server does not answer, and goes on by itself when it does again', async () => {
    const { page, context, expectFault } = await visit('/connections');
    await page.getByRole('row').nth(1).waitFor();
    expectFault(/ERR_INTERNET_DISCONNECTED/);
    await context.setOffline(true);
    await page.getByRole('searchbox').fill('somebody');
    await page.getByText('Evergrant does not answer').waitFor();
    await expectAccessible(page, 'a server that does not answer');
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Nothing matches').waitFor();
  });
});
