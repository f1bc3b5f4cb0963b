import { oauthError } from '../answers.ts';
import { isLive, judgeRefreshToken, type Presented, present, revoke } from '../grants.ts';
import type { Play } from '../play.ts';
import type { Received } from '../received.ts';
import { echo } from '../resources.ts';
import { tokenId } from '../tokens.ts';
import type { World } from '../world.ts';
import { answerDocument, asAccount, byDid, handleOf } from './accounts.ts';
import { answerConsent, pushedFor } from './consent.ts';
import { answerTokenRequest, phaseOf } from './credentials.ts';
import { type AtprotoPlatform, receive } from './platform.ts';
import { createProofCheck } from './proofs.ts';
import { answerPushed, developmentClient, unknownClient } from './pushed.ts';

export { createAtprotoPlatform } from './platform.ts';

/**
 * Plays a network of AT Protocol: handles and DIDs, pushed requests, proofs of possession, an account's own server.
 *
 * @see https://atproto.com/specs/oauth
 */
export const playAtproto = (world: World, platform: AtprotoPlatform): Play => {
  const now = () => world.clock.now();
  // The authorization server and the server of accounts have nonces of their own.
  const [issuer, pds] = [createProofCheck(now), createProofCheck(now)];

  /** Does what is asked under a sound proof. Every answer carries the nonce (RFC 9449 section 8.2). */
  const proved = (received: Received, act: (key: string) => Response): Response => {
    const { method, url, headers } = received;
    const proof = issuer.check({ method, url, proof: headers.get('dpop') });
    const response = 'key' in proof ? act(proof.key) : oauthError(400, proof.error, 'The proof is not accepted');
    response.headers.set('dpop-nonce', issuer.nonce);
    return response;
  };

  const answerApi = (received: Received): Response => {
    const { method, url, headers } = received;
    const document = method === 'GET' && !headers.has('authorization') ? answerDocument(world, platform, url) : null;
    if (document) return document;
    const accessToken = accessTokenIn(received);
    const proof = pds.check({ method, url, proof: headers.get('dpop'), ...(accessToken ? { accessToken } : {}) });
    const presented = present(world.state, platform, accessToken, 'access');
    const error = 'error' in proof ? proof.error : isGood(presented, proof.key, now()) ? null : 'invalid_token';
    const response = error ? unauthorized(error) : answerFor(world, platform, presented!, received);
    response.headers.set('dpop-nonce', pds.nonce);
    return response;
  };

  return {
    platform,
    receive: (request, url) => receive(platform, request, url),
    async act(received) {
      switch (received.endpoint) {
        case 'request':
          return proved(received, (key) => answerPushed(world, platform, received, key));
        case 'authorize':
          return answerConsent(world, platform, received);
        case 'token':
          return proved(received, (key) => answerTokenRequest(world, platform, received, key));
        case 'revoke':
          return proved(received, () => answerRevocation(world, platform, received));
        default:
          return answerApi(received);
      }
    },
    describe: (received) => describe(received),
    phaseOf,
    wouldRenew(token) {
      const presented = present(world.state, platform, token, 'refresh');
      return presented !== null && ['fresh', 'grace'].includes(judgeRefreshToken(presented, platform, now()));
    },
    asked: (url) => pushedFor(world, platform, url)?.scopes ?? [],
    instance: (person) => handleOf(world, platform, person),
    // Handles are asked of the network that is played, not of the real DNS.
    options: { handleResolver: platform.issuer },
  };
};

const accessTokenIn = ({ headers }: Received): string | null =>
  /^DPoP (.+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? null;

/** A token is worth nothing without the key to which it was bound (RFC 9449 section 7.1). */
const isGood = (presented: Presented | null, key: string, now: number): boolean =>
  presented !== null && isLive(presented, now) && presented.grant.bound?.key === key;

const describe: Play['describe'] = (received) => {
  const { endpoint, parameters } = received;
  const sent = ['code', 'refresh_token', 'token'].map((name) => parameters.get(name)).find((value) => value !== null);
  const presented = endpoint === 'authorize' ? null : (sent ?? accessTokenIn(received));
  const authenticates = endpoint === 'token' || endpoint === 'revoke' || endpoint === 'request';
  return {
    grantType: endpoint === 'token' ? parameters.get('grant_type') : null,
    tokenId: presented === null ? null : tokenId(presented),
    clientAuthentication: authenticates ? 'none' : null,
  };
};

const unauthorized = (error: string): Response =>
  Response.json(
    { error, message: 'The access token or its proof is not accepted' },
    { status: 401, headers: { 'www-authenticate': `DPoP error="${error}"`, 'cache-control': 'no-store' } },
  );

/** The account's own server: the fixture's answers in its name, and an echo to whatever is written. */
const answerFor = (world: World, platform: AtprotoPlatform, { grant }: Presented, received: Received): Response => {
  const account = byDid(world, platform, grant.subject);
  const known = received.method === 'GET' && account ? asAccount(world, platform, account, received.url) : null;
  if (known) return known;
  if (received.method !== 'GET') return echo(grant, received);
  return Response.json({ error: 'NotFound', message: 'The fixture holds no answer for this address' }, { status: 404 });
};

/** RFC 7009: a token that is not known counts as revoked. */
const answerRevocation = (world: World, platform: AtprotoPlatform, { parameters }: Received): Response => {
  if (!developmentClient(parameters)) return unknownClient();
  const presented = present(world.state, platform, parameters.get('token'), 'access', 'refresh');
  if (presented) revoke(world.state, platform, presented.grant, 'grant');
  world.state.save();
  return Response.json({});
};
