import type { ErrorCode, Problem } from './operations.ts';

/**
 * The service refused, or could not. Its message says what happened, with the request id to look for in the log.
 *
 * `code` is one of the catalogue (docs/errors.md), or `unexpected_answer` for what no Evergrant would say: a proxy
 * before it, or a wrong `url`.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode | 'unexpected_answer';
  /** HTTP status. */
  readonly status: number;
  /** Who must act; `provider` means that nobody can do anything but wait. */
  readonly actor: Problem['actor'];
  /** Whether the same request may succeed later by itself. */
  readonly retryable: boolean;
  /** After how many seconds. */
  readonly retryAfter: number | undefined;
  /** Where the person mends it. */
  readonly reconnectUrl: string | undefined;
  readonly connectionId: string | undefined;
  readonly provider: string | undefined;
  readonly requestId: string | undefined;
  /** All that was said; null where it was no problem document. */
  readonly problem: Problem | null;

  constructor(status: number, problem: Problem | null, requestId?: string) {
    const what = problem
      ? [problem.title, problem.detail].filter(Boolean).join(': ')
      : `Not an answer of Evergrant: ${status}`;
    super(requestId ? `${what} (${requestId})` : what);
    this.status = status;
    this.problem = problem;
    this.requestId = requestId;
    this.code = problem?.code ?? 'unexpected_answer';
    this.actor = problem?.actor ?? 'operator';
    this.retryable = problem?.retryable ?? status >= 500;
    this.retryAfter = problem?.retryAfter;
    this.reconnectUrl = problem?.reconnectUrl;
    this.connectionId = problem?.connectionId;
    this.provider = problem?.provider;
  }
}

/** Whether an error came from the service, optionally with one of these codes. */
export const isApiError = (error: unknown, ...codes: ApiError['code'][]): error is ApiError =>
  error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));
