import * as oauth from 'oauth4webapi';
import { reroute } from '../../egress/origins.ts';
import type { EgressAnswer } from '../../egress/types.ts';
import type { EvergrantError } from '../../errors/index.ts';
import type { AtprotoProtocol } from '../../providers/define.ts';
import { classify } from '../errors.ts';
import { badResponse, errorOf } from '../failure.ts';
import { isJsonObject, parseJson } from '../json.ts';
import type { Protocol } from '../types.ts';
import { type Named, readName } from './identity.ts';
import { newKey } from './jwt.ts';
import { type AtprotoApp, notFound, unavailable } from './network.ts';
import type { Post } from './post.ts';
import type { Servers } from './servers.ts';
import type { Sessions } from './sessions.ts';

interface Tools {
  sessions: Sessions;
  servers: Servers;
  post: Post;
}

/**
 * Finds the authorization server of the account that was named, and leaves the request there (RFC 9126): the browser
 * carries nothing but a reference to it.
 */
export const createAuthorize =
  ({ sessions, servers, post }: Tools): Protocol<AtprotoProtocol>['authorize'] =>
  async (app, { state, scopes, redirectUri, instance }) => {
    const named = nameIn(app, instance);
    const { identity, issuer } = await sessions.begin(app, named);
    const server = await servers.describe(app, issuer);
    const verifier = oauth.generateRandomCodeVerifier();
    const proofKey = newKey();
    const parameters = {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(named.kind === 'server' || !identity ? {} : { login_hint: named.kind === 'did' ? named.did : named.handle }),
    };
    const answer = await post(app, { server, endpoint: server.parEndpoint, proofKey, parameters }).catch(
      (error: unknown) => {
        throw unavailable(app, error);
      },
    );
    const url = new URL(reroute(server.authorizationEndpoint, app.origins));
    url.searchParams.set('client_id', app.clientId);
    url.searchParams.set('request_uri', requestUriIn(app, answer));
    // A handle that was named has been looked up; one that an account only claims has not.
    const handle = named.kind === 'handle' ? identity?.handle : null;
    const account = { ...(identity ? { did: identity.did } : {}), ...(handle ? { handle } : {}) };
    return { url: url.href, secrets: { verifier, carried: { issuer, proofKey, ...account } } };
  };

const nameIn = (app: AtprotoApp, instance: string | null): Named => {
  const named = instance === null ? null : readName(instance);
  if (named) return named;
  throw notFound(
    app,
    'Name the account by its handle, such as ann.example.com, by its DID, or by the URL of its server',
  );
};

const requestUriIn = (app: AtprotoApp, answer: EgressAnswer): string => {
  const json = parseJson(answer.body);
  const requestUri = isJsonObject(json) ? json['request_uri'] : undefined;
  if (answer.status >= 200 && answer.status < 300 && typeof requestUri === 'string' && requestUri) return requestUri;
  throw refusalOf(app, answer);
};

/** Refused with the codes of the authorization response and with statuses (RFC 9126 section 2.3). */
const refusalOf = (app: AtprotoApp, answer: EgressAnswer): EvergrantError => {
  const { status } = answer;
  const failure = classify(app.definition, status === 429 || status >= 500 ? 'exchange' : 'authorize', answer);
  return failure ? errorOf(app, failure, status) : badResponse(app, { upstream: { status } });
};
