import { type Platform, samePlace, type TokenRequest } from './platform.ts';
import type { Endpoint } from './types.ts';

/** A request, sorted by what it wants of the platform. */
export interface Received {
  endpoint: Endpoint;
  method: string;
  /** As the platform's own URL. */
  url: URL;
  headers: Headers;
  body: string;
  /** Of the body where there is one, else of the query. */
  parameters: URLSearchParams;
  /** The kinds of token request that it may be; a platform may renew with the same request that upgrades. */
  tokenRequests: TokenRequest[];
}

/** Reads and sorts a request. `url` is the platform's own. */
export const receive = async (platform: Platform, request: Request, url: URL): Promise<Received> => {
  const body = request.method === 'GET' || request.method === 'HEAD' ? '' : await request.text();
  const endpoint = endpointOf(platform, request.method, url);
  // Some want the parameters in the query and a content type all the same.
  const inBody = body === '' ? null : parametersOf(request.headers.get('content-type'), body);
  const parameters = inBody ?? url.searchParams;
  const received = { endpoint, method: request.method, url, headers: request.headers, body, parameters };
  return { ...received, tokenRequests: endpoint === 'token' ? findTokenRequests(platform, received) : [] };
};

const endpointOf = (platform: Platform, method: string, url: URL): Endpoint => {
  const { authorizationEndpoint, tokenRequests, revocation, registration } = platform;
  if (registration && method === 'POST' && samePlace(registration.url, url)) return 'register';
  if (revocation && method === revocation.method && samePlace(revocation.url, url)) return 'revoke';
  if (samePlace(authorizationEndpoint, url)) return 'authorize';
  return tokenRequests.some((request) => samePlace(request.url, url)) ? 'token' : 'api';
};

const parametersOf = (contentType: string | null, body: string): URLSearchParams | null => {
  if (contentType?.startsWith('application/x-www-form-urlencoded')) return new URLSearchParams(body);
  if (!contentType?.startsWith('application/json')) return null;
  const parsed = parseJson(body);
  const members = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  return new URLSearchParams(Object.fromEntries(members.map(([name, value]) => [name, String(value)])));
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const findTokenRequests = (platform: Platform, received: Omit<Received, 'tokenRequests'>): TokenRequest[] =>
  platform.tokenRequests.filter(
    (known) =>
      samePlace(known.url, received.url) &&
      known.method === received.method &&
      isEncodedAs(known.encoding, received) &&
      received.parameters.has(known.credentialParameter) &&
      (known.grantType === null || received.parameters.get('grant_type') === known.grantType),
  );

const isEncodedAs = (
  encoding: TokenRequest['encoding'],
  { headers, body }: Pick<Received, 'headers' | 'body'>,
): boolean => {
  const contentType = headers.get('content-type') ?? '';
  if (encoding === 'query') return body === '';
  return contentType.startsWith(encoding === 'json' ? 'application/json' : 'application/x-www-form-urlencoded');
};
