import { type Actor, type CatalogueEntry, catalogue, type ErrorCode } from './catalogue.ts';

export {
  type Actor,
  type CatalogueEntry,
  catalogue,
  type ErrorCode,
  errorCodes,
  type ReauthReason,
} from './catalogue.ts';

/** What the platform said, picked field by field so that no token can ride along. */
export interface Upstream {
  status?: number;
  code?: string;
  /** At most 200 characters, control characters removed. */
  description?: string;
  requestId?: string;
}

/** One fault of a request body, query or setting. `pointer` is a JSON pointer (RFC 6901). */
export interface FieldError {
  pointer: string;
  code: string;
  message: string;
}

export interface EvergrantErrorOptions {
  /** A sentence about this occurrence. Must not contain secrets. */
  detail?: string;
  /** Seconds until a retry makes sense. */
  retryAfter?: number;
  connectionId?: string;
  provider?: string;
  reconnectUrl?: string;
  upstream?: Upstream;
  errors?: FieldError[];
  /** Further members of the problem document, e.g. `missing` scopes or the `redirect_uri` to register. */
  extensions?: Record<string, unknown>;
}

/**
 * The only error class that leaves a room of this house. It never has a `cause`: errors of protocol
 * libraries carry tokens and codes, so they are converted at the boundary with picked fields.
 */
export class EvergrantError extends Error {
  override readonly name = 'EvergrantError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly retryAfter: number | undefined;
  readonly connectionId: string | undefined;
  readonly provider: string | undefined;
  readonly reconnectUrl: string | undefined;
  readonly upstream: Upstream | undefined;
  readonly errors: FieldError[] | undefined;
  readonly extensions: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, options: EvergrantErrorOptions = {}) {
    super(options.detail ? `${catalogue[code].title}: ${options.detail}` : catalogue[code].title);
    this.code = code;
    this.detail = options.detail;
    this.retryAfter = options.retryAfter === undefined ? undefined : Math.max(1, Math.ceil(options.retryAfter));
    this.connectionId = options.connectionId;
    this.provider = options.provider;
    this.reconnectUrl = options.reconnectUrl;
    this.upstream = options.upstream;
    this.errors = options.errors;
    this.extensions = options.extensions;
  }

  get entry(): CatalogueEntry {
    return catalogue[this.code];
  }

  get status(): number {
    return this.entry.status;
  }

  get actor(): Actor {
    return this.entry.actor;
  }

  get retryable(): boolean {
    return this.entry.retryable;
  }

  /** The same error with facts of its place added; what is set already stays. */
  with(more: EvergrantErrorOptions): EvergrantError {
    return new EvergrantError(this.code, { ...more, ...definedOnly(this.options()) });
  }

  /** The same error with another time until a retry makes sense, in seconds. */
  retryingAfter(retryAfter: number): EvergrantError {
    return new EvergrantError(this.code, { ...this.options(), retryAfter });
  }

  private options(): EvergrantErrorOptions {
    const { detail, retryAfter, connectionId, provider, reconnectUrl, upstream, errors, extensions } = this;
    return { detail, retryAfter, connectionId, provider, reconnectUrl, upstream, errors, extensions };
  }
}

const definedOnly = <T extends object>(object: T): Partial<T> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;

/** Whether `error` is ours, optionally with one of the given codes. */
export const isEvergrantError = (error: unknown, ...codes: ErrorCode[]): error is EvergrantError =>
  error instanceof EvergrantError && (codes.length === 0 || codes.includes(error.code));

const unprintable = /[\p{Cc}\u2028\u2029]+/gu;

/** Text from a platform, made harmless for logs and problems: one line, no control characters, at most `limit` characters. */
export const sanitise = (text: string, limit = 200): string => {
  const line = text.replace(unprintable, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
};
