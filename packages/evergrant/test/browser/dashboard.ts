import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { expectBody } from '../support/api.ts';
import { until } from '../support/wait.ts';
import type { useChromium } from './chromium.ts';
import type { Service } from './service.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string }[];
}

/** Nothing on this page keeps somebody out who cannot see it or has no mouse: no serious or critical finding of axe. */
export const expectAccessible = async (page: Page, name: string): Promise<void> => {
  await page.evaluate(axeSource);
  const run = `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)`;
  const violations = (await page.evaluate(run)) as Violation[];
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({ id, html: nodes.map(({ html }) => html.slice(0, 200)) }));
  expect({ page: name, grave }).toEqual({ page: name, grave: [] });
};

/** Nothing sticks out sideways. */
export const expectNoSidewaysScroll = async (page: Page): Promise<void> => {
  const sizes = await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.clientWidth]');
  const [content, window] = sizes as [number, number];
  expect({ address: page.url(), content }).toEqual({ address: page.url(), content: Math.min(content, window) });
};

/** Sees every request of a page from now on. The returned function expects that none went to another origin. */
export const watchOrigin = (page: Page, origin: string): (() => void) => {
  const others = new Set<string>();
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) others.add(request.url());
  });
  return () => expect([...others]).toEqual([]);
};

/** Connects an account of the sandbox past the dashboard, in a browser of its own. */
export const connectAccount = async (
  chromium: ReturnType<typeof useChromium>,
  service: Service,
  { owner, login = 'Ada Example' }: { owner: string; login?: string },
) => {
  const { page } = await chromium.person();
  const flow = await service.connect({ provider: 'sandbox', owner, skip_confirmation: true });
  await page.goto(flow.url);
  await page.getByText(login).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  const { connections } = await until('the flow to end', async () => {
    const body = expectBody(await service.api.flow(flow.id));
    return body.status === 'connected' && body;
  });
  // Chromium now and then never closes a page that is about to show another one.
  await page.getByRole('heading', { name: /is connected$/ }).waitFor();
  await page.close();
  return connections[0]!;
};

/** Signs in on the page that is shown, and waits until the dashboard is. */
export const signIn = async (page: Page, key: string): Promise<void> => {
  await page.getByLabel('API key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('banner').waitFor();
};
