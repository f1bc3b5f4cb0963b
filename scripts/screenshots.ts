import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { bringUpToDate } from '../packages/dashboard/build.ts';
import { type Stage, startStage } from './screenshots/stage.ts';

/*
 * Takes the pictures of the documentation from the running product: `npm run screenshots [-- --out FOLDER]`. It plays a
 * day of use on simulated platforms first, which takes half a minute.
 */

const { out = 'docs/images' } = parseArgs({ options: { out: { type: 'string' } } }).values;
const folder = resolve(out);
const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const wide = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 780 } };

/** Writes what the window shows. WebP is a third of the size of PNG, and every browser shows it. */
const save = async (page: Page, name: string): Promise<void> => {
  // Whatever comes by itself has come, and what moves stands still.
  while ((await page.locator('.loading').count()) > 0) await page.waitForTimeout(50);
  await page.waitForTimeout(400);
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  writeFileSync(join(folder, `${name}.webp`), Buffer.from(data, 'base64'));
};

const signedIn = async (browser: Browser, { url, apiKey }: Stage, options: BrowserContextOptions): Promise<Page> => {
  const context = await browser.newContext({ deviceScaleFactor: 1.5, locale: 'en-GB', ...options });
  const page = await context.newPage();
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('API key', { exact: true }).fill(apiKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  return page;
};

const takeDashboard = async (browser: Browser, stage: Stage): Promise<void> => {
  const page = await signedIn(browser, stage, { ...wide, colorScheme: 'light' });
  const { data: all } = await stage.evergrant.listConnections({ limit: 200 });
  const mended = all.find(({ provider, status }) => provider === 'x' && status === 'active')!;
  const broken = all.find(({ status }) => status === 'reauth_required')!;
  await save(page, 'overview');
  await page.goto(`${stage.url}/connections`);
  await page.getByRole('row').nth(5).waitFor();
  await save(page, 'connections');
  await page.goto(`${stage.url}/connections/${broken.id}`);
  await save(page, 'needs-a-person');
  await page.goto(`${stage.url}/platforms/linkedin`);
  await page.getByRole('button', { name: 'Test the credentials' }).waitFor();
  await save(page, 'platform');

  const dark = await signedIn(browser, stage, { ...wide, colorScheme: 'dark' });
  await dark.goto(`${stage.url}/connections/${mended.id}`);
  await save(dark, 'connection-dark');

  const small = await signedIn(browser, stage, { ...phone, colorScheme: 'light' });
  await save(small, 'overview-phone');
};

/** What a customer sees, from the link that the application gives to the end. */
const takeFlow = async (browser: Browser, { evergrant }: Stage): Promise<void> => {
  const context = await browser.newContext({
    viewport: { width: 420, height: 640 },
    deviceScaleFactor: 1.5,
    colorScheme: 'light',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  const { url } = await evergrant.connect({ owner: 'acme-studio' });
  await page.goto(url);
  await save(page, 'flow-1-choose-platform');
  await page.getByRole('button', { name: /Facebook Pages/ }).click();
  await page.getByRole('heading').first().waitFor();
  // The button to allow has the focus, which brings it into view.
  await page.evaluate('scrollTo(0, 0)');
  await save(page, 'flow-2-consent');
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: 'Choose accounts to connect' }).waitFor();
  await save(page, 'flow-3-choose-accounts');
  await page.getByRole('button', { name: /^Connect/ }).click();
  await page.getByRole('heading', { name: /is connected|are connected/ }).waitFor();
  await save(page, 'flow-4-connected');
};

await bringUpToDate();
mkdirSync(folder, { recursive: true });
const stage = await startStage();
const browser = await chromium.launch({ executablePath, args: ['--disable-gpu'] });
try {
  await takeFlow(browser, stage);
  await takeDashboard(browser, stage);
} finally {
  await browser.close();
  await stage.close();
}
const sizes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size] as const);
for (const [name, size] of sizes) console.log(`${name}: ${Math.round(size / 1024)} kB`);
console.log(`together: ${Math.round(sizes.reduce((sum, [, size]) => sum + size, 0) / 1024)} kB`);
// Of what the stage has open, nothing is waited for.
process.exit(0);
