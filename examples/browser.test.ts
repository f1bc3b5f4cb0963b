import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import linkedinFixture from '../packages/evergrant/src/providers/builtin/linkedin.fixture.ts';
import linkedin from '../packages/evergrant/src/providers/builtin/linkedin.ts';
import { createSandbox } from '../packages/evergrant/src/sandbox/index.ts';
import { systemClock } from '../packages/evergrant/src/telemetry/clock.ts';
import { describeInBrowser, useChromium } from '../packages/evergrant/test/browser/chromium.ts';
import { freePort } from '../packages/evergrant/test/support/evergrant.ts';
import { makeFolder } from '../packages/evergrant/test/support/folder.ts';
import { startProcess } from '../packages/evergrant/test/support/process.ts';

/* The pages of examples/browser as their reader opens them, against the simulated LinkedIn. */

describeInBrowser('examples/browser', () => {
  const chromium = useChromium();
  const ends: (() => unknown)[] = [];
  let url: string;

  beforeAll(async () => {
    let sandboxUrl = '';
    const platforms = [{ definition: linkedin, fixture: linkedinFixture }];
    const sandbox = createSandbox({ baseUrl: () => sandboxUrl, platforms, clock: systemClock });
    const server = createAdaptorServer({ fetch: sandbox.fetch }) as Server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    sandboxUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox`;
    const port = await freePort();
    url = `http://localhost:${port}`;
    const { path: cwd, remove } = makeFolder();
    const program = fileURLToPath(new URL('browser/server.ts', import.meta.url));
    const env = { PORT: String(port), SANDBOX_URL: sandboxUrl };
    const example = startProcess(process.execPath, ['--conditions=evergrant-source', program], { cwd, env });
    ends.push(async () => {
      example.signal('SIGKILL');
      await example.ended;
      remove();
      server.closeAllConnections();
      server.close();
    });
    // It builds its pages first.
    await example.says(`Open ${url}/vanilla.html`, 45_000);
  });

  afterAll(() => Promise.all(ends.map((end) => end())));

  test.each(['vanilla', 'react'])('%s.html connects in a popup, and says when access is denied', async (name) => {
    const { page } = await chromium.person();
    await page.goto(`${url}/${name}.html`);
    const decide = async (button: string) => {
      const opening = page.waitForEvent('popup');
      await page.getByRole('button', { name: 'Connect LinkedIn' }).click();
      const popup = await opening;
      await popup.getByRole('button', { name: button }).click();
      return popup;
    };
    const popup = await decide('Deny');
    await page.getByText('Not connected: You did not give access').waitFor();
    await popup.getByRole('heading', { name: 'You did not give access' }).waitFor();
    await popup.close();
    await decide('Allow');
    await page.getByText('Connected.', { exact: true }).waitFor();
    await page.getByRole('listitem').getByText('Ada Example: active').waitFor();
    expect(page.url()).toBe(`${url}/${name}.html`);
  });

  test('react.html cancels', async () => {
    const { page } = await chromium.person();
    await page.goto(`${url}/react.html`);
    const opening = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Connect LinkedIn' }).click();
    const popup = await opening;
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    const closed = popup.waitForEvent('close');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await closed;
    await page.getByText('Go on in the window').waitFor({ state: 'detached' });
  });
});
