/** Which grant is due when. The database is seeded by it, and the provider knows from it how late a renewal is. */
export interface Plan {
  grants: number;
  /** When the first is due, in milliseconds since the epoch. */
  base: number;
  /** How many become due in a second, evenly spread. */
  rate: number;
}

/** Prime, so that it has no divisor in common with any number of grants that it does not divide. */
export const stride = 7919;

/** Neighbours in the table are not neighbours in time, as in a database that has lived. */
export const dueAt = ({ grants, base, rate }: Plan, index: number): number =>
  base + Math.floor((((index * stride) % grants) * 1000) / rate);

/** How many are due by then. */
export const dueBy = ({ grants, base, rate }: Plan, now: number): number =>
  Math.max(0, Math.min(grants, Math.ceil(((now - base) * rate) / 1000)));
