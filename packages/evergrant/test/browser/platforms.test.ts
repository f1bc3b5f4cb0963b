import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { useService } from './service.ts';

const allow = (page: Page) => page.getByRole('button', { name: 'Allow' }).click();
const deny = (page: Page) => page.getByRole('button', { name: 'Deny' }).click();
const cardOf = (page: Page, platform: string) =>
  page.getByRole('listitem').filter({ hasText: new RegExp(`${platform}( ·|\n|$)`) });

describeInBrowser('the simulated platforms', () => {
  const service = useService();
  const chromium = useChromium();

  test.each([
    ['sandbox', 'Sandbox', 'Ada Example'],
    ['x', 'X', 'Ada Example'],
    ['linkedin', 'LinkedIn', 'Ada Example'],
    ['youtube', 'YouTube', 'Example Channel'],
  ])('%s connects from the page at /', async (provider, name, account) => {
    const { page } = await chromium.person();
    await page.goto(service.url);
    await page.getByRole('button', { name: `Connect ${name}`, exact: true }).click();
    await page.getByText(`Simulated ${name}`).waitFor();
    await allow(page);
    const card = page.getByRole('listitem').filter({ hasText: account }).filter({ hasText: name });
    await card.first().getByText('Active').waitFor();
    const all = expectBody(await service.api.connections({ owner: 'sandbox' })).data;
    expect(all.find((connection) => connection.provider === provider)).toMatchObject({
      status: 'active',
      account: { name: account },
      scopes: { missing: [] },
      token: { generation: 1, refreshable: true },
    });
  });

  test('facebook asks which pages, says why one cannot be had, and connects what was chosen', async () => {
    const { page } = await chromium.person();
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Connect Facebook Pages' }).click();
    await allow(page);

    await page.getByRole('heading', { name: 'Choose accounts to connect' }).waitFor();
    expect(page.url()).toMatch(/\/connect\/done\/flow_\w+#done$/);
    const bakery = page.getByRole('checkbox', { name: /Example Bakery/ });
    expect(await page.getByRole('checkbox', { name: /Example Museum/ }).isDisabled()).toBe(true);
    await page.getByText('You may not create content on this page.').waitFor();

    await bakery.uncheck();
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.getByRole('alert').getByText('Choose at least one').waitFor();
    await bakery.check();
    await page.getByRole('button', { name: 'Connect 1 account' }).click();

    await page.getByRole('listitem').filter({ hasText: 'Example Bakery' }).getByText('Active').waitFor();
    const all = expectBody(await service.api.connections({ owner: 'sandbox' })).data;
    const [connection, ...others] = all.filter(({ provider }) => provider === 'facebook');
    expect(others).toEqual([]);
    expect(connection).toMatchObject({ status: 'active', account: { name: 'Example Bakery' } });
  });

  test('mastodon asks for the server, says what is wrong with a name, and connects there', async () => {
    const { page } = await chromium.person();
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Connect Mastodon' }).click();
    await page.getByRole('heading', { name: 'Where is your Mastodon account?' }).waitFor();
    const server = page.getByRole('textbox', { name: 'Your server' });
    expect(await server.inputValue()).toBe('mastodon.example');
    await server.fill('@ada@10.0.0.1');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').getByText('10.0.0.1 is not the name of a server').waitFor();
    expect(await server.inputValue()).toBe('@ada@10.0.0.1');
    await server.fill('@ada@Mastodon.example');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Simulated Mastodon').waitFor();
    await allow(page);
    await cardOf(page, 'Mastodon').first().getByText('Active').waitFor();
    const all = expectBody(await service.api.connections({ owner: 'sandbox' })).data;
    expect(all.find(({ provider }) => provider === 'mastodon')).toMatchObject({
      status: 'active',
      account: { id: expect.stringMatching(/^mastodon\.example:/), name: 'Ada Example' },
      token: { expires_at: null, refreshable: false },
    });
  });

  test('OAuth 1.0a connects over its own consent page, and has a token without an end', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'x-oauth1' });
    await page.goto(flow.url);
    await page.getByRole('button', { name: 'Continue to X (OAuth 1.0a)' }).click();
    await allow(page);
    await page.getByRole('heading', { name: 'X (OAuth 1.0a) is connected' }).waitFor();
    expect(page.url()).toBe(`${service.url}/connect/done/${flow.id}#done`);
    expect(expectBody(await service.api.flow(flow.id)).connections).toMatchObject([
      { status: 'active', scopes: { granted: [] }, token: { expires_at: null, refreshable: false } },
    ]);
  });

  test('a page that was left out at the platform is not offered', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'facebook', skip_confirmation: true });
    await page.goto(flow.url);
    await page.getByRole('checkbox', { name: /Example Bakery/ }).uncheck();
    await allow(page);
    await page.getByRole('heading', { name: 'There is no account that fits' }).waitFor();
    expect(await page.getByText('Example Bakery').count()).toBe(0);
    expect(expectBody(await service.api.flow(flow.id)).error).toMatchObject({ code: 'account_type_unsupported' });
  });

  test('a permission that was unticked leaves the connection limited, and the page names it', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'linkedin', skip_confirmation: true });
    await page.goto(flow.url);
    await page.getByRole('checkbox', { name: /Create posts, comments and reactions/ }).uncheck();
    await allow(page);
    await page.getByRole('heading', { name: 'Connected, but some permissions are missing' }).waitFor();
    await page.getByRole('listitem').getByText('Create posts, comments and reactions as the member').waitFor();
    await page.getByText('connect again and leave every permission ticked').waitFor();
    const { status, connections } = expectBody(await service.api.flow(flow.id));
    expect(status).toBe('connected');
    expect(connections).toMatchObject([{ status: 'limited', scopes: { missing: ['w_member_social'] } }]);
  });

  test('a limited connection is mended from the list', async () => {
    const { page } = await chromium.person();
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Connect X', exact: true }).click();
    await page.getByText('Grace Sample').click();
    await page.getByRole('checkbox', { name: /tweet\.write/ }).uncheck();
    await allow(page);
    const card = cardOf(page, 'X').filter({ hasText: 'Grace Sample' });
    await card.getByText('Limited').waitFor();
    await card.getByText('Not granted: tweet.write').waitFor();
    await card.getByRole('button', { name: 'Reconnect' }).click();
    await page.getByText('Grace Sample').click();
    await allow(page);
    await card.getByText('Active').waitFor();
  });

  test('reconnecting as somebody else is refused, and the list says why', async () => {
    const { page } = await chromium.person();
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Connect Sandbox' }).click();
    await page.getByRole('textbox', { name: 'Another name' }).fill('Linus Example');
    await page.getByRole('checkbox', { name: /posts\.write/ }).uncheck();
    await allow(page);
    await page
      .getByRole('listitem')
      .filter({ hasText: 'Linus Example' })
      .getByRole('button', { name: 'Reconnect' })
      .click();
    await allow(page);
    await page.getByText('Not connected. That is another account.').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Linus Example' }).getByText('Limited').waitFor();
  });

  test('access denied ends on a page that says so, with its code and what can be done', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'youtube', skip_confirmation: true });
    await page.goto(flow.url);
    const [answer] = await Promise.all([page.waitForResponse(/\/connect\/done\//), deny(page)]);
    expect(answer.status()).toBe(403);
    await page.getByRole('heading', { name: 'You did not give access' }).waitFor();
    expect(page.url()).toBe(`${service.url}/connect/done/${flow.id}#done`);
    await page.getByText('start again, and allow access at YouTube').waitFor();
    expect(expectBody(await service.api.flow(flow.id))).toMatchObject({
      status: 'failed',
      connections: [],
      error: { code: 'consent_denied', actor: 'user' },
    });

    const [reference] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('link', { name: 'consent_denied' }).click(),
    ]);
    await reference.getByRole('heading', { name: 'You did not give access' }).waitFor();
    expect(reference.url()).toBe(`${service.url}/errors/consent_denied`);
  });

  test('access denied from the page at / leads back there, and the next try succeeds', async () => {
    const { page } = await chromium.person();
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Connect LinkedIn', exact: true }).click();
    await deny(page);
    await page.getByText('Not connected. You did not give access.').waitFor();
    expect(page.url()).toBe(`${service.url}/#connections`);
    await page.getByRole('button', { name: 'Connect LinkedIn', exact: true }).click();
    await page.getByRole('textbox', { name: 'Another name' }).fill('Second Thought');
    await allow(page);
    await page.getByRole('listitem').filter({ hasText: 'Second Thought' }).getByText('Active').waitFor();
  });

  test('without scripts everything works as well', async () => {
    const { page } = await chromium.person({ javaScriptEnabled: false });
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Connect Facebook Pages' }).click();
    await page.getByRole('textbox', { name: 'Another name' }).fill('Noah Script');
    await allow(page);
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await page.waitForURL(/status=connected/);
    const card = page.getByRole('listitem').filter({ hasText: 'Example Bakery (Noah)' });
    await card.getByText(/Token has no end, .* \d\d:\d\d:\d\d UTC/).waitFor();
    await card.getByRole('button', { name: /^Disconnect/ }).click();
    await card.waitFor({ state: 'detached' });
  });

  test('a phone shows the new connection without scrolling, and nothing beyond its edge', async () => {
    const { page } = await chromium.person({ viewport: { width: 390, height: 700 } });
    const flow = await service.connect({ provider: 'facebook' });
    await page.goto(flow.url);
    const isTooWide = () => page.evaluate('document.documentElement.scrollWidth > innerWidth');
    expect(await isTooWide()).toBe(false);
    await page.goto(service.url);
    expect(await isTooWide()).toBe(false);
    await page.getByRole('button', { name: 'Connect X', exact: true }).click();
    await page.getByRole('textbox', { name: 'Another name' }).fill('Paula Phone');
    expect(await isTooWide()).toBe(false);
    await allow(page);
    const card = page.getByRole('listitem').filter({ hasText: 'Paula Phone' });
    await card.getByText('Active').waitFor();
    const { y, height } = (await card.boundingBox())!;
    expect(y).toBeGreaterThan(0);
    expect(y + height).toBeLessThan(700);
    expect(await isTooWide()).toBe(false);
  });

  test('the buttons of the list renew and disconnect in place', async () => {
    const { page } = await chromium.person();
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Connect Sandbox' }).click();
    await page.getByRole('textbox', { name: 'Another name' }).fill('Rita Renewed');
    await allow(page);
    const card = page.getByRole('listitem').filter({ hasText: 'Rita Renewed' });
    await card.getByRole('button', { name: 'Renew Rita Renewed now' }).click();
    await card.getByText('renewed once').waitFor();
    await card.getByRole('button', { name: 'Disconnect Rita Renewed' }).click();
    await card.waitFor({ state: 'detached' });
  });
});
