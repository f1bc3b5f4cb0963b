import { newGrant } from '../grants.ts';
import { consentPage, faultPage } from '../pages/consent.ts';
import { defaultPerson, grantedOf } from '../people.ts';
import type { Received } from '../received.ts';
import { writeToken } from '../tokens.ts';
import type { PushedRequest, World } from '../world.ts';
import { type AtprotoAccount, byDid, byHandle, byPerson } from './accounts.ts';
import type { AtprotoPlatform } from './platform.ts';

/** The pushed request that an authorization URL refers to (RFC 9126 section 4); null: there is none any more. */
export const pushedFor = (world: World, platform: AtprotoPlatform, { searchParams }: URL): PushedRequest | null => {
  const pushed = world.pushed.get(searchParams.get('request_uri') ?? '');
  if (!pushed || pushed.platform !== platform.id || pushed.expiresAt < world.clock.now()) return null;
  return pushed.clientId === searchParams.get('client_id') ? pushed : null;
};

/** Shows the consent page, or does what the person decided on it. */
export const answerConsent = (world: World, platform: AtprotoPlatform, received: Received): Response => {
  const pushed = pushedFor(world, platform, received.url);
  if (!pushed) return faultPage(platform, 400, 'This request was not pushed, or is used or too old.');
  const account = hinted(world, platform, pushed);
  if (received.method === 'GET') return consentPage(platform, { ...pushed, signedInAs: account?.handle });
  if (received.method !== 'POST') {
    return faultPage(platform, 405, 'This page is opened or its form is sent; nothing else.');
  }
  const site = received.headers.get('sec-fetch-site');
  if (site && site !== 'same-origin') {
    return faultPage(platform, 403, 'The decision came from another page than this one.');
  }
  world.pushed.delete(received.url.searchParams.get('request_uri')!);
  return decide(world, platform, pushed, account, received.parameters);
};

/** The account that the application named. */
const hinted = (world: World, platform: AtprotoPlatform, { loginHint }: PushedRequest): AtprotoAccount | null =>
  loginHint === null ? null : (byDid(world, platform, loginHint) ?? byHandle(world, platform, loginHint));

const decide = (
  world: World,
  platform: AtprotoPlatform,
  pushed: PushedRequest,
  named: AtprotoAccount | null,
  form: URLSearchParams,
): Response => {
  const { redirectUri, state, scopes, challenge, clientId, key } = pushed;
  const { callback } = platform.fixture;
  const returned = { iss: platform.issuer, state: state ?? undefined };
  if (form.get('decision') !== 'allow') return goTo(redirectUri, { ...callback.denied, ...returned });
  const typed = form.get('name')?.trim().slice(0, 60);
  const person = typed || form.get('person') || defaultPerson;
  const account = typed || !named ? byPerson(world, platform, person) : named;
  const now = world.clock.now();
  const grant = newGrant(
    {
      platform: platform.id,
      person: account.name,
      subject: account.did,
      requested: scopes,
      scopes: grantedOf(platform, scopes, form),
      withheld: [],
      bound: { clientId, key },
    },
    now,
  );
  const expiresAt = now + platform.behaviour.codeSeconds * 1000;
  world.codes.set(grant.id, { grant, redirectUri, challenge, exchanged: false, expiresAt });
  const facts = { kind: 'code', platform: platform.id, grant: grant.id, number: 0, expiresAt } as const;
  return goTo(redirectUri, { code: writeToken(world.state.key, facts), ...callback.granted, ...returned });
};

const goTo = (redirectUri: string, parameters: Record<string, string | undefined>): Response => {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return new Response(null, { status: 303, headers: { location: url.href, 'cache-control': 'no-store' } });
};
