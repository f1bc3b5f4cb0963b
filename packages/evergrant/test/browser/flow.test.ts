import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { describeInBrowser, type Person, useChromium } from './chromium.ts';
import { useService } from './service.ts';

const allow = (page: Page) => page.getByRole('button', { name: 'Allow' }).click();
const proceed = (page: Page, platform: string) => page.getByRole('button', { name: `Continue to ${platform}` }).click();
const shows = (page: Page, heading: string) => page.getByRole('heading', { name: heading }).waitFor();
const stateOf = (address: string) => new URL(address).searchParams.get('state');

describeInBrowser('a connect flow', () => {
  const service = useService();
  const chromium = useChromium();

  /** A person at the consent page of a platform, and the callback that this page will make. */
  const atConsentPage = async (provider = 'sandbox') => {
    const person = await chromium.person();
    const flow = await service.connect({ provider, skip_confirmation: true });
    await person.page.goto(flow.url);
    const consentAddress = person.page.url();
    return { ...person, flow, consentAddress };
  };

  /** Decides at the platform as {@link allow} does, but keeps the callback to itself. */
  const callbackFrom = async (consentAddress: string): Promise<string> => {
    const scopes = (new URL(consentAddress).searchParams.get('scope') ?? '').split(/[ ,]/);
    const body = new URLSearchParams({ decision: 'allow' });
    for (const scope of scopes) body.append('scope', scope);
    const answer = await fetch(consentAddress, { method: 'POST', body, redirect: 'manual' });
    return answer.headers.get('location') ?? '';
  };

  test('names the application and the owner and asks before anyone leaves for the platform', async () => {
    const { page, visited } = await chromium.person();
    const flow = await service.connect({ provider: 'sandbox', owner: 'tenant “Blue”' });
    await page.goto(flow.url);
    await shows(page, `Connect Sandbox to ${new URL(service.url).host}`);
    await page.getByText('tenant “Blue”').waitFor();
    await page.getByText('If you did not start this, close this page.').waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Write posts' }).waitFor();
    expect(visited()).toEqual([flow.url]);
    await proceed(page, 'Sandbox');
    await page.getByText('Simulated Sandbox').waitFor();
  });

  test('lets the person choose the platform where the application does not', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect();
    await page.goto(flow.url);
    await shows(page, `Connect an account to ${new URL(service.url).host}`);
    expect(await page.getByRole('button').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/Facebook Pages$/), expect.stringMatching(/YouTube$/)]),
    );
    await page.getByRole('button', { name: 'LinkedIn', exact: true }).click();
    await allow(page);
    await shows(page, 'LinkedIn is connected');
    expect(expectBody(await service.api.flow(flow.id)).connections).toMatchObject([{ provider: 'linkedin' }]);
  });

  test('leaves neither code nor state in the address bar, nor the fragment that Facebook adds', async () => {
    const { page, flow, consentAddress, visited } = await atConsentPage('linkedin');
    await page.goto(`${await callbackFrom(consentAddress)}#_=_`);
    await shows(page, 'LinkedIn is connected');
    expect(page.url()).toBe(`${service.url}/connect/done/${flow.id}#done`);
    expect(visited().filter((address) => address.includes('/integrations/social/'))).toEqual([]);
    expect(await page.evaluate('[document.referrer, history.state]')).toEqual(['', null]);
  });

  test('cannot be opened in a second browser, and goes on in the first', async () => {
    const [first, second] = [await chromium.person(), await chromium.person()];
    const flow = await service.connect({ provider: 'sandbox' });
    await first.page.goto(flow.url);
    const answer = await second.page.goto(flow.url);
    expect(answer?.status()).toBe(403);
    await shows(second.page, 'This began in another browser');
    await second.page.getByRole('link', { name: 'flow_browser_mismatch' }).waitFor();
    await proceed(first.page, 'Sandbox');
    await allow(first.page);
    await shows(first.page, 'Sandbox is connected');
  });

  test('cannot be finished in a second browser, and is not spent by the attempt', async () => {
    const first = await atConsentPage();
    const callback = await callbackFrom(first.consentAddress);
    const second = await chromium.person();
    const answer = await second.page.goto(callback);
    expect(answer?.status()).toBe(403);
    await second.page.getByRole('link', { name: 'flow_browser_mismatch' }).waitFor();
    await first.page.goto(callback);
    await shows(first.page, 'Sandbox is connected');
  });

  test('is finished once: a callback that comes again is refused and changes nothing', async () => {
    const { page, flow, consentAddress } = await atConsentPage();
    const callback = await callbackFrom(consentAddress);
    await page.goto(callback);
    await shows(page, 'Sandbox is connected');
    const answer = await page.goto(callback);
    expect(answer?.status()).toBe(409);
    await shows(page, 'This attempt is already finished');
    await page.getByRole('link', { name: 'flow_already_used' }).waitFor();
    expect(expectBody(await service.api.flow(flow.id))).toMatchObject({
      status: 'connected',
      connections: [{ status: 'active' }],
    });
    expect((await page.goto(flow.url))?.status()).toBe(409);
  });

  test('survives the back button before its end, with the same authorization request', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'x' });
    await page.goto(flow.url);
    await proceed(page, 'X');
    await page.getByText('Simulated X').waitFor();
    const state = stateOf(page.url());
    await page.goBack();
    await proceed(page, 'X');
    await page.getByText('Simulated X').waitFor();
    expect(stateOf(page.url())).toBe(state);
    await allow(page);
    await shows(page, 'X is connected');
  });

  test('does not begin again by the back button after its end', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'sandbox' });
    await page.goto(flow.url);
    await proceed(page, 'Sandbox');
    await allow(page);
    await shows(page, 'Sandbox is connected');
    await page.goBack();
    await page.getByText('Simulated Sandbox').waitFor();
    await allow(page);
    await shows(page, 'This attempt is already finished');
    await page.goBack();
    await page.goBack();
    await shows(page, 'This attempt is already finished');
    expect(expectBody(await service.api.flow(flow.id)).connections).toHaveLength(1);
  });

  test('takes a form that is sent twice for one', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'facebook' });
    await page.goto(flow.url);
    await page.getByRole('button', { name: 'Continue to Facebook Pages' }).dblclick();
    await allow(page);
    await page.getByRole('button', { name: 'Connect 1 account' }).dblclick();
    await shows(page, 'Facebook Pages is connected');
    expect(expectBody(await service.api.flow(flow.id)).connections).toHaveLength(1);
  });

  test('says what is wrong with an answer that belongs to no flow', async () => {
    const { page } = await chromium.person();
    for (const [query, status, heading, code] of [
      ['code=c&state=s', 404, 'This link does not lead anywhere', 'flow_not_found'],
      ['error=access_denied', 400, 'You did not give access', 'callback_malformed'],
      ['error=invalid_scope', 400, 'LinkedIn sent an incomplete answer', 'callback_malformed'],
      ['code=c&state=s&state=s', 400, 'LinkedIn sent an incomplete answer', 'callback_malformed'],
    ] as const) {
      const answer = await page.goto(`${service.url}/integrations/social/linkedin?${query}`);
      expect(answer?.status()).toBe(status);
      await shows(page, heading);
      await page.getByRole('link', { name: code }).waitFor();
    }
  });

  const refusedBy = async ({ page, consentAddress }: Person & { consentAddress: string }, refusal: string) => {
    const callback = new URL(await callbackFrom(consentAddress));
    const state = callback.searchParams.get('state') ?? '';
    callback.search = new URLSearchParams([...new URLSearchParams(refusal), ['state', state]]).toString();
    return page.goto(callback.href);
  };

  test('gives the redirect URI to paste where the platform does not know it', async () => {
    const person = await atConsentPage('linkedin');
    const answer = await refusedBy(person, 'error=redirect_uri_mismatch&error_description=It+does+not+match');
    expect(answer?.status()).toBe(502);
    await shows(person.page, 'The return address is not registered');
    await person.page.getByText('It does not match').waitFor();
    await person.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await person.page.getByRole('button', { name: 'Copy' }).click();
    await person.page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await person.page.evaluate('navigator.clipboard.readText()')).toBe(
      `${service.url}/integrations/social/linkedin`,
    );
  });

  test.each([
    ['invalid_scope', 'X refused a permission', 'scope_unavailable'],
    ['invalid_client', 'X does not accept this service', 'provider_app_credentials_invalid'],
    ['temporarily_unavailable', 'X does not answer', 'provider_unavailable'],
    ['login_required', 'X wants you to sign in', 'login_required_at_provider'],
  ])('has a page of its own for %s', async (error, heading, code) => {
    const person = await atConsentPage('x');
    await refusedBy(person, `error=${error}`);
    await shows(person.page, heading);
    await person.page.getByRole('link', { name: code }).waitFor();
    expect(expectBody(await service.api.flow(person.flow.id)).error).toMatchObject({ code });
  });

  test('shows a page also where there is none', async () => {
    const { page } = await chromium.person();
    for (const path of ['/nowhere', '/errors/no_such_code']) {
      expect((await page.goto(service.url + path))?.status()).toBe(404);
      await shows(page, 'There is no page here');
    }
  });
});
