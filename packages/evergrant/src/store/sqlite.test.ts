import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../telemetry/clock.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { openStore, schedule } from './index.ts';

it('a commit is on disk before it is told: losing the last one would lose a rotated token', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'evergrant.db') }, { clock: systemClock });
  const full = 2;
  expect((await sql`pragma synchronous`.execute(store.db)).rows).toEqual([{ synchronous: full }]);
  expect((await sql`pragma journal_mode`.execute(store.db)).rows).toEqual([{ journal_mode: 'wal' }]);
  await store.close();
});

it('knows since when the database takes again what it did not take', async () => {
  const clock = createManualClock();
  const store = await openStore({ kind: 'sqlite', path: ':memory:' }, { clock, ownTime: true });
  onTestFinished(() => store.close());
  expect(store.sinceOutage()).toBe(Infinity);
  await sql`pragma query_only = on`.execute(store.db);
  await expect(store.write((tx) => schedule.update(tx, 'a', { fence: 1 }))).rejects.toMatchObject({
    code: 'storage_unavailable',
  });
  clock.advance(5000);
  expect(store.sinceOutage()).toBe(0);
  await sql`pragma query_only = off`.execute(store.db);
  await store.write((tx) => schedule.update(tx, 'a', { fence: 1 }));
  clock.advance(300);
  expect(store.sinceOutage()).toBe(300);
});
