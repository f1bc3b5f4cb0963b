import * as oauth from 'oauth4webapi';
import { EvergrantError } from '../../errors/index.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { classify } from '../errors.ts';
import { errorOf } from '../failure.ts';
import { variablesOf } from '../placeholders.ts';
import type { ExchangeInput, OAuth2App } from '../types.ts';
import { clientOf, faultOf, serverOf } from './client.ts';
import type { Discover } from './discovery.ts';
import { issuerOf } from './endpoints.ts';

/** Parameters of flows that are never asked for (RFC 9700 section 2.1.2). The protocol library throws at some of them. */
const unwanted = ['access_token', 'token', 'id_token', 'refresh_token'];

export type ValidateCallback = (app: OAuth2App, input: ExchangeInput) => Promise<URLSearchParams>;

/**
 * Checks authorization responses (RFC 6749 section 4.1.2, RFC 9207 section 2.4).
 *
 * The order matters. Parameters sent twice come first: everything after reads one of them. Then the issuer, also of
 * errors, since an error from another server is no news of ours. Then errors before the state, because some platforms
 * send an error without state.
 *
 * @returns the parameters, branded by the protocol library as validated
 * @throws EvergrantError `callback_malformed`, `issuer_mismatch`, or what the platform's error means
 */
export const createValidateCallback =
  (discover: Discover, logger: Logger): ValidateCallback =>
  async (app, { parameters: received, state }) => {
    refuseRepeated(app, received);
    const parameters = withoutTokens(app, received, logger);
    const issuer = await checkIssuer(discover, app, parameters);
    if (parameters.has('state') && parameters.get('state') !== state) {
      throw malformed(app, 'The state is not the one that was sent.');
    }
    const failure = classify(app.definition, 'authorize', { status: 0, body: Object.fromEntries(parameters) });
    if (failure) throw errorOf(app, failure);
    if (!parameters.get('code')) throw malformed(app, 'There is no authorization code in it.');
    try {
      return oauth.validateAuthResponse(serverOf(issuer), clientOf(app), parameters, state);
    } catch (error) {
      throw malformed(app, faultOf(error));
    }
  };

/** RFC 6749 section 3.1: no parameter more than once. Brackets are how some frameworks smuggle in a list. */
const refuseRepeated = (app: OAuth2App, parameters: URLSearchParams): void => {
  const names = [...parameters.keys()];
  if (new Set(names).size < names.length) throw malformed(app, 'A parameter was sent twice.');
  if (names.some((name) => /^(?:code|state|iss|error)\[/.test(name))) throw malformed(app, 'A parameter is a list.');
};

const withoutTokens = (app: OAuth2App, received: URLSearchParams, logger: Logger): URLSearchParams => {
  const found = unwanted.filter((name) => received.has(name));
  if (found.length > 0) {
    logger.warn({ provider: app.provider, parameters: found }, 'The callback carried tokens, which were ignored');
  }
  return new URLSearchParams([...received].filter(([name]) => !unwanted.includes(name)));
};

/**
 * RFC 9207 section 2.4. Without an issuer in the definition `iss` is taken out: an invented one would make every
 * callback fail from the day on which the platform begins to send it.
 *
 * @returns the issuer as the protocol library must expect it
 */
const checkIssuer = async (
  discover: Discover,
  app: OAuth2App,
  parameters: URLSearchParams,
): Promise<string | undefined> => {
  const { authorizationEndpoint, tokenEndpoint } = app.definition.protocol;
  const issuer = issuerOf(app, variablesOf(app));
  if (!issuer) {
    parameters.delete('iss');
    return undefined;
  }
  const isDiscovered = authorizationEndpoint === undefined || tokenEndpoint === undefined;
  const named = parameters.get('iss');
  const isKnown = named !== null && [issuer.declared, issuer.rerouted].some((known) => isSame(named, known));
  const isMissing = named === null && isDiscovered && (await discover(app, issuer)).issParameterSupported;
  if ((named !== null && !isKnown) || isMissing) {
    throw new EvergrantError('issuer_mismatch', {
      provider: app.provider,
      detail: isMissing ? 'The answer does not name its authorization server.' : undefined,
    });
  }
  return named ?? issuer.declared;
};

/** Letter by letter; where the definition's issuer has a slash for its whole path, a server may leave that out. */
const isSame = (named: string, known: string): boolean =>
  named === known || (`${named}/` === known && URL.parse(known)?.pathname === '/');

const malformed = (app: OAuth2App, detail: string): EvergrantError =>
  new EvergrantError('callback_malformed', { provider: app.provider, detail });
