import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEvergrant, type Evergrant } from '../../src/evergrant.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { freePort, host, newApiKey } from '../support/evergrant.ts';
import { until } from '../support/wait.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { expectAccessible, signIn } from './dashboard.ts';

const minutes = (count: number) => count * 60_000;

// Here Evergrant is in the test's own process: its clock is moved rather than waited for.
describeInBrowser('a session of the dashboard', () => {
  const apiKey = newApiKey();
  let evergrant: Evergrant;
  let server: Server;
  let url: string;
  let passed = 0;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    evergrant = await createEvergrant(
      { publicUrl: url, apiKey, databaseUrl: 'sqlite::memory:', engine: 'none' },
      { clock: { ...systemClock, now: () => systemClock.now() + passed } },
    );
    const listener = getRequestListener(evergrant.handler);
    server = createServer((request, response) => void listener(request, response));
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
  });

  afterAll(async () => {
    server?.closeAllConnections();
    server?.close();
    await evergrant?.close();
  });

  const chromium = useChromium();

  test('that has ended by itself leads to the sign-in, and from there back', async () => {
    const { page, expectFault } = await chromium.person();
    await page.goto(`${url}/sign-in?next=/platforms`);
    await signIn(page, apiKey);
    await page.getByRole('heading', { name: 'Platforms' }).waitFor();
    await page.getByRole('searchbox').fill('mastodon');
    passed += minutes(29);
    await page.getByRole('link', { name: /^Mastodon/ }).click();
    await page.getByRole('heading', { name: 'Mastodon' }).waitFor();

    expectFault(/status of 401/);
    passed += minutes(31);
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('heading', { name: 'Sign in to Evergrant' }).waitFor();
    await expectAccessible(page, 'the sign-in after the end of a session');
    await signIn(page, apiKey);
    await page.getByRole('heading', { name: 'API keys' }).waitFor();

    // The absolute end comes also for somebody who never rests: twelve hours are 28 times 25 minutes and a little more.
    const isSignedIn = () => page.evaluate(`fetch('/session').then(({ ok }) => ok)`);
    for (let visit = 0; visit < 28; visit++) {
      passed += minutes(25);
      expect({ visit, isSignedIn: await isSignedIn() }).toEqual({ visit, isSignedIn: true });
    }
    passed += minutes(25);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to Evergrant' }).waitFor();
    await until('the way back to be known', () => page.url().endsWith('/sign-in?next=%2Fkeys'));
  });
});
