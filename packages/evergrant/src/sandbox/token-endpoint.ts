import { createHash } from 'node:crypto';
import { accessTokenSeconds, bringsRefreshToken, type Fault, oauthError, refusal, tokenAnswer } from './answers.ts';
import { isOurClient, presentedClient } from './client-authentication.ts';
import { endEarlier, isLive, issue, judgeRefreshToken, present, revoke, rotate } from './grants.ts';
import type { Platform, TokenRequest } from './platform.ts';
import type { Received } from './received.ts';
import type { Grant } from './state.ts';
import { readToken } from './tokens.ts';
import type { PendingCode, World } from './world.ts';

/** What a token request asks for; null where the platform knows no such request. */
export const chosenTokenRequest = (
  { state }: World,
  platform: Platform,
  { tokenRequests, parameters }: Received,
): TokenRequest | null => {
  // Meta renews with the request that upgrades: the first one of a grant is the upgrade.
  const isFirst = ({ credentialParameter }: TokenRequest) =>
    present(state, platform, parameters.get(credentialParameter), 'access')?.grant.upgraded === false;
  return tokenRequests.find((request) => request.phase !== 'upgrade' || isFirst(request)) ?? tokenRequests[0] ?? null;
};

/** Answers a token request (RFC 6749 sections 4.1.3 and 6) as the platform would. */
export const answerTokenRequest = (world: World, platform: Platform, received: Received): Response => {
  const request = chosenTokenRequest(world, platform, received);
  if (!request) {
    return oauthError(
      400,
      'invalid_request',
      'The platform knows no token request with this method, encoding and grant type.',
    );
  }
  const phase = request.phase === 'refresh' ? 'refresh' : 'exchange';
  if (!request.omit.includes('client_id') && !isAuthenticated(world, platform, request, received)) {
    return refusal(
      platform,
      { phase, is: 'app-misconfigured', error: 'provider_app_credentials_invalid' },
      { status: 401, error: 'invalid_client', description: 'Client authentication failed.' },
    );
  }
  return handlers[request.phase](world, platform, request, received.parameters);
};

const isAuthenticated = (
  world: World,
  platform: Platform,
  request: TokenRequest,
  { headers, parameters }: Received,
): boolean =>
  isOurClient(world, platform, presentedClient(platform, headers, parameters), request.clientAuthentication);

type Handler = (world: World, platform: Platform, request: TokenRequest, parameters: URLSearchParams) => Response;

const exchange: Handler = (world, platform, request, parameters) => {
  if (!repeatsCallback(platform, request, parameters)) return refusedCode(platform);
  const facts = readToken(world.state.key, parameters.get(request.credentialParameter) ?? '');
  const pending = facts?.kind === 'code' && facts.platform === platform.id ? world.codes.get(facts.grant) : undefined;
  if (!pending) return refusedCode(platform);
  if (pending.exchanged) {
    // RFC 6749 section 4.1.2: whoever replays a code may have stolen it.
    revoke(world.state, platform, pending.grant, 'grant');
    world.state.save();
    return refusedCode(platform);
  }
  if (world.clock.now() >= pending.expiresAt) return refusedCode(platform);
  if (!request.omit.includes('redirect_uri') && parameters.get('redirect_uri') !== pending.redirectUri) {
    const otherwise = {
      status: 400,
      error: 'invalid_grant',
      description: 'redirect_uri differs from the authorization request.',
    };
    return refusal(platform, { phase: 'exchange', is: 'app-misconfigured', error: 'redirect_uri_mismatch' }, otherwise);
  }
  const verifier = parameters.get('code_verifier');
  if (verifier !== null && platform.definition.protocol.pkce === 'none') {
    const otherwise = { status: 401, error: 'invalid_client', description: 'code_verifier is not accepted.' };
    return refusal(
      platform,
      { phase: 'exchange', is: 'app-misconfigured', error: 'provider_app_credentials_invalid' },
      otherwise,
    );
  }
  if (!isVerified(platform, pending, verifier)) return refusedCode(platform);
  pending.exchanged = true;
  world.state.grants.set(pending.grant.id, pending.grant);
  endEarlier(world.state, platform, pending.grant);
  return answerWithTokens(
    world,
    platform,
    'exchange',
    pending.grant,
    firstRefreshToken(world, platform, pending.grant),
  );
};

/** Whether what the callback carried comes back, where the platform wants that. */
const repeatsCallback = ({ fixture }: Platform, { carry }: TokenRequest, parameters: URLSearchParams): boolean =>
  carry.every((name) => {
    const given = fixture.callback.granted?.[name];
    return given === undefined || parameters.get(name) === given;
  });

/** RFC 7636 section 4.6. */
const isVerified = ({ definition }: Platform, { challenge }: PendingCode, verifier: string | null): boolean => {
  if (challenge === null) return true;
  const encoding = definition.protocol.pkce === 'S256-hex' ? 'hex' : 'base64url';
  return verifier !== null && createHash('sha256').update(verifier).digest(encoding) === challenge;
};

/** A scope without which a platform gives no refresh token, by its usual names. */
const offlineScope = /^offline[._]access$/;

const firstRefreshToken = (world: World, platform: Platform, grant: Grant): string | null => {
  const { required, optional = [] } = platform.definition.scopes;
  const demanded = [...required, ...optional].find((scope) => offlineScope.test(scope));
  const { refreshTokens, refreshTokenSeconds } = platform.behaviour;
  if (!refreshTokens || !bringsRefreshToken(platform, 'exchange')) return null;
  if (demanded && !grant.scopes.includes(demanded)) return null;
  return issue(world.state, grant, 'refresh', world.clock.now(), refreshTokenSeconds);
};

/** Trades a young access token for a long-lived one. */
const upgrade: Handler = (world, platform, request, parameters) => {
  const presented = present(world.state, platform, parameters.get(request.credentialParameter), 'access');
  if (!presented || !isLive(presented, world.clock.now())) return refusedCode(platform);
  presented.grant.upgraded = true;
  return answerWithTokens(world, platform, 'upgrade', presented.grant, null);
};

const refresh: Handler = (world, platform, request, parameters) => {
  if (!repeatsCallback(platform, request, parameters)) return refusedRenewal(platform);
  const credential = parameters.get(request.credentialParameter);
  if (request.credential === 'access_token') {
    const presented = present(world.state, platform, credential, 'access');
    if (!presented || !isLive(presented, world.clock.now())) return refusedRenewal(platform);
    return answerRenewal(world, platform, presented.grant, null);
  }
  const presented = present(world.state, platform, credential, 'refresh');
  if (!presented) return refusedRenewal(platform);
  const now = world.clock.now();
  const verdict = judgeRefreshToken(presented, platform, now);
  if (verdict === 'spent' && platform.behaviour.reuseRevokes) {
    // RFC 9700 section 4.14.2: a used token comes back from a thief or from the victim, and nobody can tell which.
    revoke(world.state, platform, presented.grant, 'grant');
    world.state.save();
  }
  if (verdict === 'spent' || verdict === 'expired') return refusedRenewal(platform);
  const { rotates } = platform.behaviour;
  const next = rotates === 'always' || (rotates === 'sometimes' && presented.grant.renewals % 2 === 1);
  if (next) return answerRenewal(world, platform, presented.grant, rotate(world.state, presented, platform, now));
  return answerRenewal(world, platform, presented.grant, bringsRefreshToken(platform, 'refresh') ? credential : null);
};

const answerRenewal = (world: World, platform: Platform, grant: Grant, refreshToken: string | null): Response => {
  grant.renewals += 1;
  return answerWithTokens(world, platform, 'refresh', grant, refreshToken);
};

const handlers: Record<TokenRequest['phase'], Handler> = { exchange, upgrade, refresh };

const answerWithTokens = (
  world: World,
  platform: Platform,
  phase: TokenRequest['phase'],
  grant: Grant,
  refreshToken: string | null,
): Response => {
  const now = world.clock.now();
  const expiresIn = accessTokenSeconds(platform, phase);
  const accessToken = issue(world.state, grant, 'access', now, expiresIn);
  const end = refreshToken === null ? null : readToken(world.state.key, refreshToken)?.expiresAt;
  const refreshExpiresIn = end ? Math.floor((end - now) / 1000) : null;
  world.state.save();
  return tokenAnswer(
    platform,
    phase,
    grant,
    { accessToken, refreshToken, expiresIn, refreshExpiresIn },
    now,
    world.base(),
  );
};

const refused = (platform: Platform, fault: Fault): Response =>
  refusal(platform, fault, {
    status: 400,
    error: 'invalid_grant',
    description: 'It is unknown, used, expired or revoked.',
  });

const refusedCode = (platform: Platform): Response => refused(platform, { phase: 'exchange', is: 'reconnect' });

const refusedRenewal = (platform: Platform): Response => refused(platform, { phase: 'refresh', is: 'reconnect' });
