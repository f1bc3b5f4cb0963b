/*
 * What people have granted, how it is kept alive, and who is at it. Columns are as `schema.ts` says.
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
  /**
   * Another refresh token, tried when the stored one is refused: from an answer that is older than the stored one, or
   * the predecessor of the stored one while an attempt that presented it again has no known outcome.
   */
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
  /** The fence of the attempt that brought the stored tokens; null: they came by a consent or an import. */
  token_fence: number | null;
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
