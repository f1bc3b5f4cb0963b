import { EvergrantError } from '../errors/index.ts';

/**
 * Checks where a flow may return to: an address at exactly one of the allowed origins. Addresses that browsers and
 * parsers might read differently are refused outright.
 *
 * @param allowed origins, ours among them
 * @throws EvergrantError `return_url_not_allowed`
 */
export const checkReturnUrl = (address: string, allowed: readonly string[]): string => {
  const url = URL.parse(address);
  const plain = /^https?:\/\/[^\s\\/?#@]+(?:[/?#][^\s\\]*)?$/i.test(address);
  if (!url || !plain || url.username || url.password || !allowed.includes(url.origin)) {
    throw new EvergrantError('return_url_not_allowed', {
      detail: url && plain ? `${url.origin} is not on the list` : 'return_to must be an absolute http(s) address',
    });
  }
  return url.href;
};

/** The return address with the flow's end added to its query. */
export const withOutcome = (returnTo: string, flowId: string, status: 'connected' | 'failed'): string => {
  const url = new URL(returnTo);
  url.searchParams.set('flow', flowId);
  url.searchParams.set('status', status);
  return url.href;
};
