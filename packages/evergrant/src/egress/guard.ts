import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';

/**
 * Which addresses may be dialled for a target. Each has connection pools of its own, so that a connection that was
 * opened for a trusted origin can never carry a request that the guard would have refused.
 */
export const reaches = ['public', 'private', 'loopback'] as const;
export type Reach = (typeof reaches)[number];

export interface Target {
  url: URL;
  /** Without brackets around an IPv6 address; fit for messages. */
  host: string;
  reach: Reach;
}

/** Resolves a name to every address it has; `dns.lookup` fits. */
export type Lookup = (
  hostname: string,
  options: { all: true; family?: number | 'IPv4' | 'IPv6'; hints?: number },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const allowedRanges: Record<Reach, ReadonlySet<string>> = {
  public: new Set(['unicast']),
  private: new Set(['unicast', 'loopback', 'private', 'uniqueLocal']),
  loopback: new Set(['loopback']),
};

/**
 * Metadata services that do not live in the link-local ranges: EC2 and Google Compute Engine over IPv6, Azure's wire
 * server. They hand out credentials of the machine, so no configuration opens them.
 */
const metadataServices = ['fd00:ec2::254', 'fd20:ce::254', '168.63.129.16'].map((address) => ipaddr.parse(address));

/** IANA has assigned global unicast addresses from here only; `::/3` holds the forms that embed an IPv4 address. */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** Whether an IP address may be dialled. IPv4-mapped addresses are judged as the IPv4 address they mean. */
export const mayDial = (address: string, reach: Reach): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (metadataServices.some((service) => service.toString() === parsed.toString())) return false;
  if (parsed instanceof ipaddr.IPv6 && range === 'unicast' && !parsed.match(globalUnicast)) return false;
  return allowedRanges[reach].has(range);
};

const refused = (detail: string): EvergrantError => new EvergrantError('target_not_allowed', { detail });

/**
 * Judges a URL before anything is resolved or sent.
 *
 * @param trustedOrigins origins that the operator's configuration names
 * @throws EvergrantError `target_not_allowed` for other schemes than https (plain http passes only to a trusted
 *   loopback origin), for user names and passwords, and for addresses that may not be dialled
 */
export const checkTarget = (address: string, trustedOrigins: ReadonlySet<string>): Target => {
  const url = URL.parse(address);
  if (!url) throw refused('The target is not a URL.');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const trusted = trustedOrigins.has(url.origin);
  const plain = url.protocol === 'http:';
  if (url.username || url.password) throw refused(`The URL of ${host} carries a user name or password.`);
  if (!plain && url.protocol !== 'https:') throw refused('Only https targets are allowed.');
  if (plain && !trusted) throw refused(`${host} must be reached over https.`);
  const reach = plain ? 'loopback' : trusted ? 'private' : 'public';
  if (isIP(host) && !mayDial(host, reach)) throw refused(explain(host, reach));
  return { url, host, reach };
};

/**
 * A lookup for `net.connect` that hands out only addresses that may be dialled. The socket connects to what was checked
 * here, so a name that answers differently a second time (DNS rebinding) gains nothing. One bad address among good ones
 * refuses the name.
 */
export const guardedLookup =
  (reach: Reach, lookup: Lookup = systemLookup): LookupFunction =>
  (hostname, options, callback) => {
    const { family, hints } = options;
    lookup(hostname, { family, hints, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const first = addresses[0];
      if (!first || addresses.some(({ address }) => !mayDial(address, reach))) {
        return callback(refused(explain(hostname, reach)), '');
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

/** Refuses a host as {@link guardedLookup} would at this moment; one that does not resolve passes. */
export const resolves = (host: string, reach: Reach, lookup?: Lookup): Promise<void> =>
  new Promise((resolve, reject) => {
    guardedLookup(reach, lookup)(host, { all: true }, (error) => (isEvergrantError(error) ? reject(error) : resolve()));
  });

const explain = (host: string, reach: Reach): string =>
  reach === 'loopback'
    ? `${host} must be reached over https: plain http is for loopback only.`
    : `${host} is not an address on the public Internet.`;
