import { expect, test } from 'vitest';
import { describeInBrowser, useChromium } from './chromium.ts';
import { expectAccessible, signIn } from './dashboard.ts';
import { useService } from './service.ts';

describeInBrowser('the setup of a platform on the dashboard', () => {
  const service = useService(() => ({ sandbox: false }));
  const chromium = useChromium();

  test('takes client id and secret, which are in use at once, and gives them back', async () => {
    const { page } = await chromium.person();
    await page.goto(service.url);
    await signIn(page, service.apiKey);
    await page.getByText('Nothing is connected yet').waitFor();
    await page.getByRole('link', { name: 'Set up a platform' }).click();
    await page.getByRole('link', { name: /^LinkedIn Cannot|^LinkedIn Is/ }).click();
    await page.getByText('Not set up').waitFor();
    await page.getByLabel('Client id').fill('client-of-mine');
    await page.getByLabel('Client secret').fill('secret-of-mine');
    await expectAccessible(page, 'the form of an app');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved, and in use from now on.').waitFor();
    await page.getByText('The one in use was saved here.').waitFor();
    expect(await page.getByLabel('Client id').inputValue()).toBe('client-of-mine');
    expect(await page.getByLabel('Client secret').inputValue()).toBe('');
    expect(await page.content()).not.toContain('secret-of-mine');
    await page.getByText('Ready', { exact: true }).waitFor();
    const app = await service.api.call<object>('GET', '/v1/providers/linkedin/app');
    expect(app.body).toMatchObject({ client_id: 'client-of-mine', has_client_secret: true, source: 'api' });

    await page.getByRole('button', { name: 'Connect an account' }).click();
    await page.getByRole('dialog').getByLabel('Owner').fill('user_1');
    await page.getByRole('button', { name: 'Make a link' }).click();
    await page.getByRole('dialog').getByText(`${service.url}/connect/`).waitFor();
    await page.getByRole('button', { name: 'Done' }).click();

    await page.getByRole('button', { name: 'Take it back' }).click();
    await page.getByText('Not set up').waitFor();
  });
});
