import { randomBytes } from 'node:crypto';
import { sameScopes } from '../providers/sharing.ts';
import type { Platform, PlayedPlatform } from './platform.ts';
import type { Grant, State } from './state.ts';
import { readToken, type TokenFacts, type TokenKind, writeToken } from './tokens.ts';

/** A fresh grant, not yet known to the platform: it becomes one when its code is exchanged. */
export const newGrant = (
  facts: Pick<Grant, 'platform' | 'person' | 'subject' | 'requested' | 'scopes' | 'withheld' | 'bound'>,
  now: number,
): Grant => ({
  ...facts,
  id: randomBytes(8).toString('hex'),
  createdAt: now,
  renewedAt: now,
  issued: 0,
  renewals: 0,
  upgraded: false,
  refreshTokens: [],
  revokedAccessTokens: [],
  expiredUpTo: { access: 0, refresh: 0 },
});

/** Makes the next token of a grant. `seconds` null: it has no end. */
export const issue = (state: State, grant: Grant, kind: TokenKind, now: number, seconds: number | null): string => {
  grant.issued += 1;
  if (kind === 'refresh') grant.refreshTokens.push({ number: grant.issued, usedAt: null });
  const expiresAt = seconds === null ? null : now + seconds * 1000;
  return writeToken(state.key, { kind, platform: grant.platform, grant: grant.id, number: grant.issued, expiresAt });
};

export interface Presented {
  grant: Grant;
  facts: TokenFacts;
}

/** The live grant of a token that this platform made; says nothing yet about the token itself. */
export const present = (
  state: State,
  platform: PlayedPlatform,
  token: string | null,
  ...kinds: TokenKind[]
): Presented | null => {
  const facts = token ? readToken(state.key, token) : null;
  const grant = facts && state.grants.get(facts.grant);
  return grant && facts.platform === platform.id && kinds.includes(facts.kind) ? { grant, facts } : null;
};

/** Whether an access token may be used now. */
export const isLive = ({ grant, facts }: Presented, now: number): boolean => {
  if (facts.expiresAt !== null && now >= facts.expiresAt) return false;
  // The numbers of account tokens are drawn from the accounts; they end with the grant alone.
  if (facts.kind === 'account') return true;
  return facts.number > grant.expiredUpTo.access && !grant.revokedAccessTokens.includes(facts.number);
};

/**
 * What the platform thinks of a refresh token: `fresh` was never used, `grace` was used a moment ago and still counts,
 * `spent` was used before.
 */
export const judgeRefreshToken = (
  { grant, facts }: Presented,
  platform: PlayedPlatform,
  now: number,
): 'fresh' | 'grace' | 'spent' | 'expired' => {
  const known = grant.refreshTokens.find(({ number }) => number === facts.number);
  if (facts.expiresAt !== null && now >= facts.expiresAt) return 'expired';
  if (facts.number <= grant.expiredUpTo.refresh) return 'expired';
  if (!known) return 'spent';
  if (known.usedAt === null) return 'fresh';
  return now - known.usedAt < platform.behaviour.graceSeconds * 1000 ? 'grace' : 'spent';
};

/** Replaces a refresh token. Its first use starts the grace window; what is past it is forgotten, and so counts as spent. */
export const rotate = (state: State, { grant, facts }: Presented, platform: PlayedPlatform, now: number): string => {
  const { graceSeconds, refreshTokenSeconds } = platform.behaviour;
  grant.refreshTokens = grant.refreshTokens
    .map((token) => (token.number === facts.number ? { ...token, usedAt: token.usedAt ?? now } : token))
    .filter(({ usedAt }) => usedAt === null || now - usedAt < graceSeconds * 1000);
  return issue(state, grant, 'refresh', now, remaining(grant, platform, now, refreshTokenSeconds));
};

/** Seconds that a new refresh token may live, which shrink with each renewal where the platform counts from the consent. */
const remaining = (grant: Grant, platform: PlayedPlatform, now: number, seconds: number | null): number | null => {
  const lifetime = platform.definition.refresh?.lifetime;
  if (seconds === null || !lifetime || 'sliding' in lifetime) return seconds;
  return Math.max(0, seconds - Math.floor((now - grant.createdAt) / 1000));
};

/** Ends a grant, or as the platform has it every grant of that person. */
export const revoke = (state: State, platform: PlayedPlatform, grant: Grant, ends: 'grant' | 'person'): number => {
  const ended = [...state.grants.values()].filter(
    (other) =>
      other.id === grant.id || (ends === 'person' && other.platform === platform.id && other.subject === grant.subject),
  );
  for (const { id } of ended) state.grants.delete(id);
  return ended.length;
};

/** Ends what a new consent ends of those that the same person gave before. */
export const endEarlier = (state: State, platform: Platform, grant: Grant): void => {
  const rule = platform.definition.consentEnds;
  if (rule === undefined) return;
  const earlier = [...state.grants.values()].filter(
    ({ id, platform: at, subject }) => id !== grant.id && at === platform.id && subject === grant.subject,
  );
  const isAlike = ({ scopes }: Grant) => sameScopes(scopes, grant.scopes);
  const counted = rule === 'other-scopes' || !rule.ofSameScopes ? earlier : earlier.filter(isAlike);
  const ended =
    rule === 'other-scopes'
      ? counted.filter((other) => !isAlike(other))
      : counted.sort((one, other) => other.createdAt - one.createdAt).slice(rule.beyond - 1);
  for (const { id } of ended) state.grants.delete(id);
};

/** Whether a renewal with this token would succeed now. */
export const wouldRenew = (state: State, platform: Platform, token: string, now: number): boolean => {
  const renewal = platform.tokenRequests.find(({ phase }) => phase === 'refresh');
  const kind = renewal?.credential === 'access_token' ? 'access' : 'refresh';
  const presented = present(state, platform, token, kind);
  if (!presented) return false;
  if (kind === 'access') return isLive(presented, now);
  return ['fresh', 'grace'].includes(judgeRefreshToken(presented, platform, now));
};
