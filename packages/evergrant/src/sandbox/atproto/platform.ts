import { z } from 'zod';
import type { AtprotoProtocol, ProviderDefinition } from '../../providers/define.ts';
import { createPlayedPlatform, type PlayedPlatform, samePlace, unplayable } from '../platform.ts';
import type { Received } from '../received.ts';
import type { Endpoint, Lifetimes, SandboxPlatform } from '../types.ts';

/** A simulated network of AT Protocol: one directory, one authorization server, one server of accounts. */
export interface AtprotoPlatform extends PlayedPlatform {
  definition: ProviderDefinition<AtprotoProtocol>;
  /** Origin of the authorization server. */
  issuer: string;
  endpoints: { endpoint: Exclude<Endpoint, 'api'>; url: URL }[];
  /** The domain under which every handle of this network lies. */
  domain: string;
}

const metadataSchema = z.looseObject({
  issuer: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  pushed_authorization_request_endpoint: z.url(),
  revocation_endpoint: z.url(),
});

/** @throws EvergrantError `definition_invalid` when its fixture does not say enough */
export const createAtprotoPlatform = (
  source: SandboxPlatform<ProviderDefinition<AtprotoProtocol>>,
  lifetimes: Lifetimes,
): AtprotoPlatform => {
  const { definition, fixture } = source;
  const document = Object.entries(fixture.get).find(([url]) => url.endsWith('/.well-known/oauth-authorization-server'));
  const metadata = metadataSchema.safeParse(document?.[1]).data;
  const { instance, pushed, refresh } = fixture;
  if (!metadata || !instance?.includes('.') || !pushed || !refresh) {
    throw unplayable(definition, 'its fixture lacks the metadata of a server, a handle, a pushed request or a renewal');
  }
  const declared = [
    ['request', metadata.pushed_authorization_request_endpoint],
    ['authorize', metadata.authorization_endpoint],
    ['token', metadata.token_endpoint],
    ['revoke', metadata.revocation_endpoint],
  ] as const;
  return {
    ...createPlayedPlatform(source, lifetimes),
    definition,
    issuer: metadata.issuer,
    endpoints: declared.map(([endpoint, url]) => ({ endpoint, url: new URL(url) })),
    domain: instance.slice(instance.indexOf('.') + 1),
  };
};

/** Reads and sorts a request. `url` is the platform's own. */
export const receive = async (platform: AtprotoPlatform, request: Request, url: URL): Promise<Received> => {
  const { method, headers } = request;
  const body = method === 'GET' || method === 'HEAD' ? '' : await request.text();
  const isForm = headers.get('content-type')?.startsWith('application/x-www-form-urlencoded');
  const endpoint = platform.endpoints.find((known) => samePlace(known.url, url))?.endpoint ?? 'api';
  const parameters = isForm ? new URLSearchParams(body) : url.searchParams;
  return { endpoint, method, url, headers, body, parameters, tokenRequests: [] };
};
