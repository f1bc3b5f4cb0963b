import type { Clock } from '../../telemetry/clock.ts';
import type { App } from '../types.ts';
import { publicKeyOf, signJwt, thumbprintOf } from './jwt.ts';

/*
 * Nothing is registered: an AT Protocol client is a document that authorization servers fetch from its id. Where we can
 * be reached by https we publish one, and with it the key with which we authenticate. Elsewhere nobody could fetch it,
 * and the id itself says everything: a public client for development, whose sessions end after two weeks.
 */

/** What an authorization server is told that this client is. */
export interface ClientIdentity {
  clientId: string;
  redirectUri: string;
}

/** Below the redirect URI, where each provider has a path of its own. */
export const documentNames = { metadata: 'client-metadata.json', keys: 'jwks.json' } as const;

/**
 * The client of an installation.
 *
 * @param redirectUri as every provider has it; on loopback it is changed to the address that the profile demands:
 *   `127.0.0.1`, never `localhost`
 */
export const clientOf = (redirectUri: string, scopes: readonly string[]): ClientIdentity => {
  const url = new URL(redirectUri);
  if (url.protocol === 'https:') {
    return { clientId: `${redirectUri.replace(/\/$/, '')}/${documentNames.metadata}`, redirectUri };
  }
  if (url.hostname !== '[::1]') url.hostname = '127.0.0.1';
  const query = `redirect_uri=${encodeURIComponent(url.href)}&scope=${encodeURIComponent(scopes.join(' '))}`;
  return { clientId: `http://localhost?${query}`, redirectUri: url.href };
};

const isPublic = (clientId: string): boolean => clientId.startsWith('http:');

/** The client's id and, where it is confidential, its signed assertion (RFC 7523 section 2.2), new for each request. */
export const authenticationOf = async (
  { clientId }: App,
  issuer: string,
  { clock, keyOf }: { clock: Clock; keyOf: () => Promise<string> },
): Promise<Record<string, string>> => {
  if (isPublic(clientId)) return { client_id: clientId };
  const key = await keyOf();
  const now = clock.now();
  const claims = { iss: clientId, sub: clientId, aud: issuer, exp: Math.floor(now / 1000) + 60 };
  return {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signJwt(key, { kid: thumbprintOf(publicKeyOf(key)) }, claims, now),
  };
};

/** What authorization servers fetch (RFC 7591 section 2, RFC 7517), by file name; nothing for a public client. */
export const documentsOf = async (app: App, keyOf: () => Promise<string>): Promise<Record<string, unknown>> => {
  const { clientId, redirectUri, scopes } = app;
  if (isPublic(clientId)) return {};
  const { origin, host } = new URL(clientId);
  const key = publicKeyOf(await keyOf());
  return {
    [documentNames.metadata]: {
      client_id: clientId,
      application_type: 'web',
      client_name: host,
      client_uri: origin,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: scopes.join(' '),
      dpop_bound_access_tokens: true,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks_uri: new URL(documentNames.keys, clientId).href,
    },
    [documentNames.keys]: { keys: [{ ...key, kid: thumbprintOf(key), alg: 'ES256', use: 'sig' }] },
  };
};
