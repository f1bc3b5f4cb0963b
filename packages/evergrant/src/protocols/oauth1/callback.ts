import { EvergrantError } from '../../errors/index.ts';
import type { OAuth1Protocol } from '../../providers/define.ts';
import { classify } from '../errors.ts';
import { errorOf } from '../failure.ts';
import type { App, ExchangeInput } from '../types.ts';

export interface Verified {
  /** The temporary credentials of the flow. */
  token: { token: string; secret: string };
  verifier: string;
}

/** The request token by which a callback names its flow; a refusal may name it in a parameter of its own. */
export const requestTokenOf = (
  { definition: { protocol } }: App<OAuth1Protocol>,
  parameters: URLSearchParams,
): string | null =>
  parameters.get('oauth_token') || (protocol.deniedParameter ? parameters.get(protocol.deniedParameter) : null) || null;

/**
 * Checks a callback (RFC 5849 section 2.2). The request token is to the flow what `state` is elsewhere, and it comes
 * first: an answer with another one is no news of this flow, not even a refusal.
 *
 * @throws EvergrantError `callback_malformed`, `consent_denied`, or what the platform's error means
 */
export const verifyCallback = (
  app: App<OAuth1Protocol>,
  { parameters, secrets }: Pick<ExchangeInput, 'parameters' | 'secrets'>,
): Verified => {
  const { definition, provider } = app;
  const { deniedParameter, refusesWithoutVerifier } = definition.protocol;
  const malformed = (detail: string) => new EvergrantError('callback_malformed', { provider, detail });
  const token = secrets.requestToken;
  if (!token || requestTokenOf(app, parameters) !== token.token) {
    throw malformed('The request token is not the one of this flow.');
  }
  if (deniedParameter && parameters.has(deniedParameter)) throw new EvergrantError('consent_denied', { provider });
  const failure = classify(definition, 'authorize', { status: 0, body: Object.fromEntries(parameters) });
  if (failure) throw errorOf(app, failure);
  const verifier = parameters.get('oauth_verifier');
  if (verifier) return { token, verifier };
  throw refusesWithoutVerifier
    ? new EvergrantError('consent_denied', { provider })
    : malformed('There is no verifier in it.');
};
