import { findApp } from './apps.ts';
import { newGrant } from './grants.ts';
import { isLoopback } from './origins.ts';
import { consentPage, faultPage } from './pages/consent.ts';
import { defaultPerson, grantedOf, subjectOf } from './people.ts';
import { offeredAccounts, type Platform } from './platform.ts';
import type { Received } from './received.ts';
import { writeToken } from './tokens.ts';
import type { World } from './world.ts';

/** A sound authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3). */
interface AuthorizationRequest {
  redirectUri: string;
  state: string | null;
  scopes: string[];
  challenge: string | null;
}

type Checked =
  | { kind: 'sound'; request: AuthorizationRequest }
  /** Shown to the person, who is not sent back: nobody knows where to. */
  | { kind: 'shown'; status: number; what: string }
  /** Sent back to the application. */
  | { kind: 'returned'; redirectUri: string; parameters: Record<string, string | undefined> };

/** How long a replay of a code is noticed after the code has run out. */
const rememberCodesMs = 600_000;

/** Shows the consent page, or does what the person decided on it. */
export const answerAuthorization = async (world: World, platform: Platform, received: Received): Promise<Response> => {
  const checked = check(world, platform, received.url.searchParams);
  if (checked.kind === 'shown') return faultPage(platform, checked.status, checked.what);
  if (checked.kind === 'returned') return goTo(checked.redirectUri, checked.parameters);
  if (received.method === 'GET') return consentPage(platform, checked.request);
  if (received.method !== 'POST')
    return faultPage(platform, 405, 'This page is opened or its form is sent; nothing else.');
  const site = received.headers.get('sec-fetch-site');
  if (site && site !== 'same-origin')
    return faultPage(platform, 403, 'The decision came from another page than this one.');
  return decide(world, platform, checked.request, received.parameters);
};

const check = (world: World, platform: Platform, parameters: URLSearchParams): Checked => {
  const { protocol, scopes } = platform.definition;
  const { authorizationClientIdParameter, clientIdParameter = 'client_id', pkce = 'S256', stateMaxLength } = protocol;
  const shown = (status: number, what: string): Checked => ({ kind: 'shown', status, what });
  const repeated = [...new Set(parameters.keys())].find((name) => parameters.getAll(name).length > 1);
  if (repeated) return shown(400, `The parameter ${repeated} is there twice.`);
  const app = findApp(world, platform, parameters.get(authorizationClientIdParameter ?? clientIdParameter));
  if (!app) {
    return shown(401, `No app with this client id is registered. The sandbox has one: ${platform.client.clientId}.`);
  }
  const redirectUri = parameters.get('redirect_uri');
  if (!redirectUri || !isLoopback(redirectUri))
    return shown(400, 'The redirect URI is missing or not on this computer.');
  if (app.registered && redirectUri !== app.registered.redirectUri)
    return shown(400, 'The redirect URI is not the one that was registered.');
  const state = parameters.get('state');
  const refuse = (error: string, description: string): Checked => ({
    kind: 'returned',
    redirectUri,
    parameters: { error, error_description: description, state: state ?? undefined },
  });
  if (parameters.get('response_type') !== 'code')
    return refuse('unsupported_response_type', 'Only the code flow is known.');
  if (stateMaxLength && state && state.length > stateMaxLength) return refuse('invalid_request', 'state is too long.');
  const challenge = pkce === 'none' ? null : parameters.get('code_challenge');
  if (pkce !== 'none' && (!challenge || parameters.get('code_challenge_method') !== 'S256')) {
    return refuse('invalid_request', 'A code challenge with method S256 is required.');
  }
  const asked = (parameters.get(scopes.parameter ?? 'scope') ?? '').split(scopes.separator ?? ' ').filter(Boolean);
  if (asked.length === 0) return refuse('invalid_scope', 'No scope was asked for.');
  if (app.registered && asked.some((scope) => !app.registered!.scopes.includes(scope)))
    return refuse('invalid_scope', 'The app is not registered for this scope.');
  return { kind: 'sound', request: { redirectUri, state, scopes: [...new Set(asked)], challenge } };
};

const decide = (world: World, platform: Platform, request: AuthorizationRequest, form: URLSearchParams): Response => {
  const { redirectUri, state, scopes, challenge } = request;
  const returned = { state: state ?? undefined };
  const { callback } = platform.fixture;
  if (form.get('decision') !== 'allow') {
    return goTo(redirectUri, { ...callback.denied, ...(callback.deniedWithoutState ? {} : returned) });
  }
  const person = form.get('name')?.trim().slice(0, 60) || form.get('person') || defaultPerson;
  const kept = form.getAll('account');
  const now = world.clock.now();
  const grant = newGrant(
    {
      platform: platform.id,
      person,
      subject: subjectOf(platform, person),
      requested: scopes,
      scopes: grantedOf(platform, scopes, form),
      withheld: offeredAccounts(platform)
        .map(({ id }) => id)
        .filter((id) => !kept.includes(id)),
    },
    now,
  );
  for (const [id, code] of world.codes) if (code.expiresAt + rememberCodesMs < now) world.codes.delete(id);
  const expiresAt = now + platform.behaviour.codeSeconds * 1000;
  world.codes.set(grant.id, { grant, redirectUri, challenge, exchanged: false, expiresAt });
  const code = writeToken(world.state.key, {
    kind: 'code',
    platform: platform.id,
    grant: grant.id,
    number: 0,
    expiresAt,
  });
  const extra = { ...callback.granted, ...(callback.granted?.['scope'] ? { scope: grant.scopes.join(' ') } : {}) };
  return goTo(redirectUri, { code, ...extra, ...returned });
};

const goTo = (redirectUri: string, parameters: Record<string, string | undefined>): Response => {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.append(name, value);
  return new Response(null, { status: 303, headers: { location: url.href, 'cache-control': 'no-store' } });
};
