import { catalogue, type EvergrantError, type FieldError } from './index.ts';

/** RFC 9457 problem document with Evergrant's extension members. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  instance?: string;
  code: string;
  actor: string;
  retryable: boolean;
  retry_after?: number;
  connection_id?: string;
  provider?: string;
  reconnect_url?: string;
  upstream?: { status?: number; code?: string; description?: string; request_id?: string };
  errors?: FieldError[];
  [extension: string]: unknown;
}

/** Where the code is explained: a page that this service itself serves, ending in the code. */
export const problemType = (publicUrl: string, code: string): string => `${publicUrl}/errors/${code}`;

/**
 * The problem document of an error (RFC 9457 section 3).
 *
 * @param error the error to show
 * @param publicUrl without a final slash; `type` is built on it
 * @param requestId becomes `instance` as a URN, so that a report can be joined with the log
 */
export const toProblem = (error: EvergrantError, publicUrl: string, requestId?: string): Problem => ({
  // First, so that no extension, such as a platform's own `code`, replaces a member of ours.
  ...error.extensions,
  type: problemType(publicUrl, error.code),
  title: catalogue[error.code].title,
  status: error.status,
  ...(error.detail ? { detail: error.detail } : {}),
  ...(requestId ? { instance: `urn:evergrant:request:${requestId}` } : {}),
  code: error.code,
  actor: error.actor,
  retryable: error.retryable,
  ...(error.retryAfter === undefined ? {} : { retry_after: error.retryAfter }),
  ...(error.connectionId ? { connection_id: error.connectionId } : {}),
  ...(error.provider ? { provider: error.provider } : {}),
  ...(error.reconnectUrl ? { reconnect_url: error.reconnectUrl } : {}),
  ...(error.upstream
    ? {
        upstream: {
          ...(error.upstream.status === undefined ? {} : { status: error.upstream.status }),
          ...(error.upstream.code ? { code: error.upstream.code } : {}),
          ...(error.upstream.description ? { description: error.upstream.description } : {}),
          ...(error.upstream.requestId ? { request_id: error.upstream.requestId } : {}),
        },
      }
    : {}),
  ...(error.errors ? { errors: error.errors } : {}),
});
