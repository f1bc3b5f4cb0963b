import { expect, test } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/wait.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { expectAccessible, signIn } from './dashboard.ts';
import { useService } from './service.ts';

describeInBrowser('webhooks on the dashboard', () => {
  const service = useService();
  const chromium = useChromium();

  test('are made, seen to deliver, and replayed', async () => {
    const receiver = await startReceiver();
    const { page } = await chromium.person();
    await page.goto(`${service.url}/sign-in?next=/webhooks`);
    await signIn(page, service.apiKey);
    await page.getByRole('button', { name: 'New webhook' }).click();
    await page.getByLabel('Address of the receiver').fill(receiver.url);
    await page.getByText('Some of them').click();
    await page.getByLabel(/connection\.created/).check();
    await expectAccessible(page, 'the dialog for a webhook');
    await page.getByRole('button', { name: 'Make the webhook' }).click();
    await page.getByText(/^whsec_/).waitFor();
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('link', { name: receiver.url }).click();
    await page.getByRole('heading', { name: receiver.url }).waitFor();
    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('The receiver took it (204).').waitFor();

    const flow = await service.connect({ provider: 'sandbox', owner: 'user_1', skip_confirmation: true });
    const { page: other } = await chromium.person();
    await other.goto(flow.url);
    await other.getByText('Ada Example').click();
    await other.getByRole('button', { name: 'Allow' }).click();
    const created = () => receiver.received.filter(({ event }) => event.type === 'connection.created');
    await until('the event to arrive', () => created().length === 1);
    const entry = page.getByRole('listitem').filter({ hasText: 'connection.created' });
    await entry.getByText('Delivered').waitFor();
    await expectAccessible(page, 'one webhook');
    await entry.getByRole('button', { name: 'Replay connection.created' }).click();
    await until('the event to arrive again', () => created().length === 2);
    const [first, second] = created();
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);

    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No webhooks yet').waitFor();
  });
});
