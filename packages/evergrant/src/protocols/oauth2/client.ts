import * as oauth from 'oauth4webapi';
import { EvergrantError } from '../../errors/index.ts';
import type { ClientAuthentication } from '../../providers/define.ts';
import type { JsonObject } from '../json.ts';
import type { OAuth2App } from '../types.ts';

/** The protocol library wants a name for every server; most platforms of this trade have none. It is never sent. */
const unnamedIssuer = 'urn:evergrant:unnamed';

/**
 * The server as the protocol library knows it. The library would refuse plain http even on loopback; where http may go
 * is decided by egress, which alone sends, so the library is shown https.
 */
export const serverOf = (issuer: string | undefined, tokenEndpoint?: string): oauth.AuthorizationServer => ({
  issuer: issuer ?? unnamedIssuer,
  ...(tokenEndpoint ? { token_endpoint: tokenEndpoint.replace(/^http:/i, 'https:') } : {}),
});

export const clientOf = (app: OAuth2App): oauth.Client => ({ client_id: app.clientId });

/** The form in which the protocol library reads an answer. */
export const jsonResponse = (members: JsonObject): Response =>
  new Response(JSON.stringify(members), { headers: { 'content-type': 'application/json' } });

/** The library's messages are constants that name a member or a claim; its `cause` holds the tokens and stays behind. */
export const faultOf = (error: unknown): string =>
  error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError
    ? error.message.replaceAll('"', '')
    : 'the answer is not conform';

/**
 * Client authentication at the token endpoint (RFC 6749 section 2.3.1), under the definition's parameter names.
 *
 * @param declared the request's own method, before the protocol's
 * @throws EvergrantError `provider_app_credentials_invalid` when the platform needs a secret and the app has none
 */
export const clientAuthenticationOf = (app: OAuth2App, declared?: ClientAuthentication): oauth.ClientAuth => {
  const { clientAuthentication, clientIdParameter, clientSecretParameter } = app.definition.protocol;
  const method = chooseMethod(declared ?? clientAuthentication, app.clientSecret !== null);
  const idParameter = clientIdParameter ?? 'client_id';
  if (method === 'none') return (_server, client, body) => body.set(idParameter, client.client_id);
  const secret = app.clientSecret?.reveal();
  if (!secret) {
    throw new EvergrantError('provider_app_credentials_invalid', {
      provider: app.provider,
      detail: 'This platform needs a client secret, and none is set.',
    });
  }
  switch (method) {
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(secret);
    case 'client_secret_basic_raw':
      return (_server, client, _body, headers) =>
        headers.set('authorization', `Basic ${Buffer.from(`${client.client_id}:${secret}`).toString('base64')}`);
    case 'client_secret_post':
      return (_server, client, body) => {
        body.set(idParameter, client.client_id);
        body.set(clientSecretParameter ?? 'client_secret', secret);
      };
  }
};

const chooseMethod = (
  declared: ClientAuthentication | ClientAuthentication[] | undefined,
  hasSecret: boolean,
): ClientAuthentication => {
  const standard = hasSecret ? 'client_secret_basic' : 'none';
  if (!Array.isArray(declared)) return declared ?? standard;
  return declared.find((method) => (method !== 'none') === hasSecret) ?? declared[0] ?? standard;
};
