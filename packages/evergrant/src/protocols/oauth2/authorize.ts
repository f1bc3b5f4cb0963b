import { createHash } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { EvergrantError } from '../../errors/index.ts';
import type { OAuth2Protocol } from '../../providers/define.ts';
import { fillTexts, variablesOf } from '../placeholders.ts';
import type { FlowSecrets, OAuth2App, Protocol } from '../types.ts';
import type { Discover } from './discovery.ts';
import { requireTarget } from './endpoints.ts';
import { verifiesIdToken } from './id-token.ts';

/** What fixed parameters may not replace: the protection of the flow hangs on these, or they have a member of their own. */
const reserved = [
  ...['state', 'redirect_uri', 'code_challenge', 'code_challenge_method'],
  ...['client_id', 'response_type', 'nonce', 'scope'],
];

/** Builds authorization requests (RFC 6749 section 4.1.1, RFC 7636 section 4.3, OpenID Connect Core section 3.1.2.1). */
export const createAuthorize =
  (discover: Discover): Protocol<OAuth2Protocol>['authorize'] =>
  async (app, { state, scopes, redirectUri, reconnect, instance }) => {
    const { protocol } = app.definition;
    const variables = variablesOf(app, { instance });
    const fixed = fillTexts(
      { ...protocol.authorizationParameters, ...(reconnect && protocol.reconnectParameters) },
      variables,
    );
    refuseReserved(app, fixed);
    const endpoint = { declared: protocol.authorizationEndpoint, name: 'authorization_endpoint', variables } as const;
    const url = new URL((await requireTarget(discover, app, endpoint)).url);
    const secrets = await createSecrets(app, scopes);
    const parameters = {
      ...fixed,
      response_type: 'code',
      [clientIdName(protocol)]: app.clientId,
      redirect_uri: redirectUri,
      ...(scopes.length > 0 ? scopeParameter(app, scopes) : {}),
      state,
      ...(await challengeOf(protocol.pkce, secrets.verifier)),
      ...(secrets.nonce ? { nonce: secrets.nonce } : {}),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url: url.href, secrets };
  };

const clientIdName = ({ authorizationClientIdParameter, clientIdParameter }: OAuth2Protocol): string =>
  authorizationClientIdParameter ?? clientIdParameter ?? 'client_id';

const scopeParameter = ({ definition }: OAuth2App, scopes: string[]): Record<string, string> => ({
  [definition.scopes.parameter ?? 'scope']: scopes.join(definition.scopes.separator ?? ' '),
});

const createSecrets = async (app: OAuth2App, scopes: string[]): Promise<FlowSecrets> => {
  const { protocol } = app.definition;
  const verifies = verifiesIdToken(protocol, scopes);
  if (verifies && protocol.issuer === undefined) {
    throw new EvergrantError('definition_invalid', {
      provider: app.provider,
      detail: 'An ID token can be verified only when the definition names the issuer.',
    });
  }
  return {
    ...(protocol.pkce === 'none' ? {} : { verifier: oauth.generateRandomCodeVerifier() }),
    ...(verifies ? { nonce: oauth.generateRandomNonce() } : {}),
  };
};

const challengeOf = async (
  pkce: OAuth2Protocol['pkce'],
  verifier: string | undefined,
): Promise<Record<string, string>> => {
  if (verifier === undefined) return {};
  const challenge =
    pkce === 'S256-hex'
      ? createHash('sha256').update(verifier).digest('hex')
      : await oauth.calculatePKCECodeChallenge(verifier);
  return { code_challenge: challenge, code_challenge_method: 'S256' };
};

const refuseReserved = (app: OAuth2App, fixed: Record<string, string>): void => {
  const { protocol, scopes } = app.definition;
  const forbidden = new Set([...reserved, clientIdName(protocol), scopes.parameter ?? 'scope']);
  const found = Object.keys(fixed).find((name) => forbidden.has(name));
  if (found === undefined) return;
  throw new EvergrantError('definition_invalid', {
    provider: app.provider,
    detail: `The definition's authorization parameters may not set ${found}.`,
  });
};
