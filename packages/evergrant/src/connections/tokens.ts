import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits from a CSPRNG, base64url: for states, links, cookies and status tokens (RFC 6749 section 10.10). */
export const randomToken = (): string => randomBytes(32).toString('base64url');

/** How such a token is stored: it is random, so a plain hash is enough and a dump of the database gives none away. */
export const hashToken = (token: string): string => hash('sha256', token, 'base64url');

/** Compares a token with a stored hash in constant time. */
export const matchesHash = (token: string | undefined, stored: string | null): boolean => {
  if (token === undefined || stored === null) return false;
  const given = Buffer.from(hashToken(token));
  const known = Buffer.from(stored);
  return given.length === known.length && timingSafeEqual(given, known);
};
