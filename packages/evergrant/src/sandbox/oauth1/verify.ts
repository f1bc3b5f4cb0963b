import { createHmac, timingSafeEqual } from 'node:crypto';

/** A request as it arrived. */
export interface Arrived {
  method: string;
  url: URL;
  authorization: string | null;
  /** The body where it is a form, else empty. */
  form: string;
}

export interface SignedRequest {
  /** Of header, body and query, decoded; the signature and `realm` among them. */
  parameters: URLSearchParams;
  /** Whether these secrets made the signature (RFC 5849 section 3.2). */
  isSignedWith(clientSecret: string, tokenSecret: string): boolean;
}

/**
 * Reads a signed request as a server does. Written for itself and not with Evergrant's signer, so that a fault of one is
 * not a fault of both.
 *
 * @returns null where nothing is signed with HMAC-SHA1, or a parameter of the protocol comes twice
 */
export const readSigned = ({ method, url, authorization, form }: Arrived): SignedRequest | null => {
  const inHeader = /^OAuth\s+(.+)$/is.exec(authorization ?? '')?.[1];
  if (inHeader === undefined) return null;
  const pairs: [string, string][] = [];
  for (const part of inHeader.split(',')) {
    const [, name, value] = /^\s*([^=\s]+)="([^"]*)"\s*$/.exec(part) ?? [];
    if (name === undefined || value === undefined) return null;
    pairs.push([decodeURIComponent(name), decodeURIComponent(value)]);
  }
  pairs.push(...formPairs(form), ...formPairs(url.search.slice(1)));
  const parameters = new URLSearchParams(pairs);
  const own = [...parameters.keys()].filter((name) => name.startsWith('oauth_'));
  if (new Set(own).size < own.length || parameters.get('oauth_signature_method') !== 'HMAC-SHA1') return null;
  const signed = pairs
    .filter(([name]) => name !== 'oauth_signature' && name !== 'realm')
    .map(([name, value]) => ({ name: encode(name), value: encode(value) }))
    .sort((one, other) => order(one.name, other.name) || order(one.value, other.value))
    .map(({ name, value }) => `${name}=${value}`);
  const base = [method, encode(url.origin + url.pathname), encode(signed.join('&'))].join('&');
  return {
    parameters,
    isSignedWith(clientSecret, tokenSecret) {
      const key = `${encode(clientSecret)}&${encode(tokenSecret)}`;
      const right = createHmac('sha1', key).update(base).digest();
      const given = Buffer.from(parameters.get('oauth_signature') ?? '', 'base64');
      return given.length === right.length && timingSafeEqual(given, right);
    },
  };
};

/** `application/x-www-form-urlencoded`, by hand. */
const formPairs = (text: string): [string, string][] =>
  text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const end = part.includes('=') ? part.indexOf('=') : part.length;
      return [formDecode(part.slice(0, end)), formDecode(part.slice(end + 1))];
    });

const formDecode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));

/** RFC 5849 section 3.6, byte by byte. */
const encode = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) => [byte, String.fromCharCode(byte)] as const)
    .map(([byte, character]) =>
      /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');

const order = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));
