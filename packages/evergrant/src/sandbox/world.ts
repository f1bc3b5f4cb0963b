import type { Clock } from '../telemetry/clock.ts';
import type { Grant, State } from './state.ts';

/** An authorization code that waits for its exchange, and for a while after it, so that a replay is noticed. */
export interface PendingCode {
  grant: Grant;
  redirectUri: string;
  /** RFC 7636 code challenge; null where the platform has no PKCE. */
  challenge: string | null;
  exchanged: boolean;
  expiresAt: number;
}

/** OAuth 1.0a temporary credentials (RFC 5849 section 2.1). */
export interface RequestToken {
  platform: string;
  secret: string;
  callback: string;
  /** What the person allowed; null until then. */
  allowed: { grant: Grant; verifier: string } | null;
  expiresAt: number;
}

/** An authorization request that was left at the server (RFC 9126). */
export interface PushedRequest {
  platform: string;
  clientId: string;
  /** Thumbprint of the proof key. */
  key: string;
  redirectUri: string;
  state: string | null;
  scopes: string[];
  challenge: string;
  /** The account that the application named, by handle or DID. */
  loginHint: string | null;
  expiresAt: number;
}

/** What all simulated platforms of one sandbox share. */
export interface World {
  clock: Clock;
  state: State;
  /** By the id of the grant to be. */
  codes: Map<string, PendingCode>;
  /** By token, of all platforms. */
  requestTokens: Map<string, RequestToken>;
  /** By request URI, of all platforms. */
  pushed: Map<string, PushedRequest>;
  /** Of signed requests, with the time at which each may be forgotten. */
  nonces: Map<string, number>;
  /** The sandbox's base URL. */
  base(): string;
}
