import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { makeManyConnections } from '../packages/evergrant/test/support/many-connections.ts';
import { median, spread } from './support/figures.ts';
import { freePort } from './support/free-port.ts';

/*
 * What the dashboard costs with very many connections, on SQLite: the answers it asks for, what a browser loads first,
 * and how even the table scrolls and filters. `npm run bench:dashboard -- --connections 100000`
 */

const options = parseArgs({
  options: { connections: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '15' } },
}).values;
const connections = Number(options.connections);
const rounds = Number(options.rounds);
/** One in two hundred is disabled. */
const newestDisabled = Math.floor((connections - 1) / 200) * 200 + 1;
const key = 'eg_bench_0123456789abcdef0123456789abcdef';
const browserPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const requests: Record<string, string> = {
  'the first page of the table': '/v1/connections?limit=100',
  'one status (1 in 100)': '/v1/connections?limit=100&status=reauth_required',
  'one status (1 in 200)': '/v1/connections?limit=100&status=disabled',
  'a status that none has': '/v1/connections?limit=100&status=limited',
  'one platform': '/v1/connections?limit=100&provider=beta',
  'a search that finds one': '/v1/connections?limit=100&q=number+77777',
  'a search that finds nothing': '/v1/connections?limit=100&q=nobody+at+all',
  'the overview': '/v1/overview',
};

const measureAnswers = async (url: string): Promise<void> => {
  const rows: Record<string, object> = {};
  for (const [name, path] of Object.entries(requests)) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const begun = performance.now();
      const answer = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${path} was answered ${answer.status}`);
      times.push(performance.now() - begun);
    }
    rows[name] = { 'ms each': spread(times) };
  }
  console.log(`\nAnswers with ${connections} connections, ${rounds} times each: median (lowest to highest)\n`);
  console.table(rows);
};

/** Notes how long each frame takes, from now on until `framesNoted`. */
const noteFrames = `(() => {
  window.gaps = [];
  let last = performance.now();
  const step = (now) => {
    window.gaps.push(now - last);
    last = now;
    window.noting = requestAnimationFrame(step);
  };
  window.noting = requestAnimationFrame(step);
})()`;
const framesNoted = '(cancelAnimationFrame(window.noting), window.gaps.slice(1))';

const scrolled = 72_000;
/** Scrolls on by two rows with each frame. */
const scroll = `new Promise((resolve) => {
  const step = () => {
    scrollBy(0, 120);
    if (scrollY < ${scrolled}) requestAnimationFrame(step);
    else resolve();
  };
  requestAnimationFrame(step);
})`;

/** The frames that pass while something is done. */
const framesDuring = async (page: Page, act: () => Promise<unknown>): Promise<string> => {
  await page.evaluate(noteFrames);
  await act();
  const gaps = (await page.evaluate(framesNoted)) as number[];
  const slow = gaps.filter((gap) => gap > 50).length;
  return `${median(gaps).toFixed(1)} ms a frame, ${slow} of ${gaps.length} frames above 50 ms, the longest ${Math.max(...gaps).toFixed(0)} ms`;
};

const measureLoad = async (page: Page): Promise<void> => {
  const scripts = (await page.evaluate(
    `performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).map(({ encodedBodySize }) => encodedBodySize)`,
  )) as number[];
  const kilobytes = scripts.reduce((sum, size) => sum + size, 0) / 1024;
  console.log(`\nFirst load of the table: ${kilobytes.toFixed(1)} kB of script, gzip, in ${scripts.length} files`);
};

/** Types as a person does, and waits for the one that is found. */
const search = async (page: Page): Promise<void> => {
  await page.getByRole('searchbox').pressSequentially('number 77777', { delay: 80 });
  const begun = performance.now();
  await page.getByRole('link', { name: 'Person Number 77777', exact: true }).waitFor();
  console.log(`From the last key to the row that was searched: ${(performance.now() - begun).toFixed(0)} ms`);
};

const measureBrowser = async (url: string): Promise<void> => {
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--disable-gpu'] });
  try {
    const page: Page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${url}/sign-in?next=/connections`);
    await page.getByLabel('API key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('row').nth(5).waitFor();
    await measureLoad(page);
    console.log(`Scrolling ${scrolled / 60} rows: ${await framesDuring(page, () => page.evaluate(scroll))}`);
    await page.evaluate('scrollTo(0, 0)');
    console.log(`Searching: ${await framesDuring(page, () => search(page))}`);
    await page.getByRole('searchbox').fill('');
    await page.getByText('Person Number 100000', { exact: true }).waitFor();
    const filter = async (): Promise<void> => {
      await page.getByLabel('Status').selectOption('disabled');
      await page.getByText(`Person Number ${newestDisabled}`, { exact: true }).waitFor();
    };
    console.log(`Choosing a status: ${await framesDuring(page, filter)}`);
  } finally {
    await browser.close();
  }
};

const folder = mkdtempSync(join(tmpdir(), 'evergrant-bench-'));
const port = await freePort();
const url = `http://localhost:${port}`;
await makeManyConnections(join(folder, 'bench.db'), connections);
const service = spawn(process.execPath, ['packages/evergrant/bin/evergrant.js', 'start'], {
  env: {
    ...process.env,
    PORT: String(port),
    PUBLIC_URL: url,
    DATABASE_URL: `sqlite:${join(folder, 'bench.db')}`,
    EVERGRANT_API_KEY: key,
    ENGINE: 'none',
    LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  await new Promise<void>((resolve) =>
    service.stdout.on('data', (chunk) => String(chunk).includes('is ready') && resolve()),
  );
  await measureAnswers(url);
  if (existsSync(browserPath)) await measureBrowser(url);
  else console.log(`\nNo browser at ${browserPath}: what it shows was not measured`);
} finally {
  service.kill();
  rmSync(folder, { recursive: true, force: true });
}
