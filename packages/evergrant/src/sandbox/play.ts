import { answerRegistration } from './apps.ts';
import { answerAuthorization } from './authorize.ts';
import { presentedClient } from './client-authentication.ts';
import { wouldRenew } from './grants.ts';
import { playedInstance } from './origins.ts';
import type { Platform, PlayedPlatform, TokenRequest } from './platform.ts';
import { type Received, receive } from './received.ts';
import { answerApiRequest, answerRevocation, presentedAccessToken } from './resources.ts';
import { answerTokenRequest, chosenTokenRequest } from './token-endpoint.ts';
import { tokenId } from './tokens.ts';
import type { LoggedRequest } from './types.ts';
import type { World } from './world.ts';

/** How a platform is played: one for each protocol. */
export interface Play<R extends Received = Received> {
  platform: PlayedPlatform;
  /** Reads and sorts a request. `url` is the platform's own. */
  receive(request: Request, url: URL): Promise<R>;
  /** Does what was asked for. */
  act(received: R): Promise<Response>;
  /** What the log says of a request beside time, place and outcome. */
  describe(received: R): Pick<LoggedRequest, 'grantType' | 'tokenId' | 'clientAuthentication'>;
  /** What is asked of the token endpoint; null: it is not asked, or nothing that it knows. */
  phaseOf(received: R): TokenRequest['phase'] | null;
  /** Whether a renewal with this token would succeed now. */
  wouldRenew(token: string): boolean;
  /** The scopes that are asked for at an authorization URL. */
  asked(url: URL): string[];
  /** What a person names where the platform has many instances; null: it has one. */
  instance: (person?: string) => string | null;
  /** Options of the definition that hold in the sandbox only. */
  options?: Record<string, string>;
}

/** A platform that speaks OAuth 2.0. */
export const playOAuth2 = (world: World, platform: Platform): Play => ({
  platform,
  receive: (request, url) => receive(platform, request, url),
  act: async (received) => {
    switch (received.endpoint) {
      case 'register':
        return answerRegistration(world, platform, received);
      case 'authorize':
        return answerAuthorization(world, platform, received);
      case 'token':
        return answerTokenRequest(world, platform, received);
      case 'revoke':
        return answerRevocation(world, platform, received);
      default:
        return answerApiRequest(world, platform, received);
    }
  },
  describe: (received) => describe(platform, received),
  phaseOf: (received) => chosenTokenRequest(world, platform, received)?.phase ?? null,
  wouldRenew: (token) => wouldRenew(world.state, platform, token, world.clock.now()),
  asked(url) {
    const { parameter = 'scope', separator = ' ' } = platform.definition.scopes;
    return (url.searchParams.get(parameter) ?? '').split(separator);
  },
  instance: () => (platform.definition.instance ? playedInstance(platform.definition) : null),
});

const describe: (platform: Platform, received: Received) => ReturnType<Play['describe']> = (platform, received) => {
  const { endpoint, headers, parameters, tokenRequests } = received;
  const credential = tokenRequests[0] ? parameters.get(tokenRequests[0].credentialParameter) : null;
  const revoked = endpoint === 'revoke' ? parameters.get(platform.revocation!.tokenParameter) : null;
  const presented =
    endpoint === 'authorize' ? null : (credential ?? revoked ?? presentedAccessToken(platform, received));
  const names = endpoint === 'token' || endpoint === 'revoke';
  return {
    grantType: endpoint === 'token' ? parameters.get('grant_type') : null,
    tokenId: presented === null ? null : tokenId(presented),
    clientAuthentication: names ? (presentedClient(platform, headers, parameters)?.method ?? null) : null,
  };
};
