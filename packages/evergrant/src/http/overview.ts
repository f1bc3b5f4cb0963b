import { type Queryable, renewalFigures } from '../store/index.ts';
import type { Clock } from '../telemetry/clock.ts';

/** Hours of the past and of the future that are looked at. */
const hours = 24;
const hour = 3_600_000;
/** For so many milliseconds nothing is counted again. */
const freshness = 15_000;

export interface HourOfRenewals {
  /** Its beginning, in milliseconds since the epoch. */
  at: number;
  renewed: number;
  failed: number;
}

export interface RenewalOverview {
  /** The last 24 hours, the one under way last. */
  done: HourOfRenewals[];
  /** How many are due in each of the next 24 hours, counted from now. */
  due: { at: number; count: number }[];
  overdue: { count: number; oldest: number | null };
}

/** @param owner whose; undefined: everybody's */
export type RenewalOverviewOf = (owner: string | undefined) => Promise<RenewalOverview>;

/**
 * Renewals over time. An hour that is over does not change, so it is counted once in the life of the process, and hour
 * by hour, so that a large database is never held up for long.
 */
export const createRenewalOverview = (db: Queryable, clock: Clock): RenewalOverviewOf => {
  const past = new Map<string, HourOfRenewals>();
  const current = new Map<string, { at: number; figures: Promise<RenewalOverview> }>();

  const countHour = async (at: number, owner: string | undefined): Promise<HourOfRenewals> => {
    const counts = await renewalFigures.done(db, { from: at, to: at + hour, owner });
    const sum = (wanted: (outcome: string) => boolean) =>
      counts.reduce((total, { outcome, count }) => (outcome !== null && wanted(outcome) ? total + count : total), 0);
    return { at, renewed: sum(isRenewal), failed: sum((outcome) => !isRenewal(outcome) && outcome !== 'superseded') };
  };

  const pastHour = async (at: number, owner: string | undefined): Promise<HourOfRenewals> => {
    const name = `${at} ${owner ?? ''}`;
    const known = past.get(name);
    if (known) return known;
    const figures = await countHour(at, owner);
    past.set(name, figures);
    // The last attempts of an hour may end a little later.
    if (clock.now() < at + 2 * hour) past.delete(name);
    if (past.size > 5000) past.clear();
    return figures;
  };

  const count = async (owner: string | undefined, now: number): Promise<RenewalOverview> => {
    const thisHour = now - (now % hour);
    const done: HourOfRenewals[] = [];
    for (let at = thisHour - (hours - 1) * hour; at < thisHour; at += hour) done.push(await pastHour(at, owner));
    done.push(await countHour(thisHour, owner));
    const due = await renewalFigures.due(db, { from: now, to: now + hours * hour, span: hour, owner });
    return {
      done,
      due: Array.from({ length: hours }, (_, span) => ({
        at: now + span * hour,
        count: due.find((row) => row.span === span)?.count ?? 0,
      })),
      overdue: await renewalFigures.overdue(db, { now, owner }),
    };
  };

  return async (owner) => {
    const now = clock.now();
    const known = current.get(owner ?? '');
    if (known && now - known.at < freshness) return known.figures;
    const figures = count(owner, now);
    if (current.size > 1000) current.clear();
    current.set(owner ?? '', { at: now, figures });
    figures.catch(() => current.delete(owner ?? ''));
    return figures;
  };
};

const isRenewal = (outcome: string): boolean => outcome === 'renewed';
