import { randomBytes } from 'node:crypto';
import { newGrant } from '../grants.ts';
import { consentPage, faultPage } from '../pages/consent.ts';
import { defaultPerson, subjectOf } from '../people.ts';
import { offeredAccounts } from '../platform.ts';
import type { RequestToken, World } from '../world.ts';
import type { OAuth1Platform, OAuth1Received } from './platform.ts';

/** What a fixture calls the request token. */
const sampleToken = 'SAMPLE_REQUEST_TOKEN';

/** Shows the consent page, or does what the person decided on it (RFC 5849 section 2.2). */
export const answerConsent = (world: World, platform: OAuth1Platform, received: OAuth1Received): Response => {
  const token = received.url.searchParams.get('oauth_token') ?? '';
  const pending = world.requestTokens.get(token);
  if (!pending || pending.platform !== platform.id || pending.expiresAt < world.clock.now()) {
    return faultPage(platform, 401, 'This request token is unknown, used or too old.');
  }
  if (received.method === 'GET') return consentPage(platform, { redirectUri: pending.callback, scopes: [] });
  if (received.method !== 'POST') {
    return faultPage(platform, 405, 'This page is opened or its form is sent; nothing else.');
  }
  const site = received.headers.get('sec-fetch-site');
  if (site && site !== 'same-origin') {
    return faultPage(platform, 403, 'The decision came from another page than this one.');
  }
  return decide(world, platform, token, pending, received.parameters);
};

const decide = (
  world: World,
  platform: OAuth1Platform,
  token: string,
  pending: RequestToken,
  form: URLSearchParams,
): Response => {
  if (form.get('decision') !== 'allow') {
    world.requestTokens.delete(token);
    return goTo(pending.callback, platform.fixture.callback.denied, token);
  }
  const person = form.get('name')?.trim().slice(0, 60) || form.get('person') || defaultPerson;
  const kept = form.getAll('account');
  const withheld = offeredAccounts(platform).flatMap(({ id }) => (kept.includes(id) ? [] : [id]));
  const subject = subjectOf(platform, person);
  const about = { platform: platform.id, person, subject, requested: [], scopes: [], withheld };
  const verifier = randomBytes(16).toString('hex');
  pending.allowed = { grant: newGrant(about, world.clock.now()), verifier };
  return goTo(pending.callback, { oauth_token: sampleToken, oauth_verifier: verifier }, token);
};

const goTo = (callback: string, parameters: Record<string, string>, token: string): Response => {
  const url = new URL(callback);
  for (const [name, value] of Object.entries(parameters)) {
    url.searchParams.append(name, value === sampleToken ? token : value);
  }
  return new Response(null, { status: 303, headers: { location: url.href, 'cache-control': 'no-store' } });
};
