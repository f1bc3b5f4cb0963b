import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

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

/** Signs in on the page that is shown, and waits until the dashboard is. */
export const signIn = async (page: Page, key: string): Promise<void> => {
  await page.getByLabel('API key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('banner').waitFor();
};
