import { hash } from 'node:crypto';
import type { EgressAnswer } from '../../egress/types.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { isJsonObject, parseJson } from '../json.ts';
import { publicKeyOf, signJwt } from './jwt.ts';

/** A request to be proved. */
interface Proved {
  /** Private, as JSON Web Key; one for each grant. */
  key: string;
  method: string;
  /** As the server knows it: before `origins` apply. */
  url: string;
  /** Bound to the proof at a resource server. */
  accessToken?: string;
  /** In place of the last one that was heard of that server. */
  nonce?: string;
}

export interface Proofs {
  /** A new proof of possession (RFC 9449 section 4.2), with the last nonce of that server. */
  prove(request: Proved): string;
  /**
   * Learns the nonce that any answer may carry (RFC 9449 section 8.2).
   * @returns whether the server refused the proof only because it held no nonce, or an old one: it has not acted on
   *   the request, which may be sent once more with a new proof
   */
  heard(url: string, answer: Pick<EgressAnswer, 'status' | 'headers'> & { body?: string }): boolean;
}

/** Servers are named by strangers, so the number of those whose nonce is remembered is bounded. */
const capacity = 1_000;

/** Proofs of possession. Each origin has nonces of its own: authorization and resource servers do not share them. */
export const createProofs = (clock: Clock): Proofs => {
  const nonces = new Map<string, string>();
  const learn = (origin: string, nonce: string): void => {
    nonces.delete(origin);
    const [oldest] = nonces.keys();
    if (nonces.size >= capacity && oldest !== undefined) nonces.delete(oldest);
    nonces.set(origin, nonce);
  };
  return {
    prove({ key, method, url, accessToken, nonce: given }) {
      const target = new URL(url);
      const nonce = given ?? nonces.get(target.origin);
      const claims = {
        htm: method,
        htu: `${target.origin}${target.pathname}`,
        ...(nonce === undefined ? {} : { nonce }),
        ...(accessToken === undefined ? {} : { ath: hash('sha256', accessToken, 'base64url') }),
      };
      return signJwt(key, { typ: 'dpop+jwt', jwk: publicKeyOf(key) }, claims, clock.now());
    },
    heard(url, answer) {
      const nonce = answer.headers['dpop-nonce'];
      if (!nonce) return false;
      learn(new URL(url).origin, nonce);
      return wantsNonce(answer);
    },
  };
};

/** RFC 9449 section 8 has it in the body, with 400; section 9 in `WWW-Authenticate`, with 401. */
const wantsNonce = ({ status, headers, body }: Parameters<Proofs['heard']>[1]): boolean => {
  if (status !== 400 && status !== 401) return false;
  if (/\buse_dpop_nonce\b/.test(headers['www-authenticate'] ?? '')) return true;
  const document = parseJson(body ?? '');
  return isJsonObject(document) && document['error'] === 'use_dpop_nonce';
};
