import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { type Application, type Platform, startApplication, startPlatform } from './other-sites.ts';
import { useService } from './service.ts';

describeInBrowser('the way back to the application', () => {
  let application: Application;
  let platform: Platform;
  beforeAll(async () => {
    [application, platform] = await Promise.all([startApplication(), startPlatform()]);
  });
  const service = useService(() => ({
    returnUrls: [application.origin],
    sandbox: true,
    providers: { acme: platform.provider() },
  }));
  const chromium = useChromium();

  const begin = (provider: string, returnTo: string | undefined = `${application.origin}/done?tab=2#top`) =>
    service.connect({ provider, skip_confirmation: true, ...(returnTo === '' ? {} : { return_to: returnTo }) });

  /** Presses the button of the application's page; what opens is a popup. */
  const openPopup = async (page: Page, link: string): Promise<Page> => {
    await page.evaluate(`link = ${JSON.stringify(link)}`);
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button').click()]);
    return popup;
  };
  const toldTo = (page: Page) => page.evaluate('told') as Promise<unknown[]>;

  test.each([
    ['Allow', 'connected'],
    ['Deny', 'failed'],
  ])('%s leads there with the id and the status of the flow', async (button, status) => {
    const { page } = await chromium.person();
    const flow = await begin('sandbox');
    await page.goto(flow.url);
    await page.getByRole('button', { name: button }).click();
    await page.waitForURL(`${application.origin}/**`);
    expect(page.url()).toBe(`${application.origin}/done?tab=2&flow=${flow.id}&status=${status}#top`);
    expect(await page.evaluate('document.referrer')).toBe('');
  });

  test('a popup tells its opener, at the exact origin, and closes itself', async () => {
    const { page } = await chromium.person();
    const flow = await begin('sandbox');
    await page.goto(application.origin);
    const popup = await openPopup(page, flow.url);
    const closed = popup.waitForEvent('close');
    await popup.getByRole('button', { name: 'Allow' }).click();
    await closed;
    expect(await toldTo(page)).toEqual([
      { origin: service.url, data: { type: 'evergrant:flow', id: flow.id, status: 'connected' } },
    ]);
  });

  test('a popup that failed tells its opener, and stays to be read', async () => {
    const { page } = await chromium.person();
    const flow = await begin('sandbox');
    await page.goto(application.origin);
    const popup = await openPopup(page, flow.url);
    await popup.getByRole('button', { name: 'Deny' }).click();
    await popup.getByRole('heading', { name: 'You did not give access' }).waitFor();
    expect(await toldTo(page)).toEqual([
      { origin: service.url, data: { type: 'evergrant:flow', id: flow.id, status: 'failed' } },
    ]);
    const closed = popup.waitForEvent('close');
    await popup.getByRole('button', { name: 'Close this window' }).click();
    await closed;
  });

  test('an opener on another origin is told nothing', async () => {
    const { page, expectFault } = await chromium.person();
    expectFault(/Failed to execute 'postMessage'.*does not match the recipient window's origin/);
    const flow = await begin('sandbox');
    await page.goto(application.otherOrigin);
    const popup = await openPopup(page, flow.url);
    const closed = popup.waitForEvent('close');
    await popup.getByRole('button', { name: 'Allow' }).click();
    await closed;
    expect(await toldTo(page)).toEqual([]);
  });

  test('the application learns the end also where the platform cuts the popup off from it', async () => {
    platform.behave({ openerPolicy: 'same-origin' });
    const { page } = await chromium.person();
    const flow = await begin('acme');
    await page.goto(application.origin);
    const popup = await openPopup(page, flow.url);
    await popup.getByRole('link', { name: 'Allow' }).waitFor();
    expect(await popup.evaluate('window.opener')).toBeNull();

    const address = `${service.url}/v1/connect/${flow.id}?wait=25`;
    const answer = page.evaluate(`statusOf(${JSON.stringify(address)}, ${JSON.stringify(flow.status_token)})`);
    await popup.getByRole('link', { name: 'Allow' }).click();
    expect(await answer).toMatchObject({ code: 200, body: { id: flow.id, status: 'connected' } });
    await popup.waitForURL(`${application.origin}/done?**`);
    expect(await toldTo(page)).toEqual([]);
  });

  test('a page on another origin cannot read the status, token or not', async () => {
    const { page, expectFault } = await chromium.person();
    expectFault(/blocked by CORS policy/);
    expectFault(/net::ERR_FAILED/);
    const flow = await begin('sandbox');
    await page.goto(application.otherOrigin);
    const address = JSON.stringify(`${service.url}/v1/connect/${flow.id}`);
    const read = page.evaluate(`statusOf(${address}, ${JSON.stringify(flow.status_token)})`);
    await expect(read).rejects.toThrow('Failed to fetch');
    await page.goto(application.origin);
    expect(await page.evaluate(`statusOf(${address}, 'another-token')`)).toMatchObject({ code: 401 });
    expectFault(/status of 401/);
  });

  test('an answer by a form of the platform arrives with the cookie of the flow', async () => {
    platform.behave({ formPost: true });
    const { page, visited } = await chromium.person();
    const flow = await begin('acme', '');
    const methods: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/integrations/social/acme')) methods.push(request.method());
    });
    await page.goto(flow.url);
    await page.getByRole('heading', { name: 'Acme is connected' }).waitFor();
    expect(methods).toEqual(['POST', 'GET']);
    expect(page.url()).toBe(`${service.url}/connect/done/${flow.id}#done`);
    expect(visited().filter((address) => address.includes('code='))).toEqual([]);
    expect(expectBody(await service.api.flow(flow.id))).toMatchObject({ status: 'connected' });
  });

  test('another site cannot press the buttons of our pages', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'sandbox' });
    await page.goto(flow.url);
    await page.goto(application.origin);
    await page.setContent(`<form method="post" action="${flow.url}"><button>Win a prize</button></form>`);
    const [answer] = await Promise.all([page.waitForResponse(flow.url), page.getByRole('button').click()]);
    expect(answer.status()).toBe(403);
    await page.getByRole('heading', { name: 'That came from another page' }).waitFor();
    expect(expectBody(await service.api.flow(flow.id))).toMatchObject({ status: 'pending' });
  });

  test('such a form that somebody else sends finishes nothing', async () => {
    platform.behave({});
    const [victim, attacker] = [await chromium.person(), await chromium.person()];
    const flow = await begin('acme', '');
    await attacker.page.goto(flow.url);
    const callback = new URL((await attacker.page.getByRole('link', { name: 'Allow' }).getAttribute('href')) ?? '');
    const fields = [...callback.searchParams]
      .map(([name, value]) => `<input name="${name}" value="${value}">`)
      .join('');
    await victim.page.goto(application.origin);
    await victim.page.setContent(
      `<form method="post" action="${callback.origin}${callback.pathname}">${fields}<button>Win a prize</button></form>`,
    );
    await victim.page.getByRole('button').click();
    await victim.page.getByRole('heading', { name: 'This began in another browser' }).waitFor();
    expect(expectBody(await service.api.flow(flow.id))).toMatchObject({ status: 'pending', connections: [] });
  });
});
