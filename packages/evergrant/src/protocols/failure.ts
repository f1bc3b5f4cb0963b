import { EvergrantError, type EvergrantErrorOptions } from '../errors/index.ts';
import type { Classification } from './errors.ts';
import type { App, Verdict } from './types.ts';

type Refusal = Exclude<Verdict['kind'], 'tokens'>;

/**
 * The error of a classified answer, with what the platform said picked field by field.
 *
 * @param status of the answer; absent for a callback, which has none
 */
export const errorOf = (
  app: Pick<App, 'provider'>,
  classification: Classification,
  status?: number,
  extensions?: Record<string, unknown>,
): EvergrantError => {
  const { class: is, error, code, description, rule, retryAfter } = classification;
  const reason = rule?.reason ?? (is === 'missing-scope' && error === 'reauth_required' ? 'scope_removed' : undefined);
  return new EvergrantError(error, {
    provider: app.provider,
    detail: rule?.message,
    upstream: { status, code, description },
    retryAfter: is === 'rate-limit' || is === 'retry' ? retryAfter : undefined,
    extensions: reason || extensions ? { ...extensions, ...(reason ? { reason } : {}) } : undefined,
  });
};

/** An answer that cannot be read. */
export const badResponse = (app: App, options: EvergrantErrorOptions = {}): EvergrantError =>
  new EvergrantError('provider_bad_response', { provider: app.provider, ...options });

/**
 * What a refusal says about the credential (refresh.md, T4 to T7). A refusal for reasons that we do not know (HTML, an
 * unknown code) is no verdict: it was not processed. After a redirect, or a server error other than 503, the platform
 * may have acted all the same.
 */
export const verdictKind = ({ class: is }: Classification, status: number): Refusal => {
  switch (is) {
    case 'reconnect':
    case 'refresh-token':
    case 'missing-scope':
      return 'rejected';
    case 'app-misconfigured':
      return 'misconfigured';
    default:
      return (status >= 300 && status < 400) || (status >= 500 && status !== 503) ? 'ambiguous' : 'not_processed';
  }
};
