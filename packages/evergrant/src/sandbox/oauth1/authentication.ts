import { createHmac } from 'node:crypto';
import { isLive, type Presented, present } from '../grants.ts';
import type { World } from '../world.ts';
import type { OAuth1Platform, OAuth1Received } from './platform.ts';
import type { SignedRequest } from './verify.ts';

/** The secret of an access token is drawn from the token, so that nothing more need be remembered. */
export const tokenSecretOf = ({ state }: World, token: string): string =>
  createHmac('sha256', state.key).update(`secret of ${token}`).digest('base64url');

/** Whose token signed the request; null: nobody's that is alive, or not rightly. */
export const presentedBy = (world: World, platform: OAuth1Platform, { signed }: OAuth1Received): Presented | null => {
  const token = signed?.parameters.get('oauth_token') ?? null;
  const presented = present(world.state, platform, token, 'access');
  if (!signed || token === null || !presented || !isLive(presented, world.clock.now())) return null;
  return isOurs(world, platform, signed, tokenSecretOf(world, token)) ? presented : null;
};

/** How far the clocks of client and server may be apart, in seconds. */
const clockTolerance = 300;

/** Whether our app signed it, now, and for the first time (RFC 5849 sections 3.2 and 3.3). */
export const isOurs = (
  world: World,
  { id, client }: OAuth1Platform,
  signed: SignedRequest,
  tokenSecret: string,
): boolean => {
  const now = world.clock.now();
  const [clientId, nonce, timestamp] = ['oauth_consumer_key', 'oauth_nonce', 'oauth_timestamp'].map((name) =>
    signed.parameters.get(name),
  );
  const isInTime = Math.abs(now / 1000 - Number(timestamp)) <= clockTolerance;
  if (clientId !== client.clientId || !nonce || !isInTime) return false;
  if (!signed.isSignedWith(client.clientSecret, tokenSecret)) return false;
  for (const [known, until] of world.nonces) if (until < now) world.nonces.delete(known);
  const used = [id, signed.parameters.get('oauth_token'), timestamp, nonce].join(' ');
  if (world.nonces.has(used)) return false;
  world.nonces.set(used, now + 2 * clockTolerance * 1000);
  return true;
};
