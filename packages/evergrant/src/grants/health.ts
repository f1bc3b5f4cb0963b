import type { Clock } from '../telemetry/clock.ts';

export type Outcome = 'renewed' | 'failed' | 'refused';

/**
 * How the renewals of each app fared lately in this process: whether the platform as a whole is in trouble, and
 * whether it refuses so many grants that the refusals are not believed.
 */
export interface Health {
  note(app: string, outcome: Outcome): void;
  /** At least half of at least 20 within 30 seconds came to nothing. */
  isFailing(app: string): boolean;
  /** More than a fifth of at least 20 within 10 minutes were refused. */
  isRefusing(app: string): boolean;
  /** Forgets what led to a gate, so that it is not opened again by the same failures. */
  forgetFailures(app: string): void;
}

const slice = 10_000;
const least = 20;

interface Slice {
  /** Number of the ten seconds that it counts. */
  at: number;
  renewed: number;
  failed: number;
  refused: number;
}

export const createHealth = (clock: Clock): Health => {
  const apps = new Map<string, Slice[]>();
  const current = () => Math.floor(clock.monotonic() / slice);

  const sum = (app: string, slices: number): Omit<Slice, 'at'> => {
    const total = { renewed: 0, failed: 0, refused: 0 };
    for (const one of apps.get(app) ?? []) {
      if (one.at <= current() - slices) continue;
      total.renewed += one.renewed;
      total.failed += one.failed;
      total.refused += one.refused;
    }
    return total;
  };

  return {
    note(app, outcome) {
      const slices = apps.get(app) ?? [];
      apps.set(app, slices);
      if (slices.at(-1)?.at !== current()) slices.push({ at: current(), renewed: 0, failed: 0, refused: 0 });
      if (slices.length > 61) slices.shift();
      slices.at(-1)![outcome]++;
    },
    isFailing(app) {
      const { renewed, failed, refused } = sum(app, 3);
      const all = renewed + failed + refused;
      return all >= least && failed * 2 >= all;
    },
    isRefusing(app) {
      const { renewed, failed, refused } = sum(app, 60);
      const all = renewed + failed + refused;
      return all >= least && refused * 5 > all;
    },
    forgetFailures(app) {
      for (const one of apps.get(app) ?? []) one.failed = 0;
    },
  };
};
