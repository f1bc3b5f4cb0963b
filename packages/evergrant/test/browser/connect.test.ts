import type { BrowserContextOptions, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { type ClientApplication, startClientApplication } from './application.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { type Platform, startPlatform } from './other-sites.ts';
import { useService } from './service.ts';

const phone: BrowserContextOptions = { viewport: { width: 390, height: 740 }, isMobile: true, hasTouch: true };

interface Outcome {
  end?: { id: string; status: string; connections: { status: string }[]; error: { code: string } | null };
  error?: string;
}

const outcomeOf = async (page: Page): Promise<Outcome> => {
  await page.waitForFunction('outcome !== null');
  return page.evaluate('outcome');
};
const stepsOf = (page: Page) => page.evaluate('steps') as Promise<string[]>;

describeInBrowser('connect() of evergrant/browser', () => {
  let application: ClientApplication;
  let platform: Platform;
  beforeAll(async () => {
    [application, platform] = await Promise.all([startClientApplication(), startPlatform()]);
  });
  const service = useService(() => ({
    returnUrls: [application.origin],
    sandbox: true,
    providers: { acme: platform.provider() },
  }));
  const chromium = useChromium();

  /** Somebody at the application, whose next flow is this one. */
  const visitor = async (body: Parameters<typeof service.connect>[0], options: BrowserContextOptions = {}) => {
    platform.behave({});
    const person = await chromium.person(options);
    const begun: { id: string; url: string }[] = [];
    application.begins(async () => {
      const flow = await service.connect({ skip_confirmation: true, ...body });
      begun.push(flow);
      return flow;
    });
    await person.page.goto(application.origin);
    await person.page.waitForFunction('window.ready');
    const click = () => person.page.getByRole('button', { name: 'Connect' }).click();
    const openPopup = async (): Promise<Page> => {
      const [popup] = await Promise.all([person.page.waitForEvent('popup'), click()]);
      return popup;
    };
    return { ...person, begun, click, openPopup };
  };

  test('resolves with the connection, and the popup closes itself', async () => {
    const { page, openPopup, begun } = await visitor({ provider: 'sandbox', return_to: `${application.origin}/done` });
    const popup = await openPopup();
    const closed = popup.waitForEvent('close');
    await popup.getByRole('button', { name: 'Allow' }).click();
    const { end } = await outcomeOf(page);
    expect(end).toMatchObject({ id: begun[0]!.id, status: 'connected', error: null });
    expect(end?.connections).toMatchObject([{ status: 'active', provider: 'sandbox', owner: 'user_42' }]);
    await closed;
    expect(await stepsOf(page)).toEqual(['opened']);
    expect(page.url()).toBe(`${application.origin}/`);
  });

  test('B07 a popup that the platform cuts off looks closed and is none: the end still comes, and the popup closes itself', async () => {
    const { page, openPopup } = await visitor({ provider: 'acme', return_to: `${application.origin}/done` });
    platform.behave({ openerPolicy: 'same-origin' });
    const popup = await openPopup();
    const allow = popup.getByRole('link', { name: 'Allow' });
    await allow.waitFor();
    expect(await popup.evaluate('[window.opener, window.name]')).toEqual([null, '']);
    await page.waitForFunction(`steps.includes('closed')`);
    expect(await page.evaluate('outcome')).toBeNull();
    const closed = popup.waitForEvent('close');
    await allow.click();
    expect((await outcomeOf(page)).end).toMatchObject({ status: 'connected', connections: [{ provider: 'acme' }] });
    await closed;
  });

  test('B02 what other origins and other flows say is ignored', async () => {
    const { page, openPopup, begun } = await visitor({ provider: 'sandbox', skip_confirmation: false });
    const popup = await openPopup();
    await popup.getByRole('button', { name: 'Continue to Sandbox' }).waitFor();
    const forged = { type: 'evergrant:flow', id: begun[0]!.id, status: 'connected' };
    await page.evaluate(`postMessage(${JSON.stringify(forged)}, '*')`);
    await popup.evaluate(`opener.postMessage(${JSON.stringify({ ...forged, id: 'flow_other' })}, '*')`);
    await popup.evaluate(`opener.postMessage('evergrant:flow', '*')`);
    await page.waitForFunction('heard === 3');
    expect(await page.evaluate('outcome')).toBeNull();
    await popup.getByRole('button', { name: 'Continue to Sandbox' }).click();
    await popup.getByRole('button', { name: 'Deny' }).click();
    expect((await outcomeOf(page)).end).toMatchObject({ status: 'failed', error: { code: 'consent_denied' } });
  });

  test('with the url alone it believes the message of its own popup only', async () => {
    const { page, openPopup, begun } = await visitor({ provider: 'sandbox', return_to: `${application.origin}/done` });
    await page.evaluate('options = { onlyUrl: true }');
    const popup = await openPopup();
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    const forged = { type: 'evergrant:flow', id: begun[0]!.id, status: 'failed' };
    await page.evaluate(`postMessage(${JSON.stringify(forged)}, '*')`);
    await page.waitForFunction('heard === 1');
    await popup.getByRole('button', { name: 'Allow' }).click();
    expect((await outcomeOf(page)).end).toEqual({
      id: begun[0]!.id,
      status: 'connected',
      connections: [],
      error: null,
    });
  });

  test('a blocked popup leads over the whole page, which brings the end back to its address', async () => {
    const { page, click, begun } = await visitor({
      provider: 'sandbox',
      return_to: `${application.origin}/done?tab=2`,
    });
    await page.evaluate('window.open = () => null');
    await click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(`${application.origin}/done?tab=2`);
    expect(await page.evaluate('cameBack')).toEqual({ id: begun[0]!.id, status: 'connected' });
  });

  test('a blocked popup is an error where it must be a popup', async () => {
    const { page, click } = await visitor({ provider: 'sandbox' });
    await page.evaluate(`window.open = () => null; options = { mode: 'popup' }`);
    await click();
    expect(await outcomeOf(page)).toEqual({ error: 'popup_blocked' });
    expect(page.url()).toBe(`${application.origin}/`);
  });

  test('a phone goes over the whole page', async () => {
    const { page, begun } = await visitor({ provider: 'sandbox', return_to: `${application.origin}/done` }, phone);
    await page.getByRole('button', { name: 'Connect' }).tap();
    await page.getByRole('button', { name: 'Allow' }).tap();
    await page.waitForURL(`${application.origin}/done`);
    expect(await page.evaluate('cameBack')).toEqual({ id: begun[0]!.id, status: 'connected' });
  });

  test('access denied is a result, with the reason, and the popup stays to be read', async () => {
    const { page, openPopup } = await visitor({ provider: 'sandbox' });
    const popup = await openPopup();
    await popup.getByRole('button', { name: 'Deny' }).click();
    expect((await outcomeOf(page)).end).toMatchObject({ status: 'failed', error: { code: 'consent_denied' } });
    await popup.getByRole('heading', { name: 'You did not give access' }).waitFor();
  });

  test('fewer permissions connect as limited, and the popup offers to connect again', async () => {
    const { page, openPopup } = await visitor({ provider: 'linkedin' });
    const popup = await openPopup();
    await popup.getByRole('checkbox', { name: /Create posts, comments and reactions/ }).uncheck();
    await popup.getByRole('button', { name: 'Allow' }).click();
    expect((await outcomeOf(page)).end).toMatchObject({ status: 'connected', connections: [{ status: 'limited' }] });
    await popup.getByRole('link', { name: 'Connect again' }).click();
    await popup.getByRole('button', { name: 'Continue to LinkedIn' }).click();
    await popup.getByRole('button', { name: 'Allow' }).click();
    await popup.getByRole('heading', { name: 'LinkedIn is connected' }).waitFor();
  });

  test('tells when accounts are chosen, and resolves with those', async () => {
    const { page, openPopup } = await visitor({ provider: 'facebook' });
    const popup = await openPopup();
    await popup.getByRole('button', { name: 'Allow' }).click();
    await popup.getByRole('heading', { name: 'Choose accounts to connect' }).waitFor();
    await page.waitForFunction(`steps.includes('choosing')`);
    await popup.getByRole('button', { name: 'Connect 1 account' }).click();
    expect((await outcomeOf(page)).end).toMatchObject({ status: 'connected', connections: [{ provider: 'facebook' }] });
  });

  test('reconnecting as somebody else fails, and the popup leads to another try', async () => {
    const first = await visitor({ provider: 'sandbox', owner: 'user_43' });
    const consent = await first.openPopup();
    await consent.getByRole('button', { name: 'Allow' }).click();
    const { end } = await outcomeOf(first.page);
    const { id } = end!.connections[0] as unknown as { id: string };

    const { page, openPopup } = await visitor({ owner: 'user_43', connection_id: id });
    const popup = await openPopup();
    await popup.getByText('Grace Sample').click();
    await popup.getByRole('button', { name: 'Allow' }).click();
    expect((await outcomeOf(page)).end).toMatchObject({ status: 'failed', error: { code: 'account_mismatch' } });
    await popup.getByRole('link', { name: 'Try again' }).click();
    await popup.getByRole('button', { name: 'Continue to Sandbox' }).click();
    await popup.getByText('Ada Example').click();
    await popup.getByRole('button', { name: 'Allow' }).click();
    await popup.getByRole('heading', { name: 'Sandbox is connected' }).waitFor();
    expect(expectBody(await service.api.connections({ owner: 'user_43' })).data).toHaveLength(1);
  });

  test('a popup that the person closes is told of, and a second try works', async () => {
    const { page, openPopup } = await visitor({ provider: 'sandbox' });
    const popup = await openPopup();
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    await popup.close();
    await page.waitForFunction(`steps.includes('closed')`);
    expect(await page.evaluate('outcome')).toBeNull();
    const again = await openPopup();
    await again.getByRole('button', { name: 'Allow' }).click();
    expect((await outcomeOf(page)).end).toMatchObject({ status: 'connected' });
  });

  test('stops when it is told to, and takes the popup along', async () => {
    const { page, openPopup } = await visitor({ provider: 'sandbox' });
    const popup = await openPopup();
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    const closed = popup.waitForEvent('close');
    await page.getByRole('button', { name: 'Stop' }).click();
    await closed;
    expect(await outcomeOf(page)).toEqual({ error: 'AbortError' });
  });

  test('a server that does not begin a flow is an error, and no popup stays', async () => {
    const { page, click, context, expectFault } = await visitor({ provider: 'sandbox' });
    expectFault(/status of 500/);
    application.begins(() => Promise.reject(new Error('out of order')));
    await click();
    expect(await outcomeOf(page)).toEqual({ error: 'start_failed' });
    await expect.poll(() => context.pages().length).toBe(1);
  });
});
