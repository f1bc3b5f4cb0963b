import { createHash, createPublicKey, hash, type JsonWebKey, randomBytes, verify } from 'node:crypto';
import { z } from 'zod';

const headerSchema = z.looseObject({ alg: z.literal('ES256'), typ: z.string().optional(), kid: z.string().optional() });

/** A JSON Web Token whose signature was verified. */
export interface Verified {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}

const decode = (part = ''): unknown => {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return null;
  }
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * Verifies a JSON Web Token that is signed with ES256 (RFC 7515 section 5.2).
 *
 * @param keyOf the public key that must have signed it
 * @returns null where it is none, or its signature is wrong
 */
export const verifyJwt = (
  token: string,
  keyOf: (header: Record<string, unknown>) => JsonWebKey | undefined,
): Verified | null => {
  const [head, body, signature = ''] = token.split('.');
  const header = headerSchema.safeParse(decode(head)).data;
  const claims = decode(body);
  const key = header && keyOf(header);
  if (!header || !key || !isObject(claims)) return null;
  try {
    const isSigned = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    return isSigned ? { header, claims } : null;
  } catch {
    return null;
  }
};

/** Names a P-256 key (RFC 7638 section 3: these members, in this order). */
export const thumbprint = ({ crv, kty, x, y }: JsonWebKey): string =>
  hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');

/** A request whose proof is looked at. */
export interface Proved {
  method: string;
  /** As the client knows the server. */
  url: URL;
  /** The header `DPoP`. */
  proof: string | null;
  /** Which the proof must be bound to, at a resource server. */
  accessToken?: string;
}

/** How far the clocks of client and server may be apart, in milliseconds. */
const clockTolerance = 60_000;

/**
 * One server's look at proofs of possession (RFC 9449 sections 4.3, 8 and 11.1): it demands its nonce, and a proof that
 * it has never seen.
 *
 * @param now milliseconds since the epoch
 */
export const createProofCheck = (now: () => number) => {
  let nonce = randomBytes(8).toString('hex');
  /** Ids of proofs, with the time at which each may be forgotten. */
  const seen = new Map<unknown, number>();
  const isNew = (id: unknown): boolean => {
    for (const [known, until] of seen) if (until < now()) seen.delete(known);
    if (typeof id !== 'string' || seen.has(id)) return false;
    seen.set(id, now() + 2 * clockTolerance);
    return true;
  };
  return {
    get nonce() {
      return nonce;
    },
    /** Takes another nonce: proofs with the one before are refused from now on. */
    turn() {
      nonce = randomBytes(8).toString('hex');
    },
    /** The thumbprint of the key, or what is wrong. */
    check({ method, url, proof, accessToken }: Proved): { key: string } | { error: string } {
      const read = proof === null ? null : verifyJwt(proof, ({ jwk }) => jwk as JsonWebKey);
      const jwk = read?.header['jwk'] as JsonWebKey | undefined;
      if (!read || !jwk || read.header['typ'] !== 'dpop+jwt' || jwk.d !== undefined) {
        return { error: 'invalid_dpop_proof' };
      }
      const { htm, htu, ath, iat, jti, nonce: known } = read.claims;
      const token = accessToken && createHash('sha256').update(accessToken).digest('base64url');
      const isFresh = Math.abs(Number(iat) * 1000 - now()) < clockTolerance && isNew(jti);
      if (!isFresh || htm !== method || htu !== url.origin + url.pathname || ath !== token) {
        return { error: 'invalid_dpop_proof' };
      }
      return known === nonce ? { key: thumbprint(jwk) } : { error: 'use_dpop_nonce' };
    },
  };
};

export type ProofCheck = ReturnType<typeof createProofCheck>;
