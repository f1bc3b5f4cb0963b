import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isEvergrantError } from '../errors/index.ts';
import { Secret } from '../telemetry/secret.ts';
import { type NamedKey, parseKeys } from './encryption-keys.ts';
import { Refusal, shown } from './errors.ts';
import { didYouMean } from './suggest.ts';
import type { DatabaseSettings, RateLimits } from './types.ts';
import { hasCredentials, isSecure } from './url.ts';

/*
 * One function for one kind of value, from text to what Settings holds. Each throws Refusal, whose message follows
 * the name of the setting; those that read secrets never repeat the text.
 */

const parseUrl = (text: string): URL => {
  const url = URL.parse(text);
  if (!url?.host) throw new Refusal(`${shown(text)} is no absolute URL with scheme and host`);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new Refusal(`${shown(text)} must use https`);
  if (hasCredentials(url)) throw new Refusal(`${shown(text)} must not contain a user name or password`);
  return url;
};

const parseBase = (text: string): URL => {
  const url = parseUrl(text);
  if (/[?#]/.test(text)) throw new Refusal(`${shown(text)} must not have a query or fragment`);
  return url;
};

const withoutFinalSlash = (url: URL): string => url.origin + url.pathname.replace(/\/+$/, '');

/** The address of this service: https unless it is loopback, with or without a base path. No final slash comes out. */
export const parsePublicUrl = (text: string): string => {
  const url = parseBase(text);
  if (!isSecure(url)) throw new Refusal(`${shown(text)} must use https, because tokens and codes travel over it`);
  return withoutFinalSlash(url);
};

/** What is to be rerouted: scheme and host, perhaps with a path. */
export const parseRerouted = (text: string): string => withoutFinalSlash(parseBase(text));

/** Where rerouted requests go: https, or http on loopback, perhaps with a path prefix. */
export const parseTarget = (text: string): string => {
  const url = parseBase(text);
  if (!isSecure(url)) throw new Refusal(`${shown(text)} must use https; plain http is accepted on loopback only`);
  return withoutFinalSlash(url);
};

const parseOrigin = (text: string): string => {
  if (text.includes('*')) throw new Refusal(`${shown(text)} is a pattern; each origin must be given exactly`);
  const url = URL.parse(text);
  if (!url?.host) {
    const guess = text.includes('://') ? null : URL.parse(`https://${text}`);
    throw new Refusal(`${shown(text)} is no origin${guess?.host ? `; "${guess.origin}" was probably meant` : ''}`);
  }
  if (!isSecure(url)) throw new Refusal(`${shown(text)} must use https; plain http is accepted on loopback only`);
  if (url.origin !== text) {
    throw new Refusal(`${shown(text)} is not an exact origin; "${url.origin}" was probably meant`);
  }
  return text;
};

/** A comma list of exact origins (RFC 6454 section 6.2). */
export const parseOrigins = (text: string): string[] => [...new Set(parseList(text, /,/).map(parseOrigin))];

const parseList = (text: string, separator: RegExp): string[] =>
  text
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** Scopes between spaces or commas. */
export const parseScopes = (text: string): string[] => [...new Set(parseList(text, /[\s,]+/))];

/** Where to listen: an IP address or a host name. */
export const parseHost = (text: string): string => {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(bare)) return bare;
  throw new Refusal(`${shown(text)} is no IP address or host name (scheme and port do not belong here)`);
};

/** A TCP port; 0 lets the system choose a free one. */
export const parsePort = (text: string): number => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Refusal(`${shown(text)} is no port: a whole number from 0 to 65535 is needed, where 0 means a free one`);
};

/** `sqlite:PATH`, `sqlite::memory:` or a PostgreSQL connection URI. The text holds a password and is never repeated. */
export const parseDatabase = (text: string): DatabaseSettings => {
  const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/is.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case 'sqlite':
      if (rest === '') throw new Refusal('names no file after "sqlite:"');
      if (rest.startsWith('//')) {
        throw new Refusal('must name the file directly after "sqlite:", without the two slashes of a URL');
      }
      return { kind: 'sqlite', path: rest };
    case 'postgres':
    case 'postgresql':
      if (!rest.startsWith('//') || !isConnectionUri(text)) {
        throw new Refusal(
          'is no connection URI of PostgreSQL (characters such as / # ? @ in the password must be percent-encoded)',
        );
      }
      return { kind: 'postgres', url: new Secret(text) };
    default:
      throw new Refusal('must start with "sqlite:", "postgres://" or "postgresql://"');
  }
};

/** A user without a host is one at a socket, which `?host=/folder` names. */
const isConnectionUri = (text: string): boolean => URL.canParse(text) || URL.canParse(text.replace('@/', '@host/'));

/** The bootstrap key. Its alphabet and length keep guessing hopeless and copying safe. */
export const parseApiKey = (text: string): Secret => {
  if (!/^eg_[\w-]{32,}$/.test(text)) {
    throw new Refusal('must be "eg_" followed by at least 32 letters, digits, "-" or "_"');
  }
  return new Secret(text);
};

/** A comma list of `id:base64(32 bytes)` and `id:provider:wrapped`. */
export const parseEncryptionKeys =
  (providers: readonly string[]) =>
  (text: string): NamedKey[] => {
    try {
      return parseKeys(text, providers);
    } catch (error) {
      if (!isEvergrantError(error)) throw error;
      throw new Refusal(error.errors?.map(({ message }) => message).join('; ') ?? error.detail ?? 'cannot be read');
    }
  };

/** A comma list of addresses and ranges (CIDR). */
export const parseNetworks = (text: string): string[] =>
  parseList(text, /,/).map((item) => {
    if (ipaddr.isValidCIDR(item) || isIP(item)) return item;
    throw new Refusal(`${shown(item)} is no IP address and no range of them`);
  });

/** A whole number of days, at least one. */
export const parseDays = (text: string): number => {
  if (/^\d{1,4}$/.test(text) && Number(text) > 0) return Number(text);
  throw new Refusal(`${shown(text)} is no whole number of days from 1 to 9999`);
};

/** Nobody who means well comes near these; they stop a loop that went wild. */
export const defaultRateLimits: RateLimits = { flowStart: 1000, callback: 200, tokenRead: 20_000, signIn: 100 };

const rateNames: Record<string, keyof RateLimits> = {
  flow_start: 'flowStart',
  callback: 'callback',
  token_read: 'tokenRead',
  sign_in: 'signIn',
};

/** A comma list of `name=times a second`; what it does not name stays as it is by default. */
export const parseRateLimits = (text: string): RateLimits => {
  const limits = { ...defaultRateLimits };
  for (const item of parseList(text, /,/)) {
    const [name = '', value = ''] = item.split('=').map((part) => part.trim());
    const limit = Object.hasOwn(rateNames, name) ? rateNames[name] : undefined;
    if (!limit) throw new Refusal(`${shown(item)} must name one of ${Object.keys(rateNames).join(', ')}`);
    if (!(Number(value) > 0)) throw new Refusal(`${shown(item)} must say how often in a second, more than 0`);
    limits[limit] = Number(value);
  }
  return limits;
};

const switches: Record<string, boolean> = { true: true, on: true, '1': true, false: false, off: false, '0': false };

export const parseSwitch = (text: string): boolean => {
  const word = text.toLowerCase();
  const value = Object.hasOwn(switches, word) ? switches[word] : undefined;
  if (value === undefined) throw new Refusal(`${shown(text)} must be one of true, on, 1, false, off, 0`);
  return value;
};

/** One of a few words, in any case. */
export const parseChoice =
  <T extends string>(choices: readonly T[]) =>
  (text: string): T => {
    const choice = choices.find((candidate) => candidate === text.toLowerCase());
    if (choice !== undefined) return choice;
    const allowed = choices.map((candidate) => `"${candidate}"`).join(', ');
    throw new Refusal(
      `${shown(text)} must be ${choices.length > 1 ? 'one of ' : ''}${allowed}${didYouMean(text, choices)}`,
    );
  };

/** The name of an application, as people read it. */
export const parseName = (text: string): string => {
  if (text.length <= 80 && !/\p{C}/u.test(text)) return text;
  throw new Refusal('must be at most 80 characters, without control characters');
};

/** `#rgb` or `#rrggbb`, as the latter in lower case. */
export const parseColor = (text: string): string => {
  const short = /^#([\da-f])([\da-f])([\da-f])$/i.exec(text);
  const color = short
    ? `#${short
        .slice(1)
        .map((part) => part.repeat(2))
        .join('')}`
    : text;
  if (/^#[\da-f]{6}$/i.test(color)) return color.toLowerCase();
  throw new Refusal(`${shown(text)} is no colour of the form #rrggbb`);
};

/** A picture: as `data:` URI, at an https address, or in a file. */
export const parseLogo = (text: string): string => {
  if (text.startsWith('data:')) {
    if (/^data:image\/(?:png|jpeg|svg\+xml|webp|gif)[;,]/.test(text)) return text;
    throw new Refusal('is a data: URI of something other than image/png, jpeg, svg+xml, webp or gif');
  }
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(text)) {
    const url = parseUrl(text);
    if (isSecure(url)) return url.href;
    throw new Refusal(`${shown(text)} must use https; plain http is accepted on loopback only`);
  }
  if (/\.(?:png|jpe?g|svg|webp|gif)$/i.test(text)) return text;
  throw new Refusal(
    `${shown(text)} is no https address, data: URI or file that ends in .png, .jpg, .svg, .webp or .gif`,
  );
};
