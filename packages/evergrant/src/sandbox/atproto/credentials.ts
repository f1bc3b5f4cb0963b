import { hash } from 'node:crypto';
import { answer, oauthError } from '../answers.ts';
import { issue, judgeRefreshToken, present, revoke, rotate } from '../grants.ts';
import type { Received } from '../received.ts';
import type { Grant } from '../state.ts';
import { readToken } from '../tokens.ts';
import type { World } from '../world.ts';
import type { AtprotoPlatform } from './platform.ts';
import { developmentClient, unknownClient } from './pushed.ts';

type Phase = 'exchange' | 'refresh';

/** What a token request of this server is for; null: nothing that it knows. */
export const phaseOf = ({ endpoint, parameters }: Received): Phase | null => {
  const grantType = endpoint === 'token' ? parameters.get('grant_type') : null;
  if (grantType === 'authorization_code') return 'exchange';
  return grantType === 'refresh_token' ? 'refresh' : null;
};

/** Answers a token request, in the words of the reference server. */
export const answerTokenRequest = (
  world: World,
  platform: AtprotoPlatform,
  received: Received,
  key: string,
): Response => {
  const client = developmentClient(received.parameters);
  if (!client) return unknownClient();
  const phase = phaseOf(received);
  if (phase === null) return oauthError(400, 'unsupported_grant_type', 'Unsupported grant type');
  const bound = { clientId: client.id, key };
  return phase === 'exchange'
    ? exchange(world, platform, received.parameters, bound)
    : refresh(world, platform, received.parameters, bound);
};

const refused = (description: string): Response => oauthError(400, 'invalid_grant', description);

const isBoundTo = ({ bound }: Grant, { clientId, key }: NonNullable<Grant['bound']>): boolean =>
  bound?.clientId === clientId && bound.key === key;

const exchange = (
  world: World,
  platform: AtprotoPlatform,
  form: URLSearchParams,
  bound: NonNullable<Grant['bound']>,
): Response => {
  const facts = readToken(world.state.key, form.get('code') ?? '');
  const pending = facts?.kind === 'code' && facts.platform === platform.id ? world.codes.get(facts.grant) : undefined;
  if (!pending || !isBoundTo(pending.grant, bound)) return refused('Invalid code');
  if (pending.exchanged) {
    // RFC 6749 section 4.1.2: whoever replays a code may have stolen it.
    revoke(world.state, platform, pending.grant, 'grant');
    world.state.save();
    return refused('Code replayed');
  }
  if (world.clock.now() >= pending.expiresAt) return refused('This code has expired');
  if (form.get('redirect_uri') !== pending.redirectUri) {
    return refused('The redirect_uri parameter must match the one used in the authorization request');
  }
  if (hash('sha256', form.get('code_verifier') ?? '', 'base64url') !== pending.challenge) {
    return refused('Invalid code_verifier');
  }
  pending.exchanged = true;
  const { grant } = pending;
  world.state.grants.set(grant.id, grant);
  const token = issue(world.state, grant, 'refresh', world.clock.now(), platform.behaviour.refreshTokenSeconds);
  return tokens(world, platform, 'exchange', grant, token);
};

const refresh = (
  world: World,
  platform: AtprotoPlatform,
  form: URLSearchParams,
  bound: NonNullable<Grant['bound']>,
): Response => {
  const token = form.get('refresh_token');
  const presented = present(world.state, platform, token, 'refresh');
  if (!presented || !isBoundTo(presented.grant, bound)) return refused('Invalid refresh token');
  const { grant } = presented;
  const now = world.clock.now();
  const verdict = judgeRefreshToken(presented, platform, now);
  if (verdict === 'expired') return refused('Refresh token expired');
  if (verdict === 'spent') {
    if (platform.behaviour.reuseRevokes) revoke(world.state, platform, grant, 'grant');
    world.state.save();
    return refused('Refresh token replayed');
  }
  grant.renewals += 1;
  const next = platform.behaviour.rotates === 'never' ? token! : rotate(world.state, presented, platform, now);
  return tokens(world, platform, 'refresh', grant, next);
};

/** The fixture's answer with tokens of the sandbox. */
const tokens = (
  world: World,
  { fixture, behaviour }: AtprotoPlatform,
  phase: Phase,
  grant: Grant,
  refreshToken: string,
): Response => {
  const { status, body } = phase === 'refresh' ? fixture.refresh! : fixture.exchange;
  const { accessTokenSeconds } = behaviour;
  const accessToken = issue(world.state, grant, 'access', world.clock.now(), accessTokenSeconds);
  world.state.save();
  const members = {
    ...(body as object),
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: accessTokenSeconds,
    scope: grant.scopes.join(' '),
    sub: grant.subject,
  };
  return answer({ status, text: JSON.stringify(members), type: 'application/json' });
};
