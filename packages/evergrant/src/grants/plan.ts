import type { App } from '../protocols/types.ts';
import type { GrantRow } from '../store/index.ts';
import { isMigrating, isRenewable, isSelfRefreshing } from './context.ts';
import { day, dueAt, keepAliveBefore, migrationDue } from './timing.ts';

/** What is known of a grant when its next renewal is planned. Times and durations in milliseconds. */
export interface GrantFacts {
  id: string;
  generation: number;
  hasRefreshToken: boolean;
  issuedAt: number;
  /** End of the access token's usable life; null: none. */
  expiresAt: number | null;
  lifetime: number | null;
  refreshExpiresAt: number | null;
  lastUsedAt: number | null;
}

/** What a stored grant says of itself. */
export const factsOf = (grant: GrantRow, lastUsedAt: number | null): GrantFacts => ({
  id: grant.id,
  generation: grant.generation,
  hasRefreshToken: grant.refresh_token_sealed !== null,
  issuedAt: grant.issued_at,
  expiresAt: grant.expires_at,
  lifetime: grant.lifetime,
  refreshExpiresAt: grant.refresh_expires_at,
  lastUsedAt,
});

/** When the engine must look at a grant, how urgently, and when nothing can be done any more. */
export interface Plan {
  due_at: number | null;
  deadline_at: number | null;
  urgency: number;
}

/** Unused grants of the policy `auto` are looked after once in so long. */
const healthCheck = 7 * day;

/** Plans the next renewal; a grant that nothing can renew is looked at when its token ends. */
export const planFor = (app: App, facts: GrantFacts, now: number): Plan => {
  const deadline = deadlineOf(app, facts);
  const due = isRenewable(app, facts) ? renewalDue(app, facts, now) : facts.expiresAt;
  return { due_at: due, deadline_at: deadline, urgency: urgencyOf(deadline, facts.lastUsedAt, due ?? now) };
};

/** The order in which what is due at `at` is taken: lost for good within a day, used within a day, the rest. */
export const urgencyOf = (deadline: number | null, lastUsedAt: number | null, at: number): number => {
  if (deadline !== null && deadline - at <= day) return 0;
  return lastUsedAt !== null && at - lastUsedAt <= day ? 1 : 2;
};

const renewalDue = (app: App, facts: GrantFacts, now: number): number | null => {
  if (!facts.hasRefreshToken && isMigrating(app)) return migrationDue(facts.id, now);
  const refresh = app.definition.refresh ?? {};
  const selfRefreshing = isSelfRefreshing(app.definition.protocol);
  const eager = dueAt({
    grantId: facts.id,
    generation: facts.generation,
    issuedAt: facts.issuedAt,
    lifetime: facts.lifetime,
    refreshExpiresAt: facts.refreshExpiresAt,
    selfRefreshing,
    refresh,
  });
  const lapseIsLoss = selfRefreshing || (facts.lifetime !== null && facts.lifetime > healthCheck);
  if (!refresh.policy || refresh.policy === 'eager' || lapseIsLoss) return eager;
  const used = facts.lastUsedAt !== null && now - facts.lastUsedAt <= day;
  if (refresh.policy === 'auto' && used) return eager;
  const keepAlive = keepAliveDue(app, facts);
  return refresh.policy === 'auto' ? Math.min(keepAlive ?? Infinity, facts.issuedAt + healthCheck) : keepAlive;
};

/** In time for an unused grant not to die: before half of the idle limit, and before a sliding end. */
const keepAliveDue = (app: App, facts: GrantFacts): number | null => {
  const refresh = app.definition.refresh ?? {};
  const times: number[] = [];
  if (refresh.idleLimitSeconds !== undefined) times.push(facts.issuedAt + (refresh.idleLimitSeconds * 1000) / 2);
  const fixed = refresh.lifetime !== undefined && 'fixed' in refresh.lifetime;
  if (facts.refreshExpiresAt !== null && !fixed) times.push(keepAliveBefore(facts.issuedAt, facts.refreshExpiresAt));
  return times.length === 0 ? null : Math.min(...times);
};

const deadlineOf = (app: App, facts: GrantFacts): number | null => {
  const { refresh, protocol } = app.definition;
  if (isSelfRefreshing(protocol)) return facts.lifetime === null ? null : facts.issuedAt + facts.lifetime;
  if (!facts.hasRefreshToken) return null;
  const idle = refresh?.idleLimitSeconds === undefined ? null : facts.issuedAt + refresh.idleLimitSeconds * 1000;
  const ends = [facts.refreshExpiresAt, idle].filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
};

/** Days before a fixed end at which a person is warned. */
export const warningDays = [14, 7, 1] as const;

/**
 * When a person must next be warned that access ends, whatever we do: a refresh token whose life renewing does not
 * extend, or an access token that nothing renews. Null: never (again).
 */
export const nextWarning = (app: App, facts: GrantFacts, now: number): number | null => {
  const end = fixedEnd(app, facts);
  if (end === null) return null;
  return warningDays.map((days) => end - days * day).find((time) => time > now) ?? null;
};

/**
 * The next warning once a grant was renewed. One whose time has come and that nobody has told yet is still to be told,
 * unless the renewal has moved the end.
 */
export const warningAfter = (
  app: App,
  before: GrantFacts & { warnAt: number | null },
  after: GrantFacts,
  now: number,
): number | null => {
  const [was, is] = [fixedEnd(app, before), fixedEnd(app, after)];
  // A platform that says at each renewal how long is left is never exact to the second.
  const isSame = was !== null && is !== null && Math.abs(is - was) < day;
  return isSame && before.warnAt !== null && before.warnAt <= now ? before.warnAt : nextWarning(app, after, now);
};

/** When access ends whatever we do; null: no such time is known. */
export const fixedEnd = (app: App, facts: GrantFacts): number | null => {
  const life = app.definition.refresh?.lifetime;
  if (isRenewable(app, facts)) return life && 'fixed' in life ? facts.refreshExpiresAt : null;
  return facts.lifetime === null ? null : facts.issuedAt + facts.lifetime;
};
