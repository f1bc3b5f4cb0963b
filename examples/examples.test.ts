import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import linkedinFixture from '../packages/evergrant/src/providers/builtin/linkedin.fixture.ts';
import linkedin from '../packages/evergrant/src/providers/builtin/linkedin.ts';
import { createSandbox, type Sandbox } from '../packages/evergrant/src/sandbox/index.ts';
import { systemClock } from '../packages/evergrant/src/telemetry/clock.ts';
import { type Browser, createBrowser } from '../packages/evergrant/test/support/browser.ts';
import { freePort } from '../packages/evergrant/test/support/evergrant.ts';
import { useFolder } from '../packages/evergrant/test/support/folder.ts';
import { startProcess } from '../packages/evergrant/test/support/process.ts';
import { until } from '../packages/evergrant/test/support/wait.ts';

/* Each example runs as its reader would run it, a process of its own, against the simulated LinkedIn. */

let sandbox: Sandbox;
let sandboxUrl: string;
let server: Server;

beforeAll(async () => {
  sandbox = createSandbox({
    baseUrl: () => sandboxUrl,
    platforms: [{ definition: linkedin, fixture: linkedinFixture }],
    clock: systemClock,
    // Short enough to be renewed while the test looks on.
    lifetimes: { accessToken: 3 },
  });
  server = createAdaptorServer({ fetch: sandbox.fetch }) as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  sandboxUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const startExample = async (name: string) => {
  const port = await freePort();
  const running = startProcess(
    process.execPath,
    ['--conditions=evergrant-source', fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    { cwd: useFolder(), env: { PORT: String(port), SANDBOX_URL: sandboxUrl } },
  );
  onTestFinished(async () => {
    running.signal('SIGKILL');
    await running.ended;
  });
  const url = `http://localhost:${port}`;
  await running.says(`Open ${url}/me`);
  return { ...running, url };
};

const leavesFor = (origin: string) => (url: string) => url.startsWith(`${origin}/`);

/** From the example's button over the platform to the page at which the flow ends. */
const goThrough = async (browser: Browser, from: string, decision: { deny?: boolean } = {}) => {
  const away = await browser.open(from, { stopAt: leavesFor(sandboxUrl) });
  expect(away.history.some((url) => url.includes('/connect/'))).toBe(true);
  return browser.open(await sandbox.consent(away.url, decision));
};

/** Where the page at the end of a flow leads. */
const wayBack = (text: string): string =>
  /<a[^>]* href="([^"]*[?&](?:amp;)?status=[^"]*)"/.exec(text)![1]!.replaceAll('&amp;', '&');

interface Me {
  connection: string;
  profile: { name: string };
}

describe.each(['hono', 'express', 'node-http'])('%s.ts', (name) => {
  it('connects an account, reads a token that works, and has it renewed', async () => {
    const example = await startExample(name);
    const browser = createBrowser();
    const end = await goThrough(browser, `${example.url}/me`);
    expect(end.status).toBe(200);
    expect(end.url).toMatch(/\/connect\/done\/flow_\w+#done$/);
    const me = await browser.open(wayBack(end.text));
    expect(me.url).toBe(`${example.url}/me`);
    expect(me.status).toBe(200);
    const { connection, profile } = JSON.parse(me.text) as Me;
    expect(profile.name).toBe('Ada Example');

    const renewals = () => sandbox.control('linkedin').tokenRequests().refresh;
    const before = renewals();
    await until('a renewal', async () => {
      const again = await browser.open(`${example.url}/me`);
      expect(JSON.parse(again.text)).toMatchObject({ connection, profile });
      return renewals() > before;
    });

    example.signal('SIGTERM');
    expect(await example.ended).toEqual({ status: 0, signal: null });
    expect(example.stderr()).toBe('');
  });

  it('says so when the person declines', async () => {
    const example = await startExample(name);
    const browser = createBrowser();
    const end = await goThrough(browser, `${example.url}/link`, { deny: true });
    expect(end.status).toBe(403);
    expect(end.text).toContain('consent_denied');
    const back = await browser.open(wayBack(end.text));
    expect(back.status).toBe(400);
    expect(back.text).toMatch(/^Not connected: /);
  });

  it('sends the person to reconnect when the grant has ended', async () => {
    const example = await startExample(name);
    const browser = createBrowser();
    await goThrough(browser, `${example.url}/link`);
    sandbox.control('linkedin').revokeGrant('Ada Example');
    const page = await until('the way to reconnect', async () => {
      const { url, status, text } = await browser.open(`${example.url}/me`);
      return status === 200 && url.includes('/connect/') ? text : null;
    });
    expect(page).toContain('Ada Example');
  });

  it('explains an error on a page of its own', async () => {
    const example = await startExample(name);
    const page = await createBrowser().open(`${example.url}/errors/consent_denied`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('consent_denied');
  });
});
