import type { Generated } from 'kysely';

/*
 * What happened, and who is told. Columns are as `schema.ts` says.
 */

export interface EventsTable {
  /** Grows in the order in which events are written; see `event-horizon.ts` for when they can be seen. */
  position: Generated<number>;
  id: string;
  type: string;
  connection_id: string | null;
  owner: string | null;
  provider: string | null;
  at: number;
  data: string;
}

/** Where events are sent. */
export interface WebhookEndpointsTable {
  id: string;
  url: string;
  /** JSON array of types; null: all. */
  events: string | null;
  /** Only events of this owner; null: all. */
  owner: string | null;
  secret_sealed: Uint8Array;
  /** Signs beside the secret until `previous_until`, while the secret is rotated. */
  previous_secret_sealed: Uint8Array | null;
  previous_until: number | null;
  /** A position: events up to it are not sent, unless they are replayed. */
  active_from: number;
  disabled_at: number | null;
  /** `gone`: it answered 410. `failing`: nothing was taken for days. */
  disabled_reason: 'operator' | 'gone' | 'failing' | null;
  /** Attempts that failed in a row, whatever they carried. */
  failures: number;
  failing_since: number | null;
  /** While it fails: no attempt before this. */
  retry_at: number | null;
  created_at: number;
  updated_at: number;
}

/** The outbox: one event for one endpoint. */
export interface WebhookDeliveriesTable {
  id: string;
  endpoint_id: string;
  event_id: string;
  /** Of the event. */
  position: number;
  /** What is kept in order: the connection, or else the provider. */
  subject: string;
  /** `failed`: given up. */
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  /** Null: ended, or an earlier one of its subject comes first. A claim pushes it to the end of its lease. */
  next_at: number | null;
  /** Names the attempt that is under way. */
  claim: string | null;
  last_attempt_at: number | null;
  /** HTTP status of the last answer. */
  last_status: number | null;
  last_error: string | null;
  /** The beginning of the last answer's body. */
  answer: string | null;
  created_at: number;
}

/** How far who works through all events has come. */
export interface EventCursorsTable {
  name: string;
  position: number;
}
