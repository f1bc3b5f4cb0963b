import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, useChromium } from './chromium.ts';
import { useService } from './service.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  impact: string;
  nodes: { target: string[] }[];
}

const logo = `data:image/svg+xml;base64,${Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><rect width="90" height="30" fill="#facc15"/></svg>',
).toString('base64')}`;

/** What axe finds that keeps somebody from using the page, and whether it is wider than its window. */
const faultsOf = async (page: Page): Promise<string[]> => {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate('axe.run()')) as { violations: Violation[] };
  const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const where = `${page.url()} “${await page.title()}”`;
  return [
    ...serious.map(({ id, nodes }) => `${where}: ${id} at ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
    ...(isTooWide ? [`${where}: is too wide`] : []),
  ];
};

describeInBrowser('the connect pages', () => {
  const service = useService(() => ({
    sandbox: true,
    branding: { name: 'Northwind', logo, color: '#facc15' },
  }));
  const chromium = useChromium();
  const proceed = (page: Page) => page.locator('button[type=submit]').click();

  test.each([
    ['light', 1000, 'en-GB'],
    ['dark', 360, 'en-GB'],
    ['light', 360, 'de-AT'],
    ['dark', 1000, 'de-AT'],
  ] as const)('axe finds nothing serious: %s, %i pixels wide, %s', async (colorScheme, width, locale) => {
    const { page } = await chromium.person({ colorScheme, locale, viewport: { width, height: 740 } });
    const faults: string[] = [];
    const look = async () => void faults.push(...(await faultsOf(page)));
    const at = async (body: Parameters<typeof service.connect>[0]) => {
      await page.goto((await service.connect(body)).url);
      await look();
    };
    const decide = (button: string) => page.getByRole('button', { name: button, exact: true }).click();

    await at({});
    await at({ provider: 'bluesky' });
    await at({ provider: 'mastodon' });
    await page.locator('#instance').fill('10.0.0.1');
    await proceed(page);
    await look();
    await at({ provider: 'facebook' });
    await proceed(page);
    await decide('Allow');
    await page.locator('.accounts').waitFor();
    await look();
    await page.locator('input[type=checkbox]:enabled').first().uncheck();
    await proceed(page);
    await look();
    await page.locator('input[type=checkbox]:enabled').first().check();
    await proceed(page);
    await page.locator('.bridge.check').waitFor();
    await look();
    await at({ provider: 'linkedin' });
    await proceed(page);
    await page.getByRole('checkbox', { name: /Create posts/ }).uncheck();
    await decide('Allow');
    await page.locator('.bridge.alert').waitFor();
    await look();
    await at({ provider: 'sandbox' });
    await proceed(page);
    await decide('Deny');
    await page.locator('.bridge.cross').waitFor();
    await look();
    for (const path of ['/nowhere', '/errors/consent_denied', '/connect/unknown']) {
      await page.goto(service.url + path);
      await look();
    }
    expect(faults).toEqual([]);
    expect(await page.evaluate('document.documentElement.lang')).toBe(locale.slice(0, 2));
  });

  test('carry the name, logo and colour of the application', async () => {
    const { page } = await chromium.person();
    await page.goto((await service.connect({ provider: 'sandbox' })).url);
    await page.getByRole('heading', { name: 'Connect Sandbox to Northwind' }).waitFor();
    expect(await page.evaluate(`document.querySelector('.logo').naturalWidth`)).toBe(90);
    const colour = await page.evaluate(`getComputedStyle(document.querySelector('.primary')).backgroundColor`);
    expect(colour).toBe('rgb(250, 204, 21)');
    const answer = await page.goto(`${service.url}/branding/logo`);
    expect(answer?.headers()).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    });
  });

  test('speak the language of the link to the end of the flow', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'sandbox' });
    await page.goto(`${flow.url}?lang=de`);
    await page.getByRole('button', { name: 'Weiter zu Sandbox' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Sandbox ist verbunden' }).waitFor();
  });

  test('find a platform as one types, and Enter takes the one that is left', async () => {
    const { page } = await chromium.person();
    await page.goto((await service.connect()).url);
    const search = page.getByRole('searchbox', { name: 'Find a platform' });
    await search.fill('nothing of the kind');
    await page.getByText('No platform of that name is set up here.').waitFor();
    await search.fill('YouT');
    expect(await page.getByRole('button').allInnerTexts()).toHaveLength(1);
    await search.press('Enter');
    await page.getByText('Simulated YouTube').waitFor();
  });

  test('help with a handle and with a server as one types', async () => {
    const { page } = await chromium.person();
    await page.goto((await service.connect({ provider: 'bluesky' })).url);
    const handle = page.getByRole('textbox', { name: 'Your handle' });
    await handle.fill('@ada');
    await page.getByRole('button', { name: 'Use ada.bsky.social' }).click();
    expect(await handle.inputValue()).toBe('ada.bsky.social');
    await page.getByText('You will sign in as @ada.bsky.social.').waitFor();

    await page.goto((await service.connect({ provider: 'mastodon' })).url);
    const server = page.getByRole('textbox', { name: 'Your server' });
    await server.fill('https://Mastodon.example/@ada');
    await page.getByText('You will sign in at mastodon.example.').waitFor();
    await server.fill('mastodon');
    await page.getByText('A server has a dot in its name').waitFor();
  });

  test('work without scripts: a plain list, a field, and the end', async () => {
    const { page } = await chromium.person({ javaScriptEnabled: false });
    await page.goto((await service.connect()).url);
    expect(await page.getByRole('searchbox').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Mastodon' }).click();
    await page.getByRole('textbox', { name: 'Your server' }).fill('mastodon.example');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Mastodon is connected' }).waitFor();
  });
});
