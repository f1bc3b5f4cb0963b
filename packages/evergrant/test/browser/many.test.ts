import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createInstallation, type Installation } from '../support/evergrant.ts';
import { makeManyConnections } from '../support/many-connections.ts';
import { until } from '../support/wait.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { expectAccessible, signIn } from './dashboard.ts';

const count = 100_000;

describeInBrowser('the dashboard with a hundred thousand connections', () => {
  const chromium = useChromium();
  let installation: Installation;
  const key = 'eg_test_many_0123456789abcdef0123456789abcdef';

  beforeAll(async () => {
    installation = await createInstallation({
      environment: { EVERGRANT_API_KEY: key, ENGINE: 'none', LOG_LEVEL: 'warn' },
    });
    mkdirSync(dirname(installation.database), { recursive: true, mode: 0o700 });
    await makeManyConnections(installation.database, count);
    await installation.start();
  });
  afterAll(() => installation?.dispose());

  test('loads little, shows the newest at once, and only the rows that are seen', async () => {
    const { page } = await chromium.person();
    await page.goto(`${installation.url}/sign-in?next=/connections`);
    await signIn(page, key);
    await page.getByText('Person Number 100000', { exact: true }).waitFor();
    await page.getByText('100,000 connections').waitFor();
    await expectAccessible(page, 'the table');
    const rows = () => page.getByRole('row').count();
    expect(await rows()).toBeLessThan(60);

    const scripts = (await page.evaluate(`performance.getEntriesByType('resource')
      .filter(({ initiatorType, name }) => name.endsWith('.js')).map(({ name, encodedBodySize }) => [name, encodedBodySize])`)) as [
      string,
      number,
    ][];
    const total = scripts.reduce((sum, [, size]) => sum + size, 0);
    expect(scripts.length).toBeGreaterThan(1);
    expect(total).toBeGreaterThan(50_000);
    expect(total).toBeLessThanOrEqual(120 * 1024);

    await page.mouse.move(700, 500);
    await until('later rows', async () => {
      await page.mouse.wheel(0, 2000);
      return (await page.getByText(/^Person Number 99[0-5]\d\d$/).count()) > 0;
    });
    expect(await rows()).toBeLessThan(60);
    expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe(String(count + 1));
  });

  test('finds one among them, and all that need somebody', async () => {
    const { page } = await chromium.person();
    await page.goto(`${installation.url}/sign-in?next=/connections`);
    await signIn(page, key);
    await page.getByRole('searchbox').fill('NUMBER 4242');
    await page.getByText('Person Number 4242', { exact: true }).waitFor();
    await page.getByText('11 connections').waitFor();
    await page.getByRole('searchbox').fill('');
    await page.getByLabel('Status').selectOption('reauth_required');
    await page.getByText('1,000 connections found').waitFor();
    await page.getByText('Person Number 100000', { exact: true }).waitFor();
    await page.getByLabel('Platform').selectOption('acme');
    await until('both filters in the address', () => /status=reauth_required&provider=acme$/.test(page.url()));
    await page.goto(installation.url);
    await page.getByText('of 100,000 connections').waitFor();
  });
});
