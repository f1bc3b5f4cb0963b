import * as oauth from 'oauth4webapi';
import type { EgressRequest } from '../../egress/types.ts';
import { EvergrantError } from '../../errors/index.ts';
import type { TokenRequestShape } from '../../providers/define.ts';
import { fillTexts } from '../placeholders.ts';
import { encodeRequest, lowerCaseNames } from '../transport.ts';
import type { ExchangeInput, OAuth2App, RenewInput } from '../types.ts';
import { clientAuthenticationOf, clientOf, serverOf } from './client.ts';
import type { Target } from './endpoints.ts';

/** A token request to be built, and where it goes. */
export interface TokenRequest {
  app: OAuth2App;
  shape: TokenRequestShape;
  target: Target;
  /** Values for the placeholders of fixed parameters and headers. */
  variables: Record<string, string>;
  /** Callback parameters that the platform wants to see again. */
  carried: Record<string, string>;
}

type BuildOptions = oauth.TokenEndpointRequestOptions & {
  [oauth.customFetch]: (url: string, options: oauth.CustomFetchOptions<'POST', URLSearchParams>) => Promise<Response>;
};

interface BuildContext {
  server: oauth.AuthorizationServer;
  client: oauth.Client;
  authentication: oauth.ClientAuth;
  /** Fixed and repeated parameters; the protocol library lets none of them replace its own. */
  additionalParameters: Record<string, string>;
  options: BuildOptions;
}

/**
 * The code exchange (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
 *
 * @param parameters of the callback, as validated by the protocol library
 */
export const exchangeRequest = (
  request: TokenRequest,
  parameters: URLSearchParams,
  { redirectUri, secrets }: Pick<ExchangeInput, 'redirectUri' | 'secrets'>,
): Promise<EgressRequest> => {
  const { pkce } = request.app.definition.protocol;
  if (pkce !== 'none' && secrets.verifier === undefined) {
    throw new EvergrantError('internal', { detail: 'The flow has lost its code verifier.' });
  }
  const verifier = pkce === 'none' ? oauth.nopkce : (secrets.verifier ?? '');
  return build(request, 'code', ({ server, client, authentication, options }) =>
    oauth.authorizationCodeGrantRequest(server, client, authentication, parameters, redirectUri, verifier, options),
  );
};

/**
 * A renewal (RFC 6749 section 6), or for platforms whose access token renews itself the grant that they made up.
 *
 * @throws EvergrantError `token_expired_not_renewable` when there is no refresh token
 */
export const renewalRequest = (request: TokenRequest, input: RenewInput): Promise<EgressRequest> => {
  if (request.shape.credential === 'access_token') return ownGrantRequest(request, input.accessToken);
  const { refreshToken } = input;
  if (!refreshToken) throw new EvergrantError('token_expired_not_renewable', { provider: request.app.provider });
  return build(request, 'refresh_token', ({ server, client, authentication, options }) =>
    oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken, options),
  );
};

/** A grant that the platform made up, with a token as its credential (Meta's exchange for a long-lived one). */
export const ownGrantRequest = (request: TokenRequest, accessToken: string): Promise<EgressRequest> =>
  build(request, 'access_token', ({ server, client, authentication, additionalParameters, options }) => {
    const parameters = { ...additionalParameters, access_token: accessToken };
    return oauth.genericTokenEndpointRequest(server, client, authentication, 'refresh_token', parameters, options);
  });

/**
 * Has the protocol library build the request, then changes what the definition asks for. Nothing is sent here, so an
 * error of the library can only be about the definition.
 *
 * @param credential the name under which the library puts the credential
 */
const build = async (
  request: TokenRequest,
  credential: string,
  draw: (context: BuildContext) => Promise<Response>,
): Promise<EgressRequest> => {
  const { app, shape, target, variables, carried } = request;
  const additionalParameters = { ...carried, ...fillTexts(shape.parameters, variables) };
  const drafts: { parameters: URLSearchParams; headers: Record<string, string> }[] = [];
  const context: BuildContext = {
    server: serverOf(undefined, target.url),
    client: clientOf(app),
    authentication: clientAuthenticationOf(app, shape.clientAuthentication),
    additionalParameters,
    options: {
      additionalParameters,
      [oauth.customFetch]: async (_url, { body, headers }) => {
        drafts.push({ parameters: body, headers });
        return new Response();
      },
    },
  };
  await draw(context).catch(() => undefined);
  const draft = drafts[0];
  if (!draft) {
    throw new EvergrantError('definition_invalid', {
      provider: app.provider,
      detail: 'The token request cannot be built from what the definition says.',
    });
  }
  applyShape(draft.parameters, shape, credential);
  // The library's name is not ours, and its content type says nothing of a query.
  const { 'user-agent': _name, 'content-type': _type, ...headers } = draft.headers;
  return {
    ...encodeRequest({
      url: target.url,
      method: shape.method ?? 'POST',
      encoding: shape.encoding ?? 'form',
      parameters: draft.parameters,
      headers: { ...headers, ...lowerCaseNames(fillTexts(app.definition.protocol.headers, variables)) },
    }),
    trustedOrigins: target.trustedOrigins,
  };
};

const applyShape = (parameters: URLSearchParams, shape: TokenRequestShape, credential: string): void => {
  const { credentialParameter = credential, grantType, omit = [] } = shape;
  const value = parameters.get(credential);
  if (value !== null && credentialParameter !== credential) {
    parameters.delete(credential);
    parameters.set(credentialParameter, value);
  }
  if (grantType === null) parameters.delete('grant_type');
  else if (grantType !== undefined) parameters.set('grant_type', grantType);
  for (const name of omit) parameters.delete(name);
};
