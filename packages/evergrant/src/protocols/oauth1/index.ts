/**
 * OAuth 1.0a (RFC 5849): temporary credentials, consent, token credentials. Every request is signed with HMAC-SHA1, by a
 * signer of our own: the packages for it are unmaintained and draw their nonces from `Math.random`.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { fillPlaceholders, reroute } from '../../egress/origins.ts';
import type { Egress, EgressRequest } from '../../egress/types.ts';
import { EvergrantError } from '../../errors/index.ts';
import type { OAuth1Protocol } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import { classify } from '../errors.ts';
import { badResponse, errorOf } from '../failure.ts';
import { fillTexts, variablesOf } from '../placeholders.ts';
import { lowerCaseNames, rawAnswer, sendForAnswer } from '../transport.ts';
import type { ApiCredentials, App, Protocol } from '../types.ts';
import { requestTokenOf, verifyCallback } from './callback.ts';
import { type Credentials, createRead, readCredentials } from './read.ts';
import { authorizationHeader, type Signer } from './signature.ts';
import { tokenSecretOf } from './token-secret.ts';

type OAuth1App = App<OAuth1Protocol>;

/** A request to one of the definition's endpoints. */
interface EndpointRequest {
  endpoint: string;
  token?: Signer['token'];
  /** Parameters of the protocol that go into the header. */
  further?: Record<string, string>;
  /** Parameters that go into the body. */
  form?: Record<string, string>;
  variables?: Record<string, string>;
}

export const createOAuth1 = (egress: Egress, { clock }: { clock: Clock }): Protocol<OAuth1Protocol> => {
  const signerOf = (app: OAuth1App, token: Signer['token']): Signer => {
    const clientSecret = app.clientSecret?.reveal();
    if (!clientSecret) {
      throw new EvergrantError('provider_app_credentials_invalid', {
        provider: app.provider,
        detail: 'Every request is signed with the client secret, and none is set.',
      });
    }
    const timestamp = Math.floor(clock.now() / 1000);
    return { clientId: app.clientId, clientSecret, token, nonce: randomBytes(16).toString('hex'), timestamp };
  };

  /** Signed over the definition's own address; `origins` apply after that. */
  const signedPost = (app: OAuth1App, request: EndpointRequest): EgressRequest => {
    const { endpoint, token, further, variables = variablesOf(app) } = request;
    const url = new URL(fillPlaceholders(endpoint, variables)).href;
    const form = new URLSearchParams(request.form).toString();
    const headers = {
      ...lowerCaseNames(fillTexts(app.definition.protocol.headers, variables)),
      authorization: authorizationHeader({ method: 'POST', url, form }, signerOf(app, token), further),
      ...(form === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    return {
      method: 'POST',
      url: reroute(url, app.origins),
      headers,
      // Without any body some servers miss the length.
      body: form,
      trustedOrigins: app.trustedOrigins,
    };
  };

  /** RFC 5849 section 2.1. @throws EvergrantError of a refusal, or where no usable answer came */
  const requestToken = async (
    app: OAuth1App,
    oauth_callback: string,
    variables: Record<string, string>,
  ): Promise<Credentials> => {
    const { requestTokenEndpoint } = app.definition.protocol;
    const request = signedPost(app, { endpoint: requestTokenEndpoint, further: { oauth_callback }, variables });
    const answer = await sendForAnswer(egress, request, app.provider);
    const failure = classify(app.definition, 'request', answer, clock.now());
    if (failure) throw errorOf(app, failure, answer.status);
    const credentials = readCredentials(answer);
    const upstream = { status: answer.status };
    if (!credentials) throw badResponse(app, { detail: 'There is no request token in it.', upstream });
    if (credentials.members.get('oauth_callback_confirmed') === 'true') return credentials;
    // OAuth 1.0 before its revision A, in which an attacker can have a victim consent to the attacker's own request.
    throw badResponse(app, { detail: 'The platform does not confirm the callback.', upstream });
  };

  return {
    async authorize(app, { redirectUri, instance }) {
      const { protocol } = app.definition;
      const variables = variablesOf(app, { instance });
      const fixed = Object.entries(fillTexts(protocol.authorizationParameters, variables));
      const { token, secret } = await requestToken(app, redirectUri, variables);
      const url = new URL(reroute(fillPlaceholders(protocol.authorizationEndpoint, variables), app.origins));
      for (const [name, value] of [...fixed, ['oauth_token', token] as const]) url.searchParams.set(name, value);
      return { url: url.href, handle: token, secrets: { requestToken: { token, secret } } };
    },

    handleOf: requestTokenOf,

    async checkCallback(app, input) {
      verifyCallback(app, input);
    },

    carry: () => ({}),

    async sendExchange(app, input) {
      const { token, verifier } = verifyCallback(app, input);
      const { accessTokenEndpoint, verifierIn = 'header' } = app.definition.protocol;
      const parameter = { oauth_verifier: verifier };
      const place = verifierIn === 'body' ? { form: parameter } : { further: parameter };
      return rawAnswer(await egress.send(signedPost(app, { endpoint: accessTokenEndpoint, token, ...place })));
    },

    sendUpgrade: async () => null,

    async sendRenewal(app) {
      throw new EvergrantError('token_expired_not_renewable', { provider: app.provider });
    },

    read: createRead(clock),

    async revoke(app, { accessToken, extra }) {
      const { revocationEndpoint } = app.definition.protocol;
      if (!revocationEndpoint || accessToken === null) return 'unsupported';
      const token = tokenOf(app, { accessToken, extra });
      const variables = variablesOf(app, { extra });
      const request = signedPost(app, { endpoint: revocationEndpoint, token, variables });
      const answer = await sendForAnswer(egress, request, app.provider);
      const failure = classify(app.definition, 'revoke', answer, clock.now());
      const isDead = failure?.class === 'reconnect' || failure?.class === 'refresh-token';
      if (failure && !isDead) throw errorOf(app, failure, answer.status);
      return 'revoked';
    },

    sign: async (app, credentials, request) => ({
      url: request.url,
      headers: { authorization: authorizationHeader(request, signerOf(app, tokenOf(app, credentials))) },
    }),
  };
};

/** @throws EvergrantError `reauth_required` where the grant holds no secret: it cannot sign anything */
const tokenOf = (app: OAuth1App, { accessToken, extra }: ApiCredentials): { token: string; secret: string } => {
  const secret = tokenSecretOf(extra);
  if (secret !== undefined) return { token: accessToken, secret };
  throw new EvergrantError('reauth_required', {
    provider: app.provider,
    detail: 'The secret that belongs to the token is missing.',
  });
};
