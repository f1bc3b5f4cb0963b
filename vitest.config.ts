import { defineConfig } from 'vitest/config';

/** Suites whose processes race against leases and deadlines: beside others on a small machine they would lose. */
const alone = ['kill', 'nodes', 'crash', 'engine', 'temporal', 'postgres', 'proxy', 'package', 'atproto', 'cli'].map(
  (folder) => `packages/*/test/${folder}/**/*.test.ts`,
);

const globalSetup = ['packages/evergrant/test/support/built-dashboard.ts'];

export default defineConfig({
  ssr: { resolve: { conditions: ['evergrant-source'] } },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'], pool: 'threads', isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          globalSetup,
          include: ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: alone,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Most of these wait for processes and platforms, not for a processor.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          globalSetup,
          include: alone,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
