import { expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { useService } from './service.ts';

describeInBrowser('a newcomer', () => {
  const service = useService();
  const chromium = useChromium();

  // Access tokens of the sandbox live two minutes, and are renewed after half of that at the latest.
  test('connects an account in three clicks and sees it renewed by itself', { timeout: 100_000 }, async () => {
    const { page, visited } = await chromium.person();
    await page.goto(service.url);
    await page.getByText('None yet.').waitFor();
    await page.getByRole('button', { name: 'Connect Sandbox' }).click();
    await page.getByText('Grace Sample').click();
    await page.getByRole('button', { name: 'Allow' }).click();

    const card = page.getByRole('listitem').filter({ hasText: 'Grace Sample' });
    await card.getByText('Active').waitFor();
    await page.getByText('Connected. Now watch the token below.').waitFor();
    expect(await card.innerText()).toMatch(/Token lasts 1:\d\d, renewal in (?:0:\d\d|1:00) · not renewed yet/);
    expect(page.url()).toBe(`${service.url}/#connections`);
    const ownAddresses = visited().filter((address) => !address.startsWith(`${service.url}/sandbox/`));
    for (const address of ownAddresses) expect(address).not.toMatch(/code=|state=/);

    const [connection] = expectBody(await service.api.connections()).data;
    expect(connection).toMatchObject({ provider: 'sandbox', status: 'active', token: { generation: 1 } });
    const before = expectBody(await service.api.token(connection!.id));

    await card.getByText('renewed once').waitFor({ timeout: 75_000 });
    const after = expectBody(await service.api.token(connection!.id));
    expect(after.generation).toBe(2);
    expect(after.access_token).not.toBe(before.access_token);
    expect(await card.innerText()).toMatch(/Token lasts 1:\d\d/);
  });
});
