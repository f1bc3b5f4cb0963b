import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type JsonWebKey,
  randomUUID,
  sign,
} from 'node:crypto';

/** The members of a public P-256 key (RFC 7518 section 6.2.1). */
export interface PublicKey {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A new P-256 key as a JSON Web Key (RFC 7517), private part included: to be sealed. */
export const newKey = (): string =>
  JSON.stringify(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }));

const privateKeyOf = (key: string) => createPrivateKey({ key: JSON.parse(key) as JsonWebKey, format: 'jwk' });

export const publicKeyOf = (key: string): PublicKey => {
  const { x, y } = createPublicKey(privateKeyOf(key)).export({ format: 'jwk' });
  return { kty: 'EC', crv: 'P-256', x: x!, y: y! };
};

/** The thumbprint that names a key (RFC 7638 section 3: these members, in this order). */
export const thumbprintOf = ({ crv, kty, x, y }: PublicKey): string =>
  hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');

/**
 * Signs a JSON Web Token with ES256 (RFC 7515, RFC 7518 section 3.4) under a fresh `jti`.
 *
 * @param key a private key as JSON Web Key
 * @param now milliseconds since the epoch, for `iat`
 */
export const signJwt = (key: string, header: object, claims: object, now: number): string => {
  const issuedAt = Math.floor(now / 1000);
  const input = `${base64url({ ...header, alg: 'ES256' })}.${base64url({ ...claims, jti: randomUUID(), iat: issuedAt })}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKeyOf(key), dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
};
