import type { Context as HonoContext } from 'hono';
import ipaddr from 'ipaddr.js';

/** What the server of the command line hands on beside a request. */
interface NodeBindings {
  incoming?: { socket?: { remoteAddress?: string } };
}

/**
 * Whose request it is: the address of the connection, or, behind proxies that the operator trusts, the last one in
 * `X-Forwarded-For` that is not one of theirs. Anybody can write that header; only what a trusted proxy added counts.
 *
 * @param trustedProxies addresses and ranges (CIDR)
 * @returns null where it is not known
 */
export const addressOf = (c: HonoContext, trustedProxies: readonly string[]): string | null => {
  const peer = (c.env as NodeBindings | undefined)?.incoming?.socket?.remoteAddress;
  if (peer === undefined) return null;
  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim());
  const chain = [...forwarded.filter((part) => ipaddr.isValid(part)), peer];
  const own = chain.findLast((address) => !isTrusted(address, trustedProxies));
  return own ?? peer;
};

const isTrusted = (address: string, ranges: readonly string[]): boolean => {
  const parsed = ipaddr.process(address);
  return ranges.some((range) => {
    const [network, bits] = parseRange(range);
    return network.kind() === parsed.kind() && parsed.match([network, bits] as [ipaddr.IPv4, number]);
  });
};

const parseRange = (range: string): [ipaddr.IPv4 | ipaddr.IPv6, number] => {
  if (range.includes('/')) return ipaddr.parseCIDR(range);
  const address = ipaddr.process(range);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
};
