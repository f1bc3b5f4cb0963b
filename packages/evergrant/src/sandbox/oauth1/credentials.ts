import { randomBytes } from 'node:crypto';
import type { FixtureAnswer } from '../../providers/fixture.ts';
import { answer, refusal } from '../answers.ts';
import { issue } from '../grants.ts';
import { isLoopback } from '../origins.ts';
import { asSeenBy } from '../people.ts';
import type { World } from '../world.ts';
import { isOurs, tokenSecretOf } from './authentication.ts';
import type { OAuth1Platform, OAuth1Received } from './platform.ts';

const requestTokenLifetimeMs = 600_000;

/** Temporary credentials (RFC 5849 section 2.1). */
export const answerTokenRequest = (
  world: World,
  platform: OAuth1Platform,
  { method, signed }: OAuth1Received,
): Response => {
  if (method !== 'POST' || !signed || !isOurs(world, platform, signed, '')) return refusedApp(platform);
  const callback = signed.parameters.get('oauth_callback');
  if (!callback || !isLoopback(callback)) {
    const otherwise = { status: 403, error: 'invalid_callback', description: 'The callback is not on this computer.' };
    return refusal(platform, { phase: 'request', is: 'app-misconfigured', error: 'redirect_uri_mismatch' }, otherwise);
  }
  const now = world.clock.now();
  for (const [known, { expiresAt }] of world.requestTokens) if (expiresAt < now) world.requestTokens.delete(known);
  const [token, secret] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const expiresAt = now + requestTokenLifetimeMs;
  world.requestTokens.set(token, { platform: platform.id, secret, callback, allowed: null, expiresAt });
  return credentials(platform.fixture.requestToken!, { token, secret });
};

/** Token credentials (RFC 5849 section 2.3): once for each request token. */
export const answerExchange = (
  world: World,
  platform: OAuth1Platform,
  { method, signed }: OAuth1Received,
): Response => {
  const name = signed?.parameters.get('oauth_token') ?? '';
  const pending = world.requestTokens.get(name);
  if (method !== 'POST' || !signed) return refusedApp(platform);
  if (!pending || pending.platform !== platform.id || pending.expiresAt < world.clock.now()) return refused(platform);
  if (!isOurs(world, platform, signed, pending.secret)) return refusedApp(platform);
  const { allowed } = pending;
  if (!allowed || signed.parameters.get('oauth_verifier') !== allowed.verifier) return refused(platform);
  world.requestTokens.delete(name);
  world.state.grants.set(allowed.grant.id, allowed.grant);
  const token = issue(world.state, allowed.grant, 'access', world.clock.now(), null);
  world.state.save();
  const { fixture } = platform;
  const sample = Object.fromEntries(new URLSearchParams(String(fixture.exchange.body)));
  const facts = asSeenBy(platform, allowed.grant.person, world.base(), sample) as Record<string, string>;
  return credentials(fixture.exchange, { token, secret: tokenSecretOf(world, token) }, facts);
};

const credentials = (
  { status, headers, body }: FixtureAnswer,
  { token, secret }: { token: string; secret: string },
  facts: Record<string, string> = {},
): Response => {
  const form = new URLSearchParams(String(body));
  const members = { ...facts, oauth_token: token, oauth_token_secret: secret };
  for (const [name, value] of Object.entries(members)) form.set(name, value);
  return answer({ status, headers, text: form.toString(), type: 'application/x-www-form-urlencoded' });
};

const refusedApp = (platform: OAuth1Platform): Response =>
  refusal(
    platform,
    { phase: 'request', is: 'app-misconfigured', error: 'provider_app_credentials_invalid' },
    { status: 401, error: 'invalid_signature', description: 'The request is not signed as it must be.' },
  );

const refused = (platform: OAuth1Platform): Response =>
  refusal(
    platform,
    { phase: 'exchange', is: 'reconnect' },
    { status: 401, error: 'invalid_token', description: 'The request token or its verifier is wrong.' },
  );
