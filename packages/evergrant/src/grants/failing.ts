import { EvergrantError, type ReauthReason } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import { connections, type GrantRow, grants, type Queryable, schedule } from '../store/index.ts';
import { dueAfter, released, type Settled, type Settling } from './attempt.ts';
import { type Context, isSelfRefreshing } from './context.ts';
import { openCandidate, sealGrant } from './credentials.ts';
import { toStoredFailure } from './failure.ts';
import { appName, block, holdOf } from './gate.ts';
import { factsOf, planFor, urgencyOf } from './plan.ts';
import { isMarked } from './predecessor.ts';
import { doubtSiblings } from './siblings.ts';
import { askedPause, backoff } from './timing.ts';
import { retryOfUnresolved } from './unresolved.ts';

/**
 * T4: the platform refuses the credential for good. Believed only for the newest token, when every candidate is spent,
 * no earlier sender can still report a better one, and not unusually many are refused at once.
 */
export const reject = async (at: Settling, error: EvergrantError): Promise<Settled> => {
  const { context, tx, attempt, now, grant, row, app } = at;
  if (grant.generation !== attempt.generation) {
    const plan = planFor(app, factsOf(grant, row.last_used_at), now);
    await schedule.update(tx, grant.id, { ...released, ...plan, due_at: dueAfter(at, plan.due_at) });
    return { kind: 'superseded' };
  }
  const candidate = openCandidate(context.vault, grant);
  if (candidate !== null) {
    // What was refused is the candidate itself where it is the predecessor of the stored token.
    const next = isMarked(context, row, candidate)
      ? {}
      : { refresh_token_sealed: sealGrant(context.vault, grant.id, 'refresh_token_sealed', candidate) };
    await grants.update(tx, grant.id, { ...next, candidate_sealed: null, updated_at: now });
    await schedule.update(tx, grant.id, { ...released, due_at: dueAfter(at, now), retry_at: null });
    return { kind: 'failed', error: new EvergrantError('refresh_in_progress', { retryAfter: 1 }) };
  }
  const hold = await holdOf(context, tx, app, now);
  if (hold !== null) return fail(at, heldBack(error), { markResolved: true, retryAt: hold });
  return end(at, reasonOf(at, error), error);
};

/** So many milliseconds before its end a credential that is refused counts as expired: the platform's clock decides. */
const clockSkew = 60_000;

/** Why the platform refuses a credential: as it says itself, else what is known of it here. */
const reasonOf = ({ grant, row, app, now }: Settling, error: EvergrantError): ReauthReason => {
  const told = error.extensions?.reason as ReauthReason | undefined;
  if (told !== undefined) return told;
  if (isPastHope(grant, isSelfRefreshing(app.definition.protocol), now + clockSkew)) return 'expired';
  const mayBeSpent = row.doubt_since !== null && app.definition.refresh?.rotates !== 'never';
  return mayBeSpent ? 'lost_rotation' : 'revoked_or_expired';
};

const heldBack = (error: EvergrantError): EvergrantError =>
  new EvergrantError('provider_unavailable', {
    detail: 'The platform refuses unusually many accounts at once, so its refusals are held back for a while',
    upstream: error.upstream,
  });

/** T6: the operator's credentials are refused. The app's gate blocks; no connection is blamed. */
export const misconfigure = async (at: Settling, error: EvergrantError): Promise<Settled> => {
  const retryAt = await block(at.context, at.tx, at.app, 'credentials', error, at.now);
  return fail(at, error, { markResolved: true, retryAt });
};

/** T5 and T7: try again later. An attempt of unknown outcome keeps its mark, which says when. */
export const fail = async (
  at: Settling,
  error: EvergrantError,
  how: { markResolved: boolean; retryAt?: number },
): Promise<Settled> => {
  const { context, tx, now, grant, row, app } = at;
  const selfRefreshing = isSelfRefreshing(app.definition.protocol);
  if (isPastHope(grant, selfRefreshing, now) && how.markResolved) return end(at, 'expired', error);
  if (how.retryAt === undefined) await blockWhenFailing(at, error);
  const left = row.deadline_at === null ? null : row.deadline_at - now;
  const pause = Math.max(backoff(grant.fail_count + 1, context.random()), askedPause(error.retryAfter, left));
  const unresolvedUntil = (how.markResolved ? null : retryOfUnresolved(app, grant, row, now)) ?? 0;
  const retryAt = how.retryAt ?? Math.max(now + pause, unresolvedUntil);
  await grants.update(tx, grant.id, {
    fail_count: grant.fail_count + 1,
    failing_since: grant.failing_since ?? now,
    last_error: toStoredFailure(error, now),
    updated_at: now,
  });
  await schedule.update(tx, grant.id, {
    lease_owner: null,
    lease_until: null,
    ...(how.markResolved ? released : {}),
    due_at: dueAfter(at, retryAt),
    retry_at: retryAt,
    urgency: urgencyOf(row.deadline_at, row.last_used_at, retryAt),
  });
  if (grant.failing_since === null) {
    const served = await connections.ofGrant(tx, grant.id);
    await timeline.recordForConnections(tx, now, 'connection.refresh_failed', served, { code: error.code });
  }
  await degrade(tx, grant, error, now);
  return { kind: 'failed', error: error.retryingAfter((retryAt - now) / 1000) };
};

/** T2: nothing was sent. The platform has no part in it, and the grant has not failed: it is due again at once. */
export const abandon = async (at: Settling, error: EvergrantError): Promise<Settled> => {
  await schedule.update(at.tx, at.grant.id, { ...released, due_at: dueAfter(at, at.now) });
  return { kind: 'failed', error };
};

/** A failure that many share, or that a probe met, is the platform's: its gate blocks, and hardly anything is sent. */
const blockWhenFailing = async ({ context, tx, attempt, now, app }: Settling, error: EvergrantError): Promise<void> => {
  if (!attempt.probing && !context.health.isFailing(appName(app))) return;
  await block(context, tx, app, 'outage', error, now);
  context.health.forgetFailures(appName(app));
};

/** T9: nothing that is stored can be accepted any more. */
const isPastHope = (grant: GrantRow, selfRefreshing: boolean, now: number): boolean =>
  (grant.refresh_expires_at !== null && grant.refresh_expires_at <= now) ||
  (selfRefreshing && grant.lifetime !== null && grant.issued_at + grant.lifetime <= now);

/** Sets the grant aside until a person reconnects, and says so once. */
const end = async (at: Settling, reason: ReauthReason, error: EvergrantError): Promise<Settled> => {
  const { context, tx, now, grant, app } = at;
  const ended = new EvergrantError('reauth_required', {
    detail: error.detail,
    upstream: error.upstream,
    extensions: { reason },
  });
  await endGrant(tx, grant, reason, toStoredFailure(ended, now), now);
  await doubtSiblings(context, tx, app, grant, reason);
  return { kind: 'ended', error: ended };
};

/** Marks a grant `reauth_required`; nothing is scheduled for it any more. */
export const endGrant = async (
  tx: Queryable,
  grant: GrantRow,
  reason: ReauthReason,
  lastError: string | null,
  now: number,
): Promise<void> => {
  await grants.update(tx, grant.id, {
    status: 'reauth_required',
    reason,
    degraded_at: null,
    warn_at: null,
    check_at: null,
    last_error: lastError,
    updated_at: now,
  });
  await schedule.update(tx, grant.id, { ...released, due_at: null, retry_at: null });
  const served = await connections.ofGrant(tx, grant.id);
  await timeline.recordForConnections(tx, now, 'connection.reauth_required', served, { reason });
};

/**
 * Sets one account aside until a person reconnects it; its siblings on the same grant live on.
 *
 * @param grantId the grant with which the platform refused the account; a newer one stands for a newer consent
 */
export const endAccount = (
  context: Context,
  connectionId: string,
  grantId: string,
  error: EvergrantError,
): Promise<void> =>
  context.store.write(async (tx) => {
    const connection = await connections.byId(tx, connectionId, true);
    if (connection?.grant_id !== grantId || connection.ended_reason !== null) return;
    if ((await grants.byId(tx, grantId))?.status !== 'active') return;
    const now = context.clock.now();
    const reason = (error.extensions?.reason as ReauthReason | undefined) ?? 'revoked_or_expired';
    const ended = new EvergrantError('reauth_required', { detail: error.detail });
    await connections.update(tx, connectionId, {
      ended_reason: reason,
      ended_error: toStoredFailure(ended, now),
      updated_at: now,
    });
    await timeline.recordForConnections(tx, now, 'connection.reauth_required', [connection], { reason });
  });

/** Notes, once, that an access token ran out while its grant can still be renewed. */
const degrade = async (tx: Queryable, grant: GrantRow, error: EvergrantError, now: number): Promise<void> => {
  if (!isNewlyDegraded(grant, now)) return;
  await grants.update(tx, grant.id, { degraded_at: now, updated_at: now });
  const served = await connections.ofGrant(tx, grant.id);
  await timeline.recordForConnections(tx, now, 'connection.degraded', served, { code: error.code });
};

const isNewlyDegraded = (grant: GrantRow, now: number): boolean =>
  grant.status === 'active' && grant.degraded_at === null && grant.expires_at !== null && grant.expires_at <= now;

/** As {@link degrade}, where no attempt was made: the app's gate is blocked, or a pause is not over. */
export const noteDegraded = async (context: Context, grantId: string, error: EvergrantError): Promise<void> => {
  const seen = await grants.byId(context.store.db, grantId);
  const now = context.clock.now();
  if (!seen || !isNewlyDegraded(seen, now)) return;
  await context.store.write(async (tx) => {
    // Locked and read again: tokens that came in the meantime are not degraded.
    await schedule.byGrant(tx, grantId, true);
    const grant = await grants.byId(tx, grantId);
    if (!grant || !isNewlyDegraded(grant, now)) return;
    if (grant.last_error === null) await grants.update(tx, grantId, { last_error: toStoredFailure(error, now) });
    await degrade(tx, grant, error, now);
  });
};
