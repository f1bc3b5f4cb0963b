import { EvergrantError, type ReauthReason } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import type { App, TokenSet, Verdict } from '../protocols/types.ts';
import {
  type Changes,
  connections,
  type GrantRow,
  type GrantsTable,
  gates,
  grants,
  journal,
  type Queryable,
  type ScheduleRow,
  schedule,
} from '../store/index.ts';
import { type Context, isRenewable, isSelfRefreshing } from './context.ts';
import { openCandidate, openCredentials, sealExtra, sealGrant } from './credentials.ts';
import { toStoredFailure } from './failure.ts';
import { type Person, queueRevocation } from './revocations.ts';
import { missingScopes } from './scopes.ts';
import { backoff, dueAt, gateProbeInterval, retryUnresolvedAt, usableUntil } from './timing.ts';

/** An attempt whose answer is to be committed: what the claim knew, or what the journal remembers of it. */
export interface Attempt {
  grantId: string;
  person: Person;
  consent: number;
  generation: number;
  fence: number;
  markId: string;
  /** When the request began: lifetimes count from here, never from the answer. */
  startedAt: number;
  /** Whether the answer stands in the journal. */
  journalled: boolean;
}

export type Settled =
  | { kind: 'renewed' }
  /** The grant has ended; a person must reconnect. */
  | { kind: 'ended'; error: EvergrantError }
  | { kind: 'failed'; error: EvergrantError }
  /** Another answer or another consent was faster; the row holds the truth. */
  | { kind: 'superseded' };

/**
 * Commits what an answer means, in one transaction under the fence of its claim (T3 to T7). A late answer, whose
 * fence has moved on, is kept where it may be the only live token.
 */
export const settle = async (context: Context, attempt: Attempt, verdict: Verdict): Promise<Settled> => {
  const settled = await context.store.transaction(async (tx) => {
    if (attempt.journalled && !(await journal.remove(tx, attempt.markId))) return { kind: 'superseded' } as const;
    const now = context.clock.now();
    const result = await settleInside({ context, tx, attempt, now }, verdict);
    await grants.endAttempt(tx, attempt.markId, {
      ended_at: now,
      outcome: result.kind === 'failed' ? verdict.kind : result.kind,
      error_code: 'error' in result ? result.error.code : null,
    });
    return result;
  });
  context.notices.changed(attempt.grantId);
  return settled;
};

interface Settling {
  context: Context;
  tx: Queryable;
  attempt: Attempt;
  now: number;
}

interface Row {
  grant: GrantRow;
  row: ScheduleRow;
  app: App;
}

const settleInside = async (at: Settling, verdict: Verdict): Promise<Settled> => {
  const grant = await grants.byId(at.tx, at.attempt.grantId);
  const row = await schedule.byGrant(at.tx, at.attempt.grantId);
  if (!grant || !row || grant.consent !== at.attempt.consent) return discard(at, verdict);
  const found = { grant, row, app: at.context.apps.ofGrant(grant) };
  if (row.fence !== at.attempt.fence) {
    return verdict.kind === 'tokens' ? storeLate(at, found, verdict.tokens) : { kind: 'superseded' };
  }
  switch (verdict.kind) {
    case 'tokens':
      return store(at, found, verdict.tokens);
    case 'rejected':
      return reject(at, found, verdict.error);
    case 'misconfigured':
      return openGate(at, found, verdict.error);
    case 'not_processed':
      return fail(at, found, verdict.error, { markResolved: true });
    case 'ambiguous':
      return fail(at, found, verdict.error, { markResolved: false });
  }
};

/** T3'': the grant is gone, or a newer consent stands in its row. What came for the old one is revoked, where that ends nothing that lives. */
const discard = async ({ context, tx, attempt }: Settling, verdict: Verdict): Promise<Settled> => {
  if (verdict.kind === 'tokens') await queueRevocation(context, tx, attempt.person, verdict.tokens);
  return { kind: 'superseded' };
};

/** T3: the new tokens replace the old ones. */
const store = async (at: Settling, { grant, row, app }: Row, tokens: TokenSet): Promise<Settled> => {
  const { context, tx, attempt, now } = at;
  const changes = tokenChanges(context, grant, app, tokens, attempt.startedAt);
  const generation = grant.generation + 1;
  await grants.update(tx, grant.id, {
    ...changes,
    generation,
    status: 'active',
    reason: null,
    candidate_sealed: null,
    last_refreshed_at: now,
    fail_count: 0,
    failing_since: null,
    degraded_at: null,
    last_error: null,
    updated_at: now,
  });
  await schedule.update(tx, grant.id, {
    due_at: nextDue(grant, app, changes, generation),
    ...released(row.fence === attempt.fence),
    doubt_since: null,
    retry_at: null,
  });
  await gates.close(tx, grant.provider, grant.client_id);
  await announceRenewal(at, grant, app, changes, generation);
  return { kind: 'renewed' };
};

/**
 * T3': an answer after its lease. Without a grace window it holds the only live token; with one, the stored token
 * may be as good, and this one is kept to be tried when that is refused.
 */
const storeLate = async (at: Settling, found: Row, tokens: TokenSet): Promise<Settled> => {
  const { context, tx, attempt, now } = at;
  const graceless = (found.app.definition.refresh?.graceSeconds ?? 0) === 0;
  if (graceless && found.grant.generation === attempt.generation) return store(at, found, tokens);
  if (tokens.refreshToken !== null) {
    await grants.update(tx, found.grant.id, {
      candidate_sealed: sealGrant(context.vault, found.grant.id, 'candidate_sealed', tokens.refreshToken),
      updated_at: now,
    });
  }
  return { kind: 'superseded' };
};

type TokenChanges = Required<
  Pick<
    Changes<GrantsTable>,
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
  const lifetime = tokens.expiresIn === null ? null : tokens.expiresIn * 1000;
  const old = openCredentials(vault, grant);
  const slides =
    app.definition.refresh?.lifetime && 'sliding' in app.definition.refresh.lifetime
      ? app.definition.refresh.lifetime.sliding
      : null;
  const refreshExpiresIn = tokens.refreshExpiresIn ?? slides;
  return {
    access_token_sealed: sealGrant(vault, grant.id, 'access_token_sealed', tokens.accessToken),
    refresh_token_sealed:
      tokens.refreshToken === null
        ? grant.refresh_token_sealed
        : sealGrant(vault, grant.id, 'refresh_token_sealed', tokens.refreshToken),
    extra_sealed: sealExtra(vault, grant.id, { ...old.extra, ...tokens.extra }),
    token_type: tokens.tokenType,
    scopes_granted: tokens.scopes === null ? grant.scopes_granted : JSON.stringify(tokens.scopes),
    issued_at: issuedAt,
    expires_at: usableUntil(issuedAt, lifetime),
    lifetime,
    refresh_expires_at: refreshExpiresIn === null ? grant.refresh_expires_at : issuedAt + refreshExpiresIn * 1000,
  };
};

const nextDue = (grant: GrantRow, app: App, changes: TokenChanges, generation: number): number | null =>
  scheduleFor(app, {
    id: grant.id,
    generation,
    hasRefreshToken: changes.refresh_token_sealed !== null,
    issuedAt: changes.issued_at,
    expiresAt: changes.expires_at,
    lifetime: changes.lifetime,
    refreshExpiresAt: changes.refresh_expires_at,
  });

/** When the engine must look at a grant: to renew it, or to notice that it ended without a way to. */
export const scheduleFor = (
  app: App,
  grant: {
    id: string;
    generation: number;
    hasRefreshToken: boolean;
    issuedAt: number;
    expiresAt: number | null;
    lifetime: number | null;
    refreshExpiresAt: number | null;
  },
): number | null =>
  isRenewable(app, grant)
    ? dueAt({
        grantId: grant.id,
        generation: grant.generation,
        issuedAt: grant.issuedAt,
        lifetime: grant.lifetime,
        refreshExpiresAt: grant.refreshExpiresAt,
        selfRefreshing: isSelfRefreshing(app.definition.protocol),
        refresh: app.definition.refresh ?? {},
      })
    : grant.expiresAt;

const released = (own: boolean) =>
  own ? { lease_owner: null, lease_until: null, mark_id: null, mark_at: null, mark_hash: null } : {};

const announceRenewal = async (
  { tx, now }: Settling,
  grant: GrantRow,
  app: App,
  changes: TokenChanges,
  generation: number,
): Promise<void> => {
  const served = await connections.ofGrant(tx, grant.id);
  await timeline.recordForConnections(tx, now, 'connection.refreshed', served, { generation });
  if (grant.status === 'reauth_required' || grant.degraded_at !== null) {
    await timeline.recordForConnections(tx, now, 'connection.recovered', served);
  }
  if (changes.scopes_granted === grant.scopes_granted) return;
  const requested = JSON.parse(grant.scopes_requested) as string[];
  const missing = missingScopes(app.definition, requested, JSON.parse(changes.scopes_granted) as string[]);
  for (const connection of served) {
    if (connection.scopes_missing === JSON.stringify(missing)) continue;
    await connections.update(tx, connection.id, { scopes_missing: JSON.stringify(missing), updated_at: now });
    const type = missing.length > 0 ? 'connection.limited' : 'connection.updated';
    await timeline.recordForConnections(tx, now, type, [connection], { missing });
  }
};

/**
 * T4: the platform refuses the credential for good. Believed only for the newest token, when every other candidate
 * is spent and no earlier sender can still report a better one.
 */
const reject = async (at: Settling, found: Row, error: EvergrantError): Promise<Settled> => {
  const { context, tx, attempt, now } = at;
  const { grant, row, app } = found;
  if (grant.generation !== attempt.generation) {
    await schedule.update(tx, grant.id, { ...released(true), due_at: now });
    return { kind: 'superseded' };
  }
  const candidate = openCandidate(context.vault, grant);
  if (candidate !== null) {
    await grants.update(tx, grant.id, {
      refresh_token_sealed: sealGrant(context.vault, grant.id, 'refresh_token_sealed', candidate),
      candidate_sealed: null,
      updated_at: now,
    });
    await schedule.update(tx, grant.id, { ...released(true), due_at: now, retry_at: null });
    return { kind: 'failed', error: new EvergrantError('refresh_in_progress', { retryAfter: 1 }) };
  }
  const lost = row.doubt_since !== null && app.definition.refresh?.rotates !== 'never';
  const reason =
    (error.extensions?.reason as ReauthReason | undefined) ?? (lost ? 'lost_rotation' : 'revoked_or_expired');
  return end(at, grant, reason, error);
};

/** Sets the grant aside until a person reconnects, and says so once. */
const end = async (
  { tx, now }: Settling,
  grant: GrantRow,
  reason: ReauthReason,
  error: EvergrantError,
): Promise<Settled> => {
  const ended = new EvergrantError('reauth_required', {
    detail: error.detail,
    upstream: error.upstream,
    extensions: { reason },
  });
  await endGrant(tx, grant, reason, toStoredFailure(ended, now), now);
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
    last_error: lastError,
    updated_at: now,
  });
  await schedule.update(tx, grant.id, { ...released(true), due_at: null, retry_at: null });
  const served = await connections.ofGrant(tx, grant.id);
  await timeline.recordForConnections(tx, now, 'connection.reauth_required', served, { reason });
};

/** T6: the operator's credentials are refused. The app's gate opens; no connection is blamed. */
const openGate = async (at: Settling, found: Row, error: EvergrantError): Promise<Settled> => {
  const { tx, now } = at;
  const { provider, client_id } = found.grant;
  const gate = {
    provider,
    client_id,
    opened_at: now,
    probe_at: now + gateProbeInterval,
    error: toStoredFailure(error, now),
  };
  if (await gates.open(tx, gate)) {
    await timeline.record(tx, now, 'provider.app_invalid', { provider }, { code: error.code });
    at.context.logger.error({ provider, error_code: error.code }, 'the platform refuses this app; renewals of it wait');
  }
  return fail(at, found, error, { markResolved: true, retryAt: gate.probe_at });
};

/** T5 and T7: try again later. An attempt of unknown outcome keeps its mark, which says when. */
const fail = async (
  at: Settling,
  { grant, row, app }: Row,
  error: EvergrantError,
  how: { markResolved: boolean; retryAt?: number },
): Promise<Settled> => {
  const { context, tx, now } = at;
  const selfRefreshing = isSelfRefreshing(app.definition.protocol);
  if (isPastHope(grant, selfRefreshing, now) && how.markResolved) return end(at, grant, 'expired', error);
  const pause = Math.max(backoff(grant.fail_count + 1, context.random()), (error.retryAfter ?? 0) * 1000);
  const unresolvedUntil =
    how.markResolved || row.mark_at === null
      ? 0
      : retryUnresolvedAt(app.definition.refresh ?? {}, selfRefreshing, row.mark_at, grant.expires_at);
  const retryAt = how.retryAt ?? Math.max(now + pause, unresolvedUntil);
  const first = grant.failing_since === null;
  await grants.update(tx, grant.id, {
    fail_count: grant.fail_count + 1,
    failing_since: grant.failing_since ?? now,
    last_error: toStoredFailure(error, now),
    updated_at: now,
  });
  await schedule.update(tx, grant.id, {
    lease_owner: null,
    lease_until: null,
    ...(how.markResolved ? { mark_id: null, mark_at: null, mark_hash: null } : {}),
    due_at: retryAt,
    retry_at: retryAt,
  });
  if (first) {
    const served = await connections.ofGrant(tx, grant.id);
    await timeline.recordForConnections(tx, now, 'connection.refresh_failed', served, { code: error.code });
  }
  await degrade(tx, grant, error, now);
  return { kind: 'failed', error: error.with({ retryAfter: (retryAt - now) / 1000 }) };
};

/** T9: nothing that is stored can be accepted any more. */
const isPastHope = (grant: GrantRow, selfRefreshing: boolean, now: number): boolean =>
  (grant.refresh_expires_at !== null && grant.refresh_expires_at <= now) ||
  (selfRefreshing && grant.expires_at !== null && grant.issued_at + (grant.lifetime ?? 0) <= now);

/** Notes, once, that an access token ran out while its grant can still be renewed. */
const degrade = async (tx: Queryable, grant: GrantRow, error: EvergrantError, now: number): Promise<void> => {
  const ranOut = grant.expires_at !== null && grant.expires_at <= now;
  if (grant.status !== 'active' || grant.degraded_at !== null || !ranOut) return;
  await grants.update(tx, grant.id, { degraded_at: now, updated_at: now });
  const served = await connections.ofGrant(tx, grant.id);
  await timeline.recordForConnections(tx, now, 'connection.degraded', served, { code: error.code });
};

/** As {@link degrade}, where no attempt was made: the app's gate is open, or a pause is not over. */
export const noteDegraded = (context: Context, grantId: string, error: EvergrantError): Promise<void> =>
  context.store.transaction(async (tx) => {
    const grant = await grants.byId(tx, grantId);
    const now = context.clock.now();
    if (!grant) return;
    if (grant.last_error === null) await grants.update(tx, grantId, { last_error: toStoredFailure(error, now) });
    await degrade(tx, grant, error, now);
  });
