import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { useService } from './service.ts';

/** The text of what has the focus: of a field, that of its label. */
const focused = `(() => {
  const element = document.activeElement;
  if (element === document.body) return '';
  return element.getAttribute('aria-label') ?? (element.labels?.[0] ?? element).innerText ?? '';
})()`;

/** Tabs to something, and sees that it shows its focus. */
const tabTo = async (page: Page, text: string): Promise<void> => {
  const passed: string[] = [];
  for (let step = 0; step < 30; step++) {
    await page.keyboard.press('Tab');
    const now: string = await page.evaluate(focused);
    if (now.includes(text)) {
      expect(await page.evaluate(`document.activeElement.matches(':focus-visible')`)).toBe(true);
      return;
    }
    passed.push(now);
  }
  throw new Error(`Tab never reached “${text}”; it passed ${JSON.stringify(passed)}`);
};

describeInBrowser('the keyboard alone', () => {
  const service = useService();
  const chromium = useChromium();

  test('is enough from a link to connected pages', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect({ provider: 'facebook' });
    await page.goto(flow.url);
    await tabTo(page, 'Continue to Facebook Pages');
    await page.keyboard.press('Enter');

    await page.getByText('Simulated Facebook Pages').waitFor();
    await tabTo(page, 'Ada Example');
    await page.keyboard.press('ArrowRight');
    await tabTo(page, 'Create, edit and delete posts');
    await page.keyboard.press('Space');
    await page.keyboard.press('Space');
    await tabTo(page, 'Allow');
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'Choose accounts to connect' }).waitFor();
    await tabTo(page, 'Example Bakery (Grace)');
    await page.keyboard.press('Space');
    await page.keyboard.press('Space');
    await tabTo(page, 'Connect 1 account');
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'Facebook Pages is connected' }).waitFor();
    expect(expectBody(await service.api.flow(flow.id))).toMatchObject({
      status: 'connected',
      connections: [{ status: 'active', account: { name: 'Example Bakery (Grace)' } }],
    });
  });

  test('connects from the page at /, where Enter on the consent page allows', async () => {
    const { page } = await chromium.person();
    await page.goto(service.url);
    await tabTo(page, 'Connect X');
    await page.keyboard.press('Enter');
    await page.getByText('Simulated X').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('listitem').filter({ hasText: 'X · @' }).getByText('Active').waitFor();
  });

  test('chooses a platform', async () => {
    const { page } = await chromium.person();
    const flow = await service.connect();
    await page.goto(flow.url);
    await tabTo(page, 'LinkedIn');
    await page.keyboard.press('Enter');
    await page.getByText('Simulated LinkedIn').waitFor();
  });
});
