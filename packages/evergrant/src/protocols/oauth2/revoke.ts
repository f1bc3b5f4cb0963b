import type { Egress } from '../../egress/types.ts';
import { isEvergrantError } from '../../errors/index.ts';
import type { OAuth2Protocol, RevocationShape } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { classify } from '../errors.ts';
import { errorOf } from '../failure.ts';
import { fillTexts, variablesOf } from '../placeholders.ts';
import { type Draft, encodeRequest, lowerCaseNames, sendForAnswer } from '../transport.ts';
import type { OAuth2App, Protocol } from '../types.ts';
import { clientAuthenticationOf, clientOf, serverOf } from './client.ts';
import type { Discover } from './discovery.ts';
import { findTarget, type Target } from './endpoints.ts';

type TokenName = 'refresh_token' | 'access_token';
type Revoke = Protocol<OAuth2Protocol>['revoke'];

/** Codes that say that there is nothing left to do: RFC 7009 section 2.2.1, and servers that deny its section 2.2. */
const settled = new Set(['unsupported_token_type', 'invalid_token', 'invalid_grant']);

/**
 * Revokes in the platform's way, by default RFC 7009: the refresh token first, since that ends the grant, then the
 * access token. One that fails does not spare the other.
 */
export const createRevoke =
  (egress: Egress, discover: Discover, clock: Clock): Revoke =>
  async (app, credentials) => {
    const { revocation = {}, revocationEndpoint } = app.definition.protocol;
    if (revocation === 'none') return 'unsupported';
    const variables = variablesOf(app, { extra: credentials.extra });
    const declared = revocation.endpoint ?? revocationEndpoint;
    const target = await findTarget(discover, app, { declared, name: 'revocation_endpoint', variables }).catch(
      withoutMetadata,
    );
    if (!target) return 'unsupported';
    const failures: unknown[] = [];
    for (const [token, name] of tokensToRevoke(revocation, credentials)) {
      try {
        const draft = await draftRevocation(app, revocation, target, { name, token }, variables);
        await confirm(egress, app, target, draft, clock);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return 'revoked';
  };

/** Each token once, with its kind. */
const tokensToRevoke = (
  { tokens = ['refresh_token', 'access_token'], keptTokens = [] }: RevocationShape,
  { refreshToken, accessToken, extra }: Parameters<Revoke>[1],
): Map<string, TokenName> => {
  const held = { refresh_token: refreshToken, access_token: accessToken };
  const named = [
    ...tokens.map((name) => [held[name], name] as const),
    ...keptTokens.map((fact) => [extra[fact], 'access_token'] as const),
  ];
  return new Map(named.flatMap(([token, name]) => (token ? [[token, name] as const] : [])));
};

/** An issuer that publishes nothing publishes no revocation endpoint. */
const withoutMetadata = (error: unknown): null => {
  if (isEvergrantError(error, 'provider_bad_response')) return null;
  throw error;
};

/**
 * RFC 7009 section 2.1. Built here and not by the protocol library, which knows the form body only: of the platforms
 * that offer revocation hardly one keeps to it.
 */
const draftRevocation = async (
  app: OAuth2App,
  shape: RevocationShape,
  target: Target,
  { name, token }: { name: TokenName; token: string },
  variables: Record<string, string>,
): Promise<Draft> => {
  const { authentication, tokenParameter, typeHint, typeHintParameter = 'token_type_hint' } = shape;
  const isBearer = authentication === 'bearer';
  const parameters = new URLSearchParams(fillTexts(shape.parameters, variables));
  const headers = new Headers(lowerCaseNames(fillTexts(app.definition.protocol.headers, variables)));
  // A token that authorizes the request is named once, unless the platform wants it twice.
  if (!isBearer || tokenParameter !== undefined) parameters.set(tokenParameter ?? 'token', token);
  if (typeHint ?? !isBearer) parameters.set(typeHintParameter, name);
  if (isBearer) headers.set('authorization', `Bearer ${token}`);
  else if (authentication !== 'anonymous') {
    await clientAuthenticationOf(app, authentication)(serverOf(undefined), clientOf(app), parameters, headers);
  }
  return {
    url: target.url,
    method: shape.method ?? 'POST',
    encoding: shape.encoding ?? 'form',
    parameters,
    headers: Object.fromEntries(headers),
  };
};

/** @throws EvergrantError unless the platform says that the token is dead */
const confirm = async (egress: Egress, app: OAuth2App, target: Target, draft: Draft, clock: Clock): Promise<void> => {
  const request = { ...encodeRequest(draft), trustedOrigins: target.trustedOrigins };
  const answer = await sendForAnswer(egress, request, app.provider);
  const failure = classify(app.definition, 'revoke', answer, clock.now());
  const isDead = failure?.class === 'reconnect' || failure?.class === 'refresh-token';
  if (failure && !isDead && !(answer.status < 500 && settled.has(failure.code ?? ''))) {
    throw errorOf(app, failure, answer.status);
  }
};
