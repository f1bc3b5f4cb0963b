import type { ErrorCode, ReauthReason } from '../errors/index.ts';

/**
 * Where in the life of a grant an answer was received. The same status and body can mean different things in each.
 * `request`: what is asked before the person is, as the request token of OAuth 1.0a (RFC 5849 section 2.1).
 * `register`: the registration of an app at an instance.
 */
export type Phase = 'register' | 'request' | 'authorize' | 'exchange' | 'refresh' | 'revoke' | 'api';

/** What an error of the platform means for us. */
export type ErrorClass =
  /** The access token is out: refresh once. */
  | 'refresh-token'
  /** A person must consent again. */
  | 'reconnect'
  /** The operator's credentials or settings; never counted against a connection. */
  | 'app-misconfigured'
  | 'missing-scope'
  | 'rate-limit'
  | 'retry'
  /** The request itself was wrong. */
  | 'bad-body';

/** A dotted path into a JSON answer, e.g. `data.0.id`. */
export type Path = string;

/**
 * One line of a platform's error dialect. The first rule whose given members all match decides.
 * Body before status, codes before texts. At revocation the class `reconnect` means that nothing is left to revoke:
 * it counts as success. What the defaults say needs no rule: the standards' codes, 401 of an API (`refresh-token`, or
 * `reconnect` where nothing is ever renewed), 429, 5xx. The contract test wants a sample for each rule that would be read
 * wrongly without it.
 */
export interface ErrorRule {
  /** Default: every phase. */
  phase?: Phase | Phase[];
  status?: number | number[];
  /** The error code as text, or `code/subcode`; `200-299` is a range. */
  code?: string | number | (string | number)[];
  /** Last resort: matched against the description, only with a dated sample in the fixture. */
  description?: RegExp | string;
  /** Matched against the path of the call, where the same code means different things (phase `api` only). */
  path?: RegExp | string;
  is: ErrorClass;
  /** A finer code of the catalogue than the class gives, e.g. `redirect_uri_mismatch`. */
  error?: ErrorCode;
  /** A finer reason where the class is `reconnect`. */
  reason?: ReauthReason;
  /** A sentence for people, e.g. "You are not an admin of this page". */
  message?: string;
  /** Seconds to wait where the answer itself names no time (daily quotas, policy blocks). */
  retryAfter?: number;
  /** `account`: only this account is dead, its siblings on the same grant live on (a lost page role). Default: the grant. */
  affects?: 'account';
}

/**
 * Where the dialect keeps its codes. Default: RFC 6749 section 5.2 (`error`, `error_description`). Of several paths the
 * first that holds a text or a number counts; an object or a list there is passed over. Answers of the API and the
 * parameters of a callback that carries no code are read with the same paths.
 */
export interface ErrorShape {
  code?: Path | Path[];
  subcode?: Path | Path[];
  description?: Path | Path[];
  /**
   * Members that make a 2xx answer an error, e.g. `{ path: 'ok', equals: false }`. An answer with an `error` member and
   * no token counts as an error only when this is declared or `errorsUnder200` is set.
   */
  under200?: { path: Path; equals?: unknown; notEquals?: unknown };
}
