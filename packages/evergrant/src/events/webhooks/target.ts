import type { StreamingEgress } from '../../egress/index.ts';
import { EvergrantError } from '../../errors/index.ts';
import { isLoopback } from '../../settings/url.ts';

/** Which targets the operator trusts. */
export interface TargetRules {
  publicUrl: string;
  /** Origins of the operator's own applications: they may lie in private networks. */
  returnUrls: readonly string[];
}

/** Origins where an endpoint may lie although the guard of egress would refuse it: ours on loopback reach loopback. */
export const trustedOrigins = (url: string, { publicUrl, returnUrls }: TargetRules): ReadonlySet<string> => {
  const target = URL.parse(url);
  const isLocal = target !== null && isLoopback(target.hostname) && isLoopback(new URL(publicUrl).hostname);
  return new Set(isLocal ? [...returnUrls, target.origin] : returnUrls);
};

/**
 * Checks the address of an endpoint before it is stored. It is checked again at every delivery, because names change
 * where they lead.
 *
 * @throws EvergrantError `target_not_allowed` for what is no public https address and not trusted
 */
export const checkEndpointUrl = async (egress: StreamingEgress, url: string, rules: TargetRules): Promise<void> => {
  if (url.includes('#')) throw new EvergrantError('target_not_allowed', { detail: 'The URL has a fragment.' });
  await egress.check({ url, trustedOrigins: trustedOrigins(url, rules) });
};
