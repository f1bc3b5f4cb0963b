import { dueAt, type Plan } from './plan.ts';
import { type ReadToken, readRefreshToken } from './tokens.ts';

/** What the provider saw since a measurement began. */
export interface Count {
  /** Renewals that succeeded. */
  renewed: number;
  /** Refresh tokens that were presented although they are not the newest of their chain. */
  refused: number;
  /** Successes in each tenth of a second since the plan's base; those before it count in the first. */
  timeline: number[];
  /** Milliseconds from the moment at which a grant was due to its request. */
  lateness: { p50: number; p99: number; max: number } | null;
}

/** A generation that is never reached: the family is dead. */
const dead = 2 ** 32 - 1;

/** The true chain of tokens of every grant, and what is counted of it. */
export const createChains = () => {
  let newest = new Uint32Array(0);
  /** When the newest was issued, in milliseconds since the epoch. */
  let issued = new Float64Array(0);
  let seen = new Uint8Array(0);
  let plan: Plan = { grants: 0, base: 0, rate: 1 };
  let lateness: number[] = [];
  let timeline: number[] = [];
  let renewed = 0;
  let refused = 0;

  const find = (token: string): ReadToken | null => {
    const read = readRefreshToken(token);
    return read && read.index < newest.length ? read : null;
  };

  /** @param grace seconds for which the one before the newest counts as well */
  const current = (token: string, grace = 0): ReadToken | null => {
    const read = find(token);
    if (!read) return null;
    const behind = newest[read.index]! - read.generation;
    return behind === 0 || (behind === 1 && Date.now() - issued[read.index]! <= grace * 1000) ? read : null;
  };

  const countSuccess = (): void => {
    const slice = Math.max(0, Math.floor((Date.now() - plan.base) / 100));
    renewed++;
    timeline[slice] = (timeline[slice] ?? 0) + 1;
  };

  return {
    /** Chains go on over measurements; only what is counted begins anew. */
    begin(next: Plan): void {
      plan = next;
      if (newest.length < plan.grants) {
        const longer = new Uint32Array(plan.grants);
        longer.set(newest);
        newest = longer;
        const times = new Float64Array(plan.grants);
        times.set(issued);
        issued = times;
      }
      seen = new Uint8Array(newest.length);
      [lateness, timeline, renewed, refused] = [[], [], 0, 0];
    },
    /** A request came: the first for a grant tells how late its renewal is. */
    arrived(token: string, now: number): void {
      const index = find(token)?.index;
      if (index === undefined || seen[index] === 1) return;
      seen[index] = 1;
      lateness.push(now - dueAt(plan, index));
    },
    /** @returns the next token of the chain; null: the platform refuses, and where tokens rotate the family is dead */
    renew(token: string, { rotates, grace }: { rotates: boolean; grace: number }): ReadToken | null {
      const valid = current(token, grace);
      if (!valid) {
        refused++;
        const read = find(token);
        if (read && rotates) newest[read.index] = dead;
        return null;
      }
      countSuccess();
      if (!rotates) return valid;
      // One that comes again gets another in the place of the one that was lost.
      const generation = newest[valid.index]! + 1;
      newest[valid.index] = generation;
      issued[valid.index] = Date.now();
      return { index: valid.index, generation };
    },
    accepts: (token: string): boolean => current(token) !== null,
    count(): Count {
      const sorted = lateness.toSorted((one, other) => one - other);
      const quantile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
      return {
        renewed,
        refused,
        timeline: Array.from(timeline, (count) => count ?? 0),
        lateness: sorted.length === 0 ? null : { p50: quantile(0.5), p99: quantile(0.99), max: sorted.at(-1)! },
      };
    },
  };
};
