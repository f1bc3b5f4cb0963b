/*
 * What the service itself has: apps, keys, sessions. Columns are as `schema.ts` says.
 */

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
