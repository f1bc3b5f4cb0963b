import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const executablePath = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium'].find((path) => path && existsSync(path));

const absent =
  'These tests need Chromium, which is neither at CHROMIUM_PATH nor at /usr/bin/chromium (Debian: apt-get install -y chromium).';

/** A suite in a real browser. Without one it is skipped, loudly; where CI is set that is a failure. */
export const describeInBrowser = (name: string, suite: () => void): void => {
  if (executablePath) {
    describe(name, suite);
    return;
  }
  console.warn(`SKIPPED “${name}”. ${absent}`);
  test(name, (context) => {
    if (process.env['CI']) expect.fail(absent);
    context.skip(absent);
  });
};

const flags = [
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // No other name has an address: what would leave this computer fails, and is seen.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

/** Chromium reports some violations to nobody but the page. */
const reportViolations = `document.addEventListener('securitypolicyviolation', (event) =>
  console.error('Content-Security-Policy: ' + event.violatedDirective + ' ' + event.blockedURI));`;

/** Somebody with a browser profile of their own. */
export interface Person {
  page: Page;
  context: BrowserContext;
  /** Addresses of every document that this person has had before them, in any window. */
  visited: () => readonly string[];
  /** Lets the test go on although this is on the console. */
  expectFault: (pattern: RegExp) => void;
}

/**
 * A browser for a suite. Whatever a test has shown to its people must have come without an error on the console, a
 * violated policy, or a request to another computer.
 */
export const useChromium = (): { person: (options?: BrowserContextOptions) => Promise<Person> } => {
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let seen = nothingSeen();
  let expected: RegExp[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: flags });
  });

  afterEach(async () => {
    const unexpected = faultsIn(seen).filter((fault) => !expected.some((pattern) => pattern.test(fault)));
    for (const context of contexts) await context.close();
    [contexts, expected] = [[], []];
    seen = nothingSeen();
    expect(unexpected).toEqual([]);
  });

  afterAll(() => browser?.close());

  return {
    async person(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
      context.setDefaultTimeout(10_000);
      contexts.push(context);
      const visited: string[] = [];
      watch(context, seen, visited);
      await context.addInitScript({ content: reportViolations });
      return {
        page: await context.newPage(),
        context,
        visited: () => visited,
        expectFault: (pattern) => void expected.push(pattern),
      };
    },
  };
};

interface Seen {
  console: { text: string; address: string }[];
  /** Addresses of documents that came with the status of an error. */
  refusals: Set<string>;
  others: string[];
}

const nothingSeen = (): Seen => ({ console: [], refusals: new Set(), others: [] });

/** A page that tells of an error has its status, which the console repeats. */
const faultsIn = ({ console, refusals, others }: Seen): string[] => [
  ...console
    .filter(({ text, address }) => !(text.startsWith('Failed to load resource') && refusals.has(plainAddress(address))))
    .map(({ text, address }) => `${text} (${address})`),
  ...others,
];

const plainAddress = (address: string): string => address.replace(/#.*/, '');

const watch = (context: BrowserContext, seen: Seen, visited: string[]): void => {
  context.on('console', (message) => {
    if (message.type() === 'error') seen.console.push({ text: message.text(), address: message.location().url });
  });
  context.on('weberror', (error) => seen.others.push(String(error.error())));
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    const isHere = protocol === 'data:' || ['localhost', '127.0.0.1'].includes(hostname);
    if (!isHere) seen.others.push(`A request left this computer: ${request.url()}`);
  });
  context.on('response', (response) => {
    const isRefusal = response.status() >= 400 && response.request().isNavigationRequest();
    if (isRefusal) seen.refusals.add(plainAddress(response.url()));
  });
  context.on('page', (page) =>
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) visited.push(frame.url());
    }),
  );
};
