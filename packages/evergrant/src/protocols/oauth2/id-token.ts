import * as oauth from 'oauth4webapi';
import type { OAuth2Protocol } from '../../providers/define.ts';
import type { JsonObject } from '../json.ts';
import type { OAuth2App } from '../types.ts';
import { clientOf, faultOf, jsonResponse, serverOf } from './client.ts';
import type { Issuer } from './discovery.ts';

/** Whether the ID token of a first connect counts: as declared, else where there is an issuer and `openid` is asked for. */
export const verifiesIdToken = (protocol: OAuth2Protocol, scopes: readonly string[]): boolean =>
  protocol.idToken === undefined
    ? protocol.issuer !== undefined && scopes.includes('openid')
    : protocol.idToken === 'verify';

/**
 * Any that is signed with the issuer's own key. Which one does not matter: the token came from the token endpoint over
 * TLS, which stands for its signature (OpenID Connect Core section 3.1.3.7, point 6).
 */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

export type IdTokenOutcome = { subject: string } | { fault: string };

/**
 * Checks the claims of the ID token in a token answer (OpenID Connect Core section 3.1.3.7): issuer, audience, times
 * and nonce.
 *
 * @param members the normalised answer, `id_token` included
 * @param receivedAt milliseconds since the epoch: the answer is judged at the time it came, since one from the journal
 *   may be read much later
 */
export const checkIdToken = async (
  app: OAuth2App,
  issuer: Issuer,
  members: JsonObject,
  { nonce, receivedAt }: { nonce: string | undefined; receivedAt: number },
): Promise<IdTokenOutcome> => {
  const client = { ...clientOf(app), [oauth.clockSkew]: Math.round((receivedAt - Date.now()) / 1000) };
  const candidates = [...new Set([issuer.declared, issuer.rerouted])];
  let fault = '';
  for (const candidate of candidates) {
    const server = { ...serverOf(candidate), id_token_signing_alg_values_supported: algorithms };
    try {
      const result = await oauth.processAuthorizationCodeResponse(server, client, jsonResponse(members), {
        expectedNonce: nonce,
        requireIdToken: true,
      });
      return { subject: oauth.getValidatedIdTokenClaims(result)?.sub ?? '' };
    } catch (error) {
      fault ||= faultOf(error);
    }
  }
  return { fault };
};
