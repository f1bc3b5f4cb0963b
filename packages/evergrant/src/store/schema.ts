import type { Generated, Insertable, Selectable, Updateable } from 'kysely';

/*
 * Times are milliseconds since the epoch, JSON is text, flags are times (null: not so). Everything secret is an
 * envelope of the vault, bound to table, column and row; columns that hold one end in `_sealed`.
 */

export interface FlowsTable {
  id: string;
  status: 'pending' | 'exchanging' | 'choosing' | 'connected' | 'failed' | 'expired';
  owner: string;
  provider: string | null;
  instance: string | null;
  client_id: string | null;
  /** JSON array: what the caller narrowed the scopes to; null: the configured ones. */
  scopes: string | null;
  return_to: string | null;
  /** The connection to reconnect. */
  connection_id: string | null;
  metadata: string;
  skip_confirmation: number;
  link_hash: string;
  status_token_hash: string;
  browser_hash: string | null;
  state_hash: string | null;
  /** JSON: the authorization URL, verifier, nonce and state. */
  authorization_sealed: Uint8Array | null;
  redirect_uri: string | null;
  grant_id: string | null;
  /** JSON: the accounts to choose from, with their own tokens, and the person. */
  choices_sealed: Uint8Array | null;
  /** JSON array of the connections that came out. */
  connection_ids: string;
  /** JSON: code, detail and upstream of the error. */
  error: string | null;
  created_at: number;
  updated_at: number;
  expires_at: number;
}

export interface GrantsTable {
  id: string;
  provider: string;
  client_id: string;
  instance: string | null;
  owner: string;
  /** Who consented, as the platform names the person; null until identified. */
  subject: string | null;
  /** `exchanged`: a second token request is still to come. `new`: not identified yet. */
  status: 'exchanged' | 'new' | 'active' | 'reauth_required';
  reason: string | null;
  access_token_sealed: Uint8Array;
  refresh_token_sealed: Uint8Array | null;
  /** A refresh token from a late answer, tried when the stored one is refused. */
  candidate_sealed: Uint8Array | null;
  /** JSON: facts of the token answer that later requests need. */
  extra_sealed: Uint8Array | null;
  token_type: 'bearer' | 'oauth1' | 'dpop';
  /** JSON array. */
  scopes_requested: string;
  /** JSON array. */
  scopes_granted: string;
  issued_at: number;
  /** With the safety margin taken off; null: no end. */
  expires_at: number | null;
  /** Milliseconds that the platform gave; null: no end. */
  lifetime: number | null;
  refresh_expires_at: number | null;
  consented_at: number;
  /** When a person must next be warned of a fixed end; null: never. */
  warn_at: number | null;
  /** When the platform must be asked whether the token still lives; null: nothing speaks against it. */
  check_at: number | null;
  last_refreshed_at: number | null;
  /** Grows with every token; a reader's and a reporter's handle on "which token". */
  generation: number;
  /** Grows with every consent that lands in this row. */
  consent: number;
  fail_count: number;
  failing_since: number | null;
  /** The access token ran out while renewal still has a chance. */
  degraded_at: number | null;
  /** JSON: code, detail, at. */
  last_error: string | null;
  /** Keyed hash of the credential with which it was imported; null: it came by a consent here. */
  imported_mac: string | null;
  created_at: number;
  updated_at: number;
}

/** When a grant is due and who works on it: narrow, because it is what the engine scans and writes. */
export interface ScheduleTable {
  grant_id: string;
  provider: string;
  client_id: string;
  owner: string;
  /** 0: lost for good within a day; 1: used lately; 2: the rest. What is due is taken in this order. */
  urgency: number;
  /** Null: nothing to do, ever. A lease pushes it to the lease's end, so that the scan never walks over leased rows. */
  due_at: number | null;
  lease_owner: string | null;
  lease_until: number | null;
  /** Only grows; every result is committed under it. */
  fence: number;
  /** Write-ahead mark: an attempt whose outcome is not known yet. */
  mark_id: string | null;
  mark_at: number | null;
  /** Keyed hash of the credential that the attempt presents. */
  mark_hash: string | null;
  /** Since when an answer that nobody received may have spent the stored credential. */
  doubt_since: number | null;
  /** After a failure: no attempt before this, except when a person asks. */
  retry_at: number | null;
  /** When nothing that is stored can be renewed any more; null: no such time is known. */
  deadline_at: number | null;
  /** When a token was last read; written now and then, for many at once. */
  last_used_at: number | null;
}

export interface ConnectionsTable {
  id: string;
  grant_id: string;
  provider: string;
  owner: string;
  account_id: string;
  account_type: string;
  name: string | null;
  username: string | null;
  picture: string | null;
  url: string | null;
  /** The account's own token (a page's), where the platform gives one. */
  token_sealed: Uint8Array | null;
  token_expires_at: number | null;
  /** JSON array of required scopes that were not granted. */
  scopes_missing: string;
  metadata: string;
  /** Why this account alone has ended, while its grant lives (a lost role); null: it has not. */
  ended_reason: string | null;
  /** JSON, as `last_error` of a grant. */
  ended_error: string | null;
  disabled_at: number | null;
  created_at: number;
  updated_at: number;
}

/** Raw token answers between their arrival and the commit of what they mean. */
export interface JournalTable {
  id: string;
  kind: 'exchange' | 'upgrade' | 'refresh';
  grant_id: string | null;
  flow_id: string | null;
  provider: string;
  client_id: string;
  instance: string | null;
  subject: string | null;
  consent: number;
  generation: number;
  fence: number;
  /** When the request began: lifetimes count from here. */
  started_at: number;
  answer_sealed: Uint8Array;
  created_at: number;
}

/** History of renewals, without secrets. */
export interface RefreshAttemptsTable {
  id: string;
  grant_id: string;
  fence: number;
  generation: number;
  started_at: number;
  ended_at: number | null;
  outcome: string | null;
  error_code: string | null;
}

/** One row per app: its gate, its rate limit, and whether its refusals are believed. */
export interface ProviderGatesTable {
  provider: string;
  client_id: string;
  /** Why nothing but probes is sent: the operator's credentials are refused, or the platform fails. Null: the gate is closed. */
  blocked_by: 'credentials' | 'outage' | null;
  opened_at: number | null;
  /** No probe before this. */
  probe_at: number;
  /** How many probes may be under way; one more with each that succeeds. */
  probes: number;
  /** Probes that failed in a row. */
  failures: number;
  /** JSON: the failure that opened it. */
  error: string | null;
  /** Until then a refusal ends no grant, because unusually many are refused. */
  hold_until: number | null;
  /** Token bucket of the rate limit. */
  permits: number;
  refilled_at: number;
}

/** Tokens of grants that are gone and must still be revoked at the platform. */
export interface RevocationsTable {
  id: string;
  provider: string;
  client_id: string;
  instance: string | null;
  credentials_sealed: Uint8Array;
  attempts: number;
  next_at: number;
  created_at: number;
}

/** Apps that were registered at an instance by request. They are kept as long as a grant may have been made with them. */
export interface InstanceAppsTable {
  id: string;
  provider: string;
  instance: string;
  client_id: string;
  client_secret_sealed: Uint8Array;
  /** With these two it was registered; other ones need another app. */
  redirect_uri: string;
  /** As they were sent. */
  scopes: string;
  created_at: number;
  /** No flow begins with it any more. */
  retired_at: number | null;
}

/** Apps that were set through the API. Those that another one replaced are kept as long as a grant was made with them. */
export interface ProviderAppsTable {
  id: string;
  provider: string;
  client_id: string;
  client_secret_sealed: Uint8Array | null;
  /** Tried where the first one is refused, while secrets are exchanged at the platform. */
  next_client_secret_sealed: Uint8Array | null;
  /** JSON array; null: what the settings say. */
  scopes: string | null;
  /** Null: what the settings say. */
  redirect_uri: string | null;
  /** Grows with every change. */
  version: number;
  created_at: number;
  updated_at: number;
  /** No flow begins with it any more. */
  retired_at: number | null;
}

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

export interface ApiKeysTable {
  id: string;
  name: string;
  key_hash: string;
  /** JSON array. */
  permissions: string;
  owner: string | null;
  created_at: number;
  revoked_at: number | null;
  /** To the minute. */
  last_used_at: number | null;
}

/** Somebody who signed in to the dashboard with an API key. It stands and falls with that key. */
export interface SessionsTable {
  id: string;
  token_hash: string;
  /** Of the API key: what that permits is looked up at every request. */
  key_hash: string;
  created_at: number;
  /** The last request that a person made, to the minute. */
  seen_at: number;
  /** The end that no use puts off. */
  expires_at: number;
}

/** Small facts about this installation, e.g. the sealed check value that proves the key fits. */
export interface InstallationTable {
  name: string;
  value: Uint8Array;
}

/** One of the calls that an app may have under way at a time, over all nodes. */
export interface CallSlotsTable {
  provider: string;
  client_id: string;
  /** From 1 to `maxConcurrentJob`. */
  slot: number;
  holder: string;
  /** When it is free again, even if its holder has died. */
  until: number;
}

/** The private keys with which this installation authenticates where it publishes the public ones (RFC 7523). */
export interface ClientKeysTable {
  /** The provider. */
  id: string;
  key_sealed: Uint8Array;
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

export interface Database {
  client_keys: ClientKeysTable;
  call_slots: CallSlotsTable;
  flows: FlowsTable;
  grants: GrantsTable;
  schedule: ScheduleTable;
  connections: ConnectionsTable;
  journal: JournalTable;
  refresh_attempts: RefreshAttemptsTable;
  provider_gates: ProviderGatesTable;
  revocations: RevocationsTable;
  instance_apps: InstanceAppsTable;
  provider_apps: ProviderAppsTable;
  events: EventsTable;
  event_cursors: EventCursorsTable;
  webhook_endpoints: WebhookEndpointsTable;
  webhook_deliveries: WebhookDeliveriesTable;
  api_keys: ApiKeysTable;
  sessions: SessionsTable;
  installation: InstallationTable;
}

export type FlowRow = Selectable<FlowsTable>;
export type GrantRow = Selectable<GrantsTable>;
export type ScheduleRow = Selectable<ScheduleTable>;
export type ConnectionRow = Selectable<ConnectionsTable>;
export type JournalRow = Selectable<JournalTable>;
export type AttemptRow = Selectable<RefreshAttemptsTable>;
export type EventRow = Selectable<EventsTable>;
export type NewEvent = Insertable<EventsTable>;
export type WebhookEndpointRow = Selectable<WebhookEndpointsTable>;
export type WebhookDeliveryRow = Selectable<WebhookDeliveriesTable>;
export type ApiKeyRow = Selectable<ApiKeysTable>;
export type SessionRow = Selectable<SessionsTable>;
export type RevocationRow = Selectable<RevocationsTable>;
export type InstanceAppRow = Selectable<InstanceAppsTable>;
export type ProviderAppRow = Selectable<ProviderAppsTable>;
export type GateRow = Selectable<ProviderGatesTable>;
export type New<Table> = Insertable<Table>;
export type Changes<Table> = Updateable<Table>;
