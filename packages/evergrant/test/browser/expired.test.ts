import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEvergrant, type Evergrant } from '../../src/evergrant.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { freePort, host } from '../support/evergrant.ts';
import { describeInBrowser, useChromium } from './chromium.ts';
import { type Platform, startPlatform } from './other-sites.ts';

const minutes = (count: number) => count * 60_000;

// Here Evergrant is in the test's own process: its clock is moved rather than waited for.
describeInBrowser('a flow whose time is over', () => {
  let platform: Platform;
  let evergrant: Evergrant;
  let server: Server;
  let passed = 0;

  beforeAll(async () => {
    platform = await startPlatform();
    const port = await freePort();
    evergrant = await createEvergrant(
      {
        publicUrl: `http://localhost:${port}`,
        databaseUrl: 'sqlite::memory:',
        engine: 'none',
        providers: { acme: platform.provider() },
      },
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

  test('is refused when the person goes on too late, and when the platform answers too late', async () => {
    const { page } = await chromium.person();
    const flow = await evergrant.connect({ provider: 'acme', owner: 'user_42' });
    await page.goto(flow.url);
    passed += minutes(11);
    await page.getByRole('button', { name: 'Continue to Acme' }).click();
    await page.getByRole('heading', { name: 'This took too long' }).waitFor();
    await page.getByRole('link', { name: 'flow_expired' }).waitFor();

    const second = await evergrant.connect({ provider: 'acme', owner: 'user_42' });
    await page.goto(second.url);
    await page.getByRole('button', { name: 'Continue to Acme' }).click();
    await page.getByRole('link', { name: 'Allow' }).waitFor();
    passed += minutes(11);
    await page.getByRole('link', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'This took too long' }).waitFor();
    expect(await evergrant.getFlow(second.id)).toMatchObject({ status: 'expired', connections: [] });
    expect((await page.goto(second.url))?.status()).toBe(410);
  });
});
