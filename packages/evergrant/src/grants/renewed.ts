import type { App, TokenSet } from '../protocols/types.ts';
import { type GrantChanges, type GrantRow, grants } from '../store/index.ts';
import { announceRenewal } from './announce.ts';
import { dueAfter, released, type Settled, type Settling } from './attempt.ts';
import type { Context } from './context.ts';
import { openCandidate, openCredentials, sealExtra, sealGrant } from './credentials.ts';
import { unblock } from './gate.ts';
import { lookAfterRenewal } from './looking.ts';
import { factsOf, type GrantFacts, planFor, warningAfter } from './plan.ts';
import { isMarked, predecessorOf } from './predecessor.ts';
import { toLife, usableUntil } from './timing.ts';

/**
 * T3: the new tokens replace the old ones.
 *
 * @param predecessor the refresh token that is kept beside them until the outcome of a newer attempt with it is known
 */
export const store = async (at: Settling, tokens: TokenSet, predecessor: string | null = null): Promise<Settled> => {
  const { context, tx, attempt, now, grant, row, app, writes } = at;
  const changes = tokenChanges(context, grant, app, tokens, attempt.startedAt);
  const facts: GrantFacts = {
    id: grant.id,
    generation: grant.generation + 1,
    hasRefreshToken: changes.refresh_token_sealed !== null,
    issuedAt: changes.issued_at,
    expiresAt: changes.expires_at,
    lifetime: changes.lifetime,
    refreshExpiresAt: changes.refresh_expires_at,
    // Whoever waits for this renewal has used the grant just now, which nothing has written yet.
    lastUsedAt: context.usage.has(grant.id) ? now : row.last_used_at,
  };
  const plan = planFor(app, facts, now);
  writes.grants.push({
    id: grant.id,
    ...changes,
    generation: facts.generation,
    token_fence: attempt.fence,
    status: 'active',
    reason: null,
    candidate_sealed: sealGrant(context.vault, grant.id, 'candidate_sealed', predecessor),
    warn_at: warningAfter(app, { ...factsOf(grant, null), warnAt: grant.warn_at }, facts, now),
    ...lookAfterRenewal(context, app, grant),
    last_refreshed_at: now,
    fail_count: 0,
    failing_since: null,
    degraded_at: null,
    last_error: null,
    updated_at: now,
  });
  writes.schedule.push({
    grant_id: grant.id,
    ...plan,
    // The predecessor is tried as soon as the attempt with it is over.
    ...(predecessor === null ? { due_at: dueAfter(at, plan.due_at), retry_at: null } : { due_at: row.due_at }),
    // Late: another sender may have presented the old credential since, and what that does to the new one shows later.
    ...(row.fence === attempt.fence ? { ...released, doubt_since: null } : { doubt_since: row.doubt_since ?? now }),
  });
  if (attempt.probing !== false) await unblock(context, tx, app, now);
  await announceRenewal(at, changes.scopes_granted, facts.generation);
  return { kind: 'renewed' };
};

/**
 * T3': an answer after its lease, when others may have presented the same credential. What the newest attempt brought is
 * the token; an older answer than the stored one is kept to be tried when that is refused. Where it was refused already,
 * it is the last hope of a grant that was given up.
 */
export const storeLate = async (at: Settling, tokens: TokenSet): Promise<Settled> => {
  const { context, tx, attempt, now, grant, row, app } = at;
  const isLastHope = grant.status === 'reauth_required' && tokens.refreshToken !== null;
  if (isLastHope || attempt.fence > (grant.token_fence ?? 0)) {
    return store(at, tokens, predecessorOf(context, app, grant, row));
  }
  const candidate = openCandidate(context.vault, grant);
  const isPredecessor = candidate !== null && isMarked(context, row, candidate);
  if (tokens.refreshToken !== null && !isPredecessor) {
    await grants.update(tx, grant.id, {
      candidate_sealed: sealGrant(context.vault, grant.id, 'candidate_sealed', tokens.refreshToken),
      updated_at: now,
    });
  }
  return { kind: 'superseded' };
};

type TokenChanges = Required<
  Pick<
    GrantChanges,
    | 'access_token_sealed'
    | 'refresh_token_sealed'
    | 'extra_sealed'
    | 'token_type'
    | 'scopes_granted'
    | 'issued_at'
    | 'expires_at'
    | 'lifetime'
    | 'refresh_expires_at'
  >
>;

/** The columns that new tokens bring. An answer without a refresh token keeps the old one (RFC 6749 section 6). */
const tokenChanges = (
  context: Context,
  grant: GrantRow,
  app: App,
  tokens: TokenSet,
  issuedAt: number,
): TokenChanges => {
  const { vault } = context;
  const lifetime = toLife(tokens.expiresIn);
  const life = app.definition.refresh?.lifetime;
  const refreshLife = toLife(tokens.refreshExpiresIn ?? (life && 'sliding' in life ? life.sliding : null));
  const extra =
    Object.keys(tokens.extra).length === 0 ? null : { ...openCredentials(vault, grant).extra, ...tokens.extra };
  return {
    access_token_sealed: sealGrant(vault, grant.id, 'access_token_sealed', tokens.accessToken),
    refresh_token_sealed:
      tokens.refreshToken === null
        ? grant.refresh_token_sealed
        : sealGrant(vault, grant.id, 'refresh_token_sealed', tokens.refreshToken),
    extra_sealed: extra === null ? grant.extra_sealed : sealExtra(vault, grant.id, extra),
    token_type: tokens.tokenType,
    scopes_granted: tokens.scopes === null ? grant.scopes_granted : JSON.stringify(tokens.scopes),
    issued_at: issuedAt,
    expires_at: usableUntil(issuedAt, lifetime),
    lifetime,
    refresh_expires_at: refreshLife === null ? grant.refresh_expires_at : issuedAt + refreshLife,
  };
};
