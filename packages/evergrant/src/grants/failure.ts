import { type ErrorCode, EvergrantError, errorCodes, type ReauthReason } from '../errors/index.ts';
import type { GrantRow } from '../store/index.ts';

/** The last failure of a grant, as it is stored and shown. */
export interface StoredFailure {
  code: ErrorCode;
  detail?: string;
  at: number;
}

export const toStoredFailure = (error: EvergrantError, at: number): string =>
  JSON.stringify({ code: error.code, ...(error.detail ? { detail: error.detail } : {}), at } satisfies StoredFailure);

export const parseFailure = (stored: string | null): StoredFailure | null =>
  stored === null ? null : (JSON.parse(stored) as StoredFailure);

/**
 * Why a renewal is not tried now: the cause of the last failure where one is known.
 *
 * @param wait milliseconds until it will be
 */
export const storedError = (grant: { last_error: string | null }, wait: number): EvergrantError => {
  const failure = parseFailure(grant.last_error);
  const code = failure && errorCodes.includes(failure.code) ? failure.code : 'refresh_cooling_down';
  return new EvergrantError(code, { detail: failure?.detail, retryAfter: wait / 1000 });
};

/** The answer to a read of a grant that a person must renew. */
export const reauthError = (grant: Pick<GrantRow, 'reason'>, detail?: string): EvergrantError =>
  new EvergrantError('reauth_required', {
    detail,
    extensions: { reason: (grant.reason ?? 'revoked_or_expired') as ReauthReason },
  });
