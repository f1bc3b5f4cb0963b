import * as oauth from 'oauth4webapi';
import type { OAuth2Protocol, TokenResponseShape } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { parseBody } from '../body.ts';
import { classify } from '../errors.ts';
import { badResponse, errorOf, verdictKind } from '../failure.ts';
import { readPath } from '../json-path.ts';
import { variablesOf } from '../placeholders.ts';
import type { OAuth2App, Protocol, RawAnswer, TokenSet, Verdict } from '../types.ts';
import { clientOf, faultOf, jsonResponse, serverOf } from './client.ts';
import { issuerOf } from './endpoints.ts';
import { checkIdToken, verifiesIdToken } from './id-token.ts';
import { type NormalisedAnswer, normalise } from './normalise.ts';
import { reportedScopes } from './scopes.ts';

type Read = Protocol<OAuth2Protocol>['read'];
type Expectation = NonNullable<Parameters<Read>[3]>;

/**
 * Reads a token answer (RFC 6749 sections 5.1 and 5.2). It needs nothing but the answer and the app, so that one from
 * the journal can be read after a restart. Only here do tokens come out; errors carry picked fields.
 */
export const createRead =
  (clock: Clock): Read =>
  async (app, phase, answer, expect = {}) => {
    const failure = classify(app.definition, phase, answer, clock.now());
    if (failure) {
      return { kind: verdictKind(failure, answer.status), error: errorOf(app, failure, answer.status) };
    }
    const { tokenResponse = {} } = app.definition.protocol;
    const receivedAt = timeOf(answer, clock);
    const body = parseBody(tokenResponse, answer.headers['content-type'], answer.body);
    const normalised = normalise(tokenResponse, body, receivedAt);
    const isSuccess = answer.status === 200 || (answer.status === 201 && tokenResponse.created === true);
    if (!normalised || !isSuccess) return unreadable(app, answer, 'There is no token in it.');
    let response: oauth.TokenEndpointResponse;
    try {
      response = await oauth.processRefreshTokenResponse(
        serverOf(undefined),
        clientOf(app),
        jsonResponse(normalised.members),
      );
    } catch (error) {
      return unreadable(app, answer, faultOf(error));
    }
    const tokens = tokenSet(app, response, normalised);
    // At renewal the old refresh token may be spent already: whatever else the answer says, the new ones must not be lost.
    if (phase === 'refresh') return { kind: 'tokens', tokens };
    if (isOfAnotherFlow(tokenResponse, body, expect)) return refused(app, 'It names the state of another flow.');
    return withSubject(app, tokens, normalised, expect, receivedAt);
  };

/** The platform answered as if it had succeeded, so it may have acted. */
const unreadable = (app: OAuth2App, { status }: RawAnswer, detail: string): Verdict => ({
  kind: 'ambiguous',
  error: badResponse(app, { detail, upstream: { status } }),
});

const isOfAnotherFlow = ({ state: path }: TokenResponseShape, body: unknown, { state }: Expectation): boolean => {
  const repeated = path === undefined ? undefined : readPath(body, path);
  return state !== undefined && repeated !== undefined && repeated !== state;
};

/** When the answer was made, as it says itself; ours where it does not, or where its clock runs ahead. */
const timeOf = (answer: RawAnswer, clock: Clock): number => {
  const date = Date.parse(answer.headers['date'] ?? '');
  return Number.isNaN(date) ? clock.now() : Math.min(date, clock.now());
};

const tokenSet = (app: OAuth2App, response: oauth.TokenEndpointResponse, normalised: NormalisedAnswer): TokenSet => {
  const { protocol, scopes } = app.definition;
  const { scopeList, refreshExpiresIn, extra } = normalised;
  return {
    accessToken: response.access_token,
    refreshToken: response.refresh_token ?? null,
    tokenType: response.token_type === 'dpop' ? 'dpop' : 'bearer',
    expiresIn: response.expires_in ?? protocol.tokenResponse?.defaultExpiresIn ?? null,
    refreshExpiresIn,
    scopes: reportedScopes(scopeList ?? response.scope ?? '', scopes.reported),
    extra,
    subject: null,
  };
};

const withSubject = async (
  app: OAuth2App,
  tokens: TokenSet,
  { members, idToken }: NormalisedAnswer,
  { nonce, requestedScopes = [] }: Expectation,
  receivedAt: number,
): Promise<Verdict> => {
  const { protocol } = app.definition;
  const demanded = requestedScopes.includes('openid');
  if (!verifiesIdToken(protocol, requestedScopes) || (idToken === undefined && !demanded)) {
    return { kind: 'tokens', tokens };
  }
  const issuer = issuerOf(app, variablesOf(app));
  if (!issuer) return refused(app, 'There is no issuer to check its ID token against.');
  const outcome = await checkIdToken(app, issuer, { ...members, id_token: idToken }, { nonce, receivedAt });
  return 'subject' in outcome
    ? { kind: 'tokens', tokens: { ...tokens, subject: outcome.subject } }
    : refused(app, `The ID token was refused: ${outcome.fault}`);
};

/** Tokens that come with a wrong ID token or state may be meant for somebody else (OpenID Connect Core section 3.1.3.7). */
const refused = (app: OAuth2App, detail: string): Verdict => ({
  kind: 'rejected',
  error: badResponse(app, { detail }),
});
