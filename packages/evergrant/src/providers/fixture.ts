import type { ReauthReason } from '../errors/index.ts';
import type { ErrorClass, Phase } from './define.ts';

/**
 * What a platform really sends, recorded or taken from its documentation: drives the contract test of every
 * provider and the sandbox that plays it. Tokens in samples are placeholders.
 */
export interface ProviderFixture {
  provider: string;
  /** The answer to a registration, for platforms where an app is registered at each instance. */
  registration?: FixtureAnswer;
  /** OAuth 1.0a: the answer with the temporary credentials. `SAMPLE_REQUEST_TOKEN` stands for the token, in the callback too. */
  requestToken?: FixtureAnswer;
  /** What the person names, where the definition asks for an instance: its documents are among `get`. */
  instance?: string;
  /** The answer to a pushed authorization request (RFC 9126 section 2.2), where there is one. */
  pushed?: FixtureAnswer;
  /** What the callback carries on success besides `code` and `state`, and on refusal. */
  callback: {
    granted?: Record<string, string>;
    denied: Record<string, string>;
    /** The refusal does not repeat the state (Medium). */
    deniedWithoutState?: boolean;
  };
  /**
   * What the platform must be sent, from its documentation and not from the definition, which is held against it. What
   * differs from one request to the next is named by a placeholder: `{clientId}`, `{clientSecret}`, `{redirectUri}`,
   * `{state}`, `{code}`, `{verifier}`, `{challenge}` (`{challengeHex}`), `{accessToken}`, `{refreshToken}`. The contract
   * test demands it of every protocol but AT Protocol, which leaves a definition nothing to say.
   */
  requests?: {
    /** OAuth 1.0a. */
    requestToken?: RequestSample;
    /** For the required and the optional scopes. */
    authorize: RequestSample;
    exchange: RequestSample;
    upgrade?: RequestSample;
    refresh?: RequestSample;
    /** One for each token. */
    revoke?: RequestSample[];
    /** The first request with the new token. */
    profile: RequestSample;
  };
  /** Answers of the token endpoint, exactly as sent. The sandbox replaces the tokens by its own. */
  exchange: FixtureAnswer;
  /** The answer of the upgrade request, for platforms that have one. */
  upgrade?: FixtureAnswer;
  refresh?: FixtureAnswer;
  /** What must come out of `exchange` (after `upgrade`). Seconds. */
  expected: ExpectedTokens;
  /** Other answers of the token endpoint that must be read as well: documented alternatives and unconfirmed shapes. */
  variants?: {
    note: string;
    exchange: FixtureAnswer;
    expected: ExpectedTokens;
    /** The sandbox never answers so: others than the platform itself do. */
    unplayed?: boolean;
  }[];
  /**
   * Answers to reading requests by URL as the definition writes it (placeholders of options filled). A request must have
   * every parameter that stands here; it may have further ones.
   */
  get: Record<string, unknown>;
  /** The scopes that identification must report under the definition's names. Checked when given. */
  grantedScopes?: string[];
  /** The accounts that must come out of identification, in order. */
  accounts: {
    id: string;
    type: string;
    name: string | null;
    username: string | null;
    picture: string | null;
    /** Checked when given. */
    url?: string | null;
    ownToken: boolean;
  }[];
  /** The platform's dialect. Every rule of the definition must be needed by one of them. */
  errors: ErrorSample[];
}

/** An error as the platform sends it, and what must come of it; what is left out there is not checked. */
export interface ErrorSample {
  phase: Phase;
  status: number;
  /** In the phase `authorize` the parameters of the callback. */
  body: unknown;
  headers?: Record<string, string>;
  /** Of the call, where the dialect looks at it. */
  path?: string;
  /** The class; null: no error, or none that concerns the connection. */
  is: ErrorClass | null;
  /** A code of the catalogue. */
  error?: string;
  reason?: ReauthReason;
  /** Seconds to wait. */
  retryAfter?: number;
  affects?: 'account';
  /** A part of the sentence for people. */
  message?: string;
  note?: string;
}

/** What must come out of a token answer. Seconds; compared with what is read, `scopes` as a set. */
export interface ExpectedTokens {
  expiresIn: number | null;
  scopes: string[] | null;
  refreshToken: boolean;
  /** Checked when given. */
  refreshExpiresIn?: number | null;
  /** The facts that the definition keeps of this answer, by name. Default: none; of variants checked when given. */
  kept?: Record<string, string>;
}

export interface FixtureAnswer {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** A request as it must look to the platform. */
export interface RequestSample {
  /** Default `POST`. */
  method?: 'GET' | 'POST' | 'DELETE';
  /** Without its query. */
  url: string;
  query?: Record<string, string>;
  form?: Record<string, string>;
  json?: Record<string, unknown>;
  /**
   * By lower-case name; `content-type` and an `accept` of `application/json` are left out. Basic is written as
   * `Basic {clientId}:{clientSecret}` where both are form-encoded first (RFC 6749 section 2.3.1), with ` as they are`
   * behind it where not; OAuth 1.0a as `OAuth {signature}`.
   */
  headers?: Record<string, string>;
}
