import type { OAuth1Protocol, ProviderDefinition } from '../../providers/define.ts';
import { fill } from '../origins.ts';
import { createPlayedPlatform, type PlayedPlatform, samePlace, unplayable } from '../platform.ts';
import type { Received } from '../received.ts';
import type { Endpoint, Lifetimes, SandboxPlatform } from '../types.ts';
import { readSigned, type SignedRequest } from './verify.ts';

/** A simulated platform that speaks OAuth 1.0a. */
export interface OAuth1Platform extends PlayedPlatform {
  definition: ProviderDefinition<OAuth1Protocol>;
  endpoints: { endpoint: Exclude<Endpoint, 'api'>; url: URL }[];
}

/** A request with its signature; null: it is not signed. */
export interface OAuth1Received extends Received {
  signed: SignedRequest | null;
}

/** @throws EvergrantError `definition_invalid` when it cannot be played */
export const createOAuth1Platform = (
  source: SandboxPlatform<ProviderDefinition<OAuth1Protocol>>,
  lifetimes: Lifetimes,
): OAuth1Platform => {
  const { definition, fixture } = source;
  if (!fixture.requestToken) throw unplayable(definition, 'its fixture holds no request token');
  const { requestTokenEndpoint, authorizationEndpoint, accessTokenEndpoint, revocationEndpoint } = definition.protocol;
  const declared = [
    ['request', requestTokenEndpoint],
    ['authorize', authorizationEndpoint],
    ['token', accessTokenEndpoint],
    ['revoke', revocationEndpoint],
  ] as const;
  return {
    ...createPlayedPlatform(source, lifetimes),
    definition,
    endpoints: declared.flatMap(([endpoint, url]) =>
      url === undefined ? [] : [{ endpoint, url: new URL(fill(url, definition)) }],
    ),
  };
};

/** Reads and sorts a request. `url` is the platform's own. */
export const receive = async (platform: OAuth1Platform, request: Request, url: URL): Promise<OAuth1Received> => {
  const { method, headers } = request;
  const body = method === 'GET' || method === 'HEAD' ? '' : await request.text();
  const isForm = headers.get('content-type')?.startsWith('application/x-www-form-urlencoded');
  const form = isForm ? body : '';
  const signedAt = (address: URL) =>
    readSigned({ method, url: address, authorization: headers.get('authorization'), form });
  // Evergrant signs the platform's own address; any other client signs the one that it sends to.
  const [own, here] = [signedAt(url), signedAt(new URL(request.url))];
  const signed: SignedRequest | null = own && {
    ...own,
    isSignedWith: (...secrets) => own.isSignedWith(...secrets) || here!.isSignedWith(...secrets),
  };
  const endpoint = platform.endpoints.find((known) => samePlace(known.url, url))?.endpoint ?? 'api';
  const plain = new URLSearchParams(isForm ? body : url.searchParams);
  return { endpoint, method, url, headers, body, parameters: signed?.parameters ?? plain, tokenRequests: [], signed };
};
