import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../telemetry/clock.ts';
import { openStore } from './index.ts';

it('a commit is on disk before it is told: losing the last one would lose a rotated token', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'evergrant.db') }, { clock: systemClock });
  const full = 2;
  expect((await sql`pragma synchronous`.execute(store.db)).rows).toEqual([{ synchronous: full }]);
  expect((await sql`pragma journal_mode`.execute(store.db)).rows).toEqual([{ journal_mode: 'wal' }]);
  await store.close();
});
