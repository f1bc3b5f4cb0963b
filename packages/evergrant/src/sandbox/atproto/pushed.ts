import { randomBytes } from 'node:crypto';
import { answer, oauthError } from '../answers.ts';
import { isLoopback } from '../origins.ts';
import type { Received } from '../received.ts';
import type { PushedRequest, World } from '../world.ts';
import type { AtprotoPlatform } from './platform.ts';

const pushedLifetimeMs = 300_000;

/** The client for development (atproto.com/specs/oauth, "Localhost Client Development"); null: it is none. */
export const developmentClient = (
  form: URLSearchParams,
): { id: string; redirectUris: string[]; scopes: string[] } | null => {
  const id = form.get('client_id') ?? '';
  const url = URL.parse(id);
  if (url?.protocol !== 'http:' || url.host !== 'localhost' || url.pathname !== '/') return null;
  if (form.has('client_assertion')) return null;
  const redirectUris = url.searchParams.getAll('redirect_uri').filter(isLoopback);
  return { id, redirectUris, scopes: (url.searchParams.get('scope') ?? 'atproto').split(' ') };
};

/** A server cannot read the document of another client than these without leaving the computer. */
export const unknownClient = (): Response =>
  oauthError(400, 'invalid_client', 'The simulated server knows clients for development only: http://localhost?….');

/** Takes a pushed authorization request (RFC 9126 section 2). */
export const answerPushed = (
  world: World,
  platform: AtprotoPlatform,
  { parameters }: Received,
  key: string,
): Response => {
  const client = developmentClient(parameters);
  if (!client) return unknownClient();
  const fault = faultIn(parameters, client);
  if (fault) return oauthError(400, ...fault);
  const now = world.clock.now();
  for (const [uri, { expiresAt }] of world.pushed) if (expiresAt < now) world.pushed.delete(uri);
  const requestUri = `urn:ietf:params:oauth:request_uri:req-${randomBytes(16).toString('hex')}`;
  world.pushed.set(requestUri, pushedOf(platform, client.id, key, parameters, now));
  const { status, body } = platform.fixture.pushed!;
  const text = JSON.stringify({ ...(body as object), request_uri: requestUri });
  return answer({ status, text, type: 'application/json' });
};

const pushedOf = (
  { id: platform }: AtprotoPlatform,
  clientId: string,
  key: string,
  parameters: URLSearchParams,
  now: number,
): PushedRequest => ({
  platform,
  clientId,
  key,
  redirectUri: parameters.get('redirect_uri')!,
  state: parameters.get('state'),
  scopes: [...new Set(parameters.get('scope')!.split(' '))],
  challenge: parameters.get('code_challenge')!,
  loginHint: parameters.get('login_hint'),
  expiresAt: now + pushedLifetimeMs,
});

const faultIn = (
  parameters: URLSearchParams,
  { redirectUris, scopes }: { redirectUris: string[]; scopes: string[] },
): [error: string, description: string] | null => {
  const repeated = [...new Set(parameters.keys())].find((name) => parameters.getAll(name).length > 1);
  if (repeated) return ['invalid_request', `The parameter ${repeated} is there twice`];
  if (parameters.get('response_type') !== 'code') return ['unsupported_response_type', 'Only the code flow is known'];
  if (!redirectUris.includes(parameters.get('redirect_uri') ?? ''))
    return ['invalid_redirect_uri', 'Invalid redirect_uri'];
  if (!parameters.get('code_challenge') || parameters.get('code_challenge_method') !== 'S256') {
    return ['invalid_request', 'A code challenge with method S256 is required'];
  }
  const asked = (parameters.get('scope') ?? '').split(' ');
  if (!asked.includes('atproto')) return ['invalid_scope', 'The scope atproto is missing'];
  const undeclared = asked.find((scope) => !scopes.includes(scope));
  return undeclared === undefined ? null : ['invalid_scope', `Scope "${undeclared}" is not declared`];
};
