import type { EvergrantError } from '../errors/index.ts';
import type { App, Verdict } from '../protocols/types.ts';
import type {
  ConnectionRow,
  GrantChanges,
  GrantRow,
  NewEvent,
  Queryable,
  ScheduleChanges,
  ScheduleRow,
} from '../store/index.ts';
import type { Context } from './context.ts';
import type { Person } from './revocations.ts';

/** An attempt whose answer is to be committed: what the claim knew, or what the journal remembers of it. */
export interface Attempt {
  grantId: string;
  person: Person;
  consent: number;
  generation: number;
  fence: number;
  markId: string;
  /** When the request began: lifetimes count from here, never from the answer. */
  startedAt: number;
  /** Whether the answer stands in the journal. */
  journalled: boolean;
  /** Whether it was sent to try a blocked gate; null: that is not known, for its answer comes from the journal. */
  probing: boolean | null;
}

/**
 * What became of an attempt: what the platform's answer means, or `abandoned`, which it never heard of, because the
 * claim was overtaken, came too close to its end, or could not be checked.
 */
export type Result = Verdict | { kind: 'abandoned'; error: EvergrantError };

export type Settled =
  | { kind: 'renewed' }
  /** The grant has ended; a person must reconnect. */
  | { kind: 'ended'; error: EvergrantError }
  | { kind: 'failed'; error: EvergrantError }
  /** Another answer or another consent was faster; the row holds the truth. */
  | { kind: 'superseded' };

/** What the renewals of one transaction change, to be written at once. */
export interface Writes {
  grants: GrantChanges[];
  schedule: ScheduleChanges[];
  events: NewEvent[];
}

/** One answer being committed. */
export interface Settling {
  context: Context;
  tx: Queryable;
  attempt: Attempt;
  now: number;
  grant: GrantRow;
  row: ScheduleRow;
  /** The connections that live on the grant. */
  served: ConnectionRow[];
  app: App;
  writes: Writes;
}

/**
 * When a grant is due once its attempt has ended. A lease always sets a time: where there is none, everything that lives
 * on the grant was switched off meanwhile, and it stays so.
 */
export const dueAfter = ({ grant, row }: Settling, due: number | null): number | null =>
  grant.status === 'active' && row.due_at === null ? null : due;

/** The columns of a schedule row without lease and mark. */
export const released = {
  lease_owner: null,
  lease_until: null,
  mark_id: null,
  mark_at: null,
  mark_hash: null,
} as const;
