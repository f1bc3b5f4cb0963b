/**
 * AT Protocol OAuth: OAuth 2.1 with pushed requests (RFC 9126), proofs of possession (RFC 9449) and an authorization
 * server that is found from a handle or a DID. Every server but the directory is a stranger's.
 *
 * @see https://atproto.com/specs/oauth
 * @module
 */
import { Resolver } from 'node:dns/promises';
import { reroute } from '../../egress/origins.ts';
import type { Egress } from '../../egress/types.ts';
import { EvergrantError, isEvergrantError } from '../../errors/index.ts';
import type { AtprotoProtocol } from '../../providers/define.ts';
import type { Clock } from '../../telemetry/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { classify } from '../errors.ts';
import { badResponse, errorOf } from '../failure.ts';
import { createValidateCallback } from '../oauth2/callback.ts';
import { rawAnswer } from '../transport.ts';
import type { Protocol } from '../types.ts';
import { createAuthorize } from './authorize.ts';
import { documentsOf } from './client.ts';
import { createProofs } from './dpop.ts';
import type { ResolveTxt } from './identity.ts';
import { type AtprotoApp, createNetwork, reachable, unavailable } from './network.ts';
import { createPost } from './post.ts';
import { asOAuth2, createReadTokens } from './read.ts';
import { type AuthorizationServer, createServers } from './servers.ts';
import { createSessions } from './sessions.ts';

export { clientOf } from './client.ts';
export { newKey } from './jwt.ts';

export interface AtprotoTools {
  clock: Clock;
  logger: Logger;
  /** The key with which this installation authenticates for a provider, as JSON Web Key: made once, kept sealed. */
  clientKey: (provider: string) => Promise<string>;
  /** Default: the system's DNS servers, with a short patience. */
  resolveTxt?: ResolveTxt;
}

/** What the grant keeps beside its tokens. */
interface Session {
  issuer: string;
  /** Private, as JSON Web Key. */
  proofKey: string;
  did?: string;
  handle?: string;
}

const sessionOf = (app: AtprotoApp, { issuer, proofKey, did, handle }: Record<string, string> = {}): Session => {
  if (issuer && proofKey) {
    return { issuer, proofKey, ...(did ? { did } : {}), ...(handle ? { handle } : {}) };
  }
  throw new EvergrantError('internal', { provider: app.provider, detail: 'The grant has lost its proof key.' });
};

/** @returns the protocol; what it remembers (metadata, nonces) is its own */
export const createAtproto = (egress: Egress, tools: AtprotoTools): Protocol<AtprotoProtocol> => {
  const { clock, logger, clientKey } = tools;
  const dns = new Resolver({ timeout: 1500, tries: 2 });
  const network = createNetwork(egress);
  const servers = createServers(network, clock);
  const sessions = createSessions(network, servers, tools.resolveTxt ?? ((name) => dns.resolveTxt(name)));
  const proofs = createProofs(clock);
  const post = createPost(egress, proofs, clock, clientKey);
  // The profile demands `iss` in every answer.
  const validateCallback = createValidateCallback(async () => ({ issParameterSupported: true }), logger);

  /** A server that was one when the grant was made. */
  const known = (app: AtprotoApp, issuer: string): Promise<AuthorizationServer> =>
    servers.describe(app, issuer).catch((error: unknown) => {
      throw isEvergrantError(error, 'instance_not_found') ? badResponse(app, { detail: error.detail }) : error;
    });

  /**
   * Whether the server may still speak for the account, and where that lives now. Asked before the refresh token is
   * spent; while the network cannot say, the server is believed as it was.
   */
  const whereNow = async (app: AtprotoApp, issuer: string, did: string): Promise<Record<string, string>> => {
    const now = await sessions.locate(app, did).catch((error: unknown) => {
      if (!isEvergrantError(error)) throw error;
      logger.debug({ provider: app.provider, error_code: error.code }, 'an account could not be looked up');
      return null;
    });
    if (now === null) return {};
    if (now.issuer === issuer) return { pds: now.pds };
    throw new EvergrantError('reauth_required', {
      provider: app.provider,
      detail: 'The account has moved to another server, which must sign the person in anew',
    });
  };

  return {
    authorize: createAuthorize({ sessions, servers, post }),

    carry: () => ({}),

    async checkCallback(app, input) {
      await validateCallback(asOAuth2(app, sessionOf(app, input.secrets.carried).issuer), input);
    },

    async sendExchange(app, input) {
      const { issuer, proofKey, did, handle } = sessionOf(app, input.secrets.carried);
      const parameters = await validateCallback(asOAuth2(app, issuer), input);
      const server = await known(app, issuer);
      const answer = await post(app, {
        server,
        endpoint: server.tokenEndpoint,
        proofKey,
        parameters: {
          grant_type: 'authorization_code',
          code: parameters.get('code')!,
          redirect_uri: input.redirectUri,
          code_verifier: input.secrets.verifier!,
        },
      });
      return { ...rawAnswer(answer), facts: { issuer, ...(did ? { did } : {}), ...(handle ? { handle } : {}) } };
    },

    sendUpgrade: async () => null,

    async sendRenewal(app, { refreshToken, extra }, beforeSend) {
      const { issuer, proofKey, did = '' } = sessionOf(app, extra);
      if (!refreshToken) throw new EvergrantError('token_expired_not_renewable', { provider: app.provider });
      const place = await whereNow(app, issuer, did);
      const server = await known(app, issuer);
      const answer = await post(app, {
        server,
        endpoint: server.tokenEndpoint,
        proofKey,
        parameters: { grant_type: 'refresh_token', refresh_token: refreshToken },
        beforeSend,
      });
      return { ...rawAnswer(answer), facts: { did, ...place } };
    },

    read: createReadTokens(sessions, clock),

    async revoke(app, { accessToken, refreshToken, extra }) {
      const { issuer, proofKey } = sessionOf(app, extra);
      const token = refreshToken ?? accessToken;
      const server = await known(app, issuer);
      if (!server.revocationEndpoint || !token) return 'unsupported';
      const posted = { server, endpoint: server.revocationEndpoint, proofKey, parameters: { token } };
      const answer = await post(app, posted).catch((error: unknown) => {
        throw unavailable(app, error);
      });
      const failure = classify(app.definition, 'revoke', answer, clock.now());
      if (failure && failure.class !== 'reconnect') throw errorOf(app, failure, answer.status);
      return 'revoked';
    },

    async sign(app, { accessToken, extra }, { method, url, nonce }) {
      const { proofKey } = sessionOf(app, extra);
      return {
        url,
        headers: {
          authorization: `DPoP ${accessToken}`,
          dpop: proofs.prove({ key: proofKey, method, url, accessToken, nonce }),
        },
        trustedOrigins: reachable(app, reroute(url, app.origins)),
      };
    },

    heard: (_app, url, answer) => proofs.heard(url, answer),

    documents: (app) => documentsOf(app, () => clientKey(app.provider)),
  };
};
