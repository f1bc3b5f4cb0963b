import { type Load, type Outcome, run } from './run.ts';

/** The highest rate at which the backlog did not grow, and what was seen at it. */
export interface Capacity extends Outcome {
  rate: number;
}

/** More than anything here can renew. */
const overload = 4000;

/** From try to try the rate falls by this share. */
const step = 0.05;

/** How many grants a database needs, so that they last a run. */
export const grantsFor = (seconds: number): number => overload * seconds;

/**
 * Finds the rate: under an overload an engine shows what it can do, and at a little less the backlog may not grow. The
 * rate falls until it does not.
 */
export const findCapacity = async (load: Omit<Load, 'rate' | 'grants'>): Promise<Capacity> => {
  const grants = grantsFor(load.seconds);
  const most = await run({ ...load, grants, rate: overload });
  let lost = most.lost;
  for (let share = 1 - step; share > 0; share -= step) {
    const rate = Math.floor(most.perSecond * share);
    const outcome = await run({ ...load, grants, rate });
    lost += outcome.lost;
    if (isSteady(outcome, rate, load.seconds)) return { ...outcome, rate, lost };
  }
  throw new Error('The backlog grew at every rate');
};

/** Between the middle of the run and its end a fiftieth of what came due may have stayed behind, which is noise. */
const isSteady = ({ backlog }: Outcome, rate: number, seconds: number): boolean =>
  backlog.end - backlog.middle <= (rate * seconds) / 2 / 50 && backlog.end < rate;
