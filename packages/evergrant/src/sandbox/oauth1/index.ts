import { revoke } from '../grants.ts';
import type { Play } from '../play.ts';
import { answerFor, unauthorized } from '../resources.ts';
import { tokenId } from '../tokens.ts';
import type { World } from '../world.ts';
import { presentedBy } from './authentication.ts';
import { answerConsent } from './consent.ts';
import { answerExchange, answerTokenRequest } from './credentials.ts';
import { type OAuth1Platform, type OAuth1Received, receive } from './platform.ts';

export { createOAuth1Platform } from './platform.ts';

/** Plays it: request token, consent, access token, signed calls (RFC 5849 sections 2 and 3.2). */
export const playOAuth1 = (world: World, platform: OAuth1Platform): Play<OAuth1Received> => ({
  platform,
  receive: (request, url) => receive(platform, request, url),
  act: async (request) => {
    switch (request.endpoint) {
      case 'request':
        return answerTokenRequest(world, platform, request);
      case 'authorize':
        return answerConsent(world, platform, request);
      case 'token':
        return answerExchange(world, platform, request);
      case 'revoke':
        return answerRevocation(world, platform, request);
      default: {
        const presented = presentedBy(world, platform, request);
        return presented ? answerFor(world, platform, presented, request) : unauthorized(platform);
      }
    }
  },
  describe: ({ endpoint, parameters }) => {
    const token = endpoint === 'authorize' ? null : parameters.get('oauth_token');
    return { grantType: null, tokenId: token === null ? null : tokenId(token), clientAuthentication: null };
  },
  phaseOf: ({ endpoint }) => (endpoint === 'token' ? 'exchange' : null),
  wouldRenew: () => false,
  // Scopes are a setting of the app.
  asked: () => [],
  instance: () => null,
});

const answerRevocation = (world: World, platform: OAuth1Platform, received: OAuth1Received): Response => {
  const presented = presentedBy(world, platform, received);
  if (!presented) return unauthorized(platform);
  revoke(world.state, platform, presented.grant, platform.definition.revocationEnds === 'token' ? 'grant' : 'person');
  world.state.save();
  return Response.json({ access_token: received.parameters.get('oauth_token') });
};
