import { expect } from 'vitest';
import type { Harness } from '../security/support.ts';
import { soon } from '../sharing/support.ts';

/** Waits until what was asked of the only grant has been stored: then its next look is more than so many minutes away. */
export const lookStored = (harness: Harness, minutes = 30): Promise<void> =>
  soon(async () => {
    const row = harness.sql((database) => database.prepare('select check_at from grants').get());
    expect(Number(row?.['check_at']) - harness.clock.now()).toBeGreaterThan(minutes * 60_000);
  });
