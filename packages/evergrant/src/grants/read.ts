import { EvergrantError, type ReauthReason } from '../errors/index.ts';
import { type GrantRow, grants, type ReadingRow, schedule } from '../store/index.ts';
import { sleep } from '../telemetry/clock.ts';
import { type Context, isRenewable } from './context.ts';
import { openAccessToken, openCredentials, openTokenSecret } from './credentials.ts';
import { endGrant, noteDegraded } from './failing.ts';
import { reauthError, toStoredFailure } from './failure.ts';
import { usableIn } from './refresh-wait.ts';
import type { RenewalOutcome, Renewals } from './renew.ts';
import { doubtSiblings } from './siblings.ts';
import { defaultMinValid, requestDeadline, safetyMargin } from './timing.ts';

export interface AccessToken {
  accessToken: string;
  tokenType: 'bearer' | 'oauth1' | 'dpop';
  /** With `oauth1` only (RFC 5849 section 2.3). */
  tokenSecret?: string;
  /** What else the platform gave for use, by the name that the definition gives it: `webhook_url` of Discord and Slack. */
  extra?: Record<string, string>;
  /** RFC 3339; null: no end. */
  expiresAt: string | null;
  scopes: string[];
  generation: number;
}

export interface ReadOptions {
  /** Seconds for which the token must still live. Default: a minute, or half of a short life. */
  minValid?: number;
  /** Only a connection of this owner. */
  owner?: string | null;
  /** Whether the token leaves this service. One that is bound to our key (RFC 9449) would be worth nothing there. */
  leaves?: boolean;
}

/** Longest wait for another process that renews the same grant, in milliseconds. */
const longestWait = requestDeadline + 5000;

/**
 * Hands out a token that lives long enough, renewing it first where it does not. The fresh path is one row and one
 * unsealing, without a lock or a write. An expired token is never handed out; a token that still lives is never
 * withheld because an early renewal failed.
 *
 * @throws EvergrantError `connection_not_found`, `connection_disabled`, `reauth_required`, `token_not_exportable`,
 *   `token_expired_not_renewable`, `min_validity_unsatisfiable`, `refresh_in_progress`, or the cause of a failed renewal
 */
export const readAccessToken = async (
  context: Context,
  renewals: Renewals,
  connectionId: string,
  options: ReadOptions = {},
): Promise<AccessToken> => {
  const row = await readable(context, connectionId, options);
  context.usage.note(row.grant_id);
  if (row.token_sealed !== null) return withExtra(context, row, ownToken(context, row));
  if (isFresh(context, row, options.minValid)) return handOut(context, row);
  await renewFor(context, renewals, row);
  return handOut(context, await readable(context, connectionId, options));
};

/**
 * "The platform answered 401 to the token of this generation": hands out a newer one if there is one, else renews
 * once. That collapses a storm of reports into a single renewal.
 *
 * @throws EvergrantError as {@link readAccessToken}; `token_expired_not_renewable` when nothing can renew
 */
export const replaceRejected = async (
  context: Context,
  renewals: Renewals,
  connectionId: string,
  generation: number,
  options: Pick<ReadOptions, 'owner' | 'leaves'> = {},
): Promise<AccessToken> => {
  const row = await readable(context, connectionId, options);
  if (row.generation > generation) return readAccessToken(context, renewals, connectionId, options);
  if (row.token_sealed !== null || !renewable(context, row)) {
    throw new EvergrantError('token_expired_not_renewable', { connectionId, provider: row.provider });
  }
  const outcome = await awaitRenewal(context, renewals, row.grant_id, row.generation);
  const renewed = await readable(context, connectionId, options);
  if (renewed.generation > row.generation) return handOut(context, renewed);
  throw errorOf(outcome, renewed);
};

/** The row of a connection whose token may be read at all. */
const readable = async (context: Context, connectionId: string, options: ReadOptions): Promise<ReadingRow> => {
  const row = await context.store.reads.connection(connectionId);
  if (!row || (options.owner != null && row.owner !== options.owner)) {
    throw new EvergrantError('connection_not_found', { connectionId });
  }
  if (row.disabled_at !== null)
    throw new EvergrantError('connection_disabled', { connectionId, provider: row.provider });
  if (row.status === 'reauth_required' || row.ended_reason !== null) {
    const reason = row.reason ?? row.ended_reason;
    const isOfLogin = row.token_sealed !== null && row.status === 'reauth_required';
    throw reauthError({ reason }, isOfLogin ? endedWithLogin : undefined).with({
      connectionId,
      provider: row.provider,
    });
  }
  if (options.leaves && row.token_type === 'dpop') {
    throw new EvergrantError('token_not_exportable', { connectionId, provider: row.provider });
  }
  return row;
};

/** Why an account with a token of its own, which names no end, has stopped. */
const endedWithLogin =
  'The login has ended through which this account was connected; reconnecting one of its accounts mends them all.';

const isFresh = (context: Context, row: ReadingRow, minValid: number | undefined): boolean => {
  if (row.expires_at === null || row.lifetime === null) return true;
  if (minValid !== undefined && minValid * 1000 > row.lifetime) {
    throw new EvergrantError('min_validity_unsatisfiable', {
      detail: `A token of this connection lives ${Math.floor(row.lifetime / 1000)} seconds in all`,
      connectionId: row.id,
      provider: row.provider,
    });
  }
  const wanted = minValid === undefined ? defaultMinValid(row.lifetime) : minValid * 1000;
  const now = context.clock.now();
  return (
    row.expires_at > now && row.expires_at - now >= Math.min(wanted, row.lifetime - safetyMargin(row.lifetime) - 1000)
  );
};

const renewable = (context: Context, row: ReadingRow): boolean => {
  const app = context.apps.ofGrant(row);
  return isRenewable(app, { hasRefreshToken: Boolean(row.has_refresh_token) });
};

/** Renews the grant of a token that is too short; returns when a usable one stands in the row, else throws. */
const renewFor = async (context: Context, renewals: Renewals, row: ReadingRow): Promise<void> => {
  const outcome = await awaitRenewal(context, renewals, row.grant_id, row.generation);
  const grant = await grants.byId(context.store.db, row.grant_id);
  if (grant && isAlive(context, grant)) return;
  if (outcome.kind === 'not_renewable') await endWithoutRenewal(context, row.grant_id);
  const error = errorOf(outcome, row);
  await noteDegraded(context, row.grant_id, error);
  throw error;
};

/** Whether the stored token is one that may be handed out, however short it is. */
const isAlive = (context: Context, grant: GrantRow): boolean =>
  grant.status === 'active' && (grant.expires_at === null || grant.expires_at > context.clock.now());

/** Renews, or waits for whoever is at it, until the generation moves or that one's lease is over. */
export const awaitRenewal = async (
  context: Context,
  renewals: Renewals,
  grantId: string,
  generation: number,
  mode: 'reader' | 'person' = 'reader',
): Promise<RenewalOutcome> => {
  const waitUntil = context.clock.monotonic() + longestWait;
  for (let pause = 50; ; pause = Math.min(400, pause * 2)) {
    const outcome = await renewals.renew(grantId, mode, generation);
    // The engine did not make this attempt, and must learn when the next one is due.
    if (outcome.kind === 'failed') context.notices.changed('schedule');
    if (outcome.kind !== 'busy' || context.clock.monotonic() >= waitUntil) return outcome;
    await context.notices.wait(grantId, pause);
    const grant = await grants.byId(context.store.db, grantId);
    if (!grant || grant.generation > generation || grant.status !== 'active') return { kind: 'superseded' };
  }
};

/** What a caller is told of a renewal that brought no token. */
export const errorOf = (
  outcome: RenewalOutcome,
  row: { id: string; provider: string; reason?: string | null },
): EvergrantError => {
  const place = { connectionId: row.id, provider: row.provider };
  switch (outcome.kind) {
    case 'failed':
    case 'ended':
    case 'waiting':
      return outcome.error.with(place);
    case 'not_renewable':
      return new EvergrantError('token_expired_not_renewable', place);
    case 'gone':
      return new EvergrantError('connection_not_found', place);
    case 'too_young':
      return new EvergrantError('refresh_cooling_down', place);
    case 'busy':
    case 'superseded':
    case 'renewed':
      return new EvergrantError('refresh_in_progress', { ...place, retryAfter: 2 });
  }
};

/**
 * The token ran out, and the platform gave nothing to renew it with. One that still lives is looked at again when it
 * ends.
 */
export const endWithoutRenewal = (context: Context, grantId: string): Promise<void> =>
  context.store.transaction(async (tx) => {
    await schedule.byGrant(tx, grantId, true);
    const grant = await grants.byId(tx, grantId);
    if (grant?.status !== 'active') return;
    const now = context.clock.now();
    if (grant.expires_at !== null && grant.expires_at <= now) await endGrant(tx, grant, 'expired', null, now);
    else await schedule.update(tx, grantId, { due_at: grant.expires_at });
  });

/**
 * The platform refused the access token of this generation in a way that only a new consent mends. A renewal that is
 * under way is waited for: it may bring another verdict.
 */
export const endRejected = (
  context: Context,
  grantId: string,
  generation: number,
  error: EvergrantError,
): Promise<void> =>
  context.store.transaction(async (tx) => {
    const row = await schedule.byGrant(tx, grantId, true);
    const grant = await grants.byId(tx, grantId);
    if (grant?.status !== 'active' || grant.generation !== generation || row?.mark_id != null) return;
    const now = context.clock.now();
    const reason = (error.extensions?.reason as ReauthReason | undefined) ?? 'revoked_or_expired';
    const ended = new EvergrantError('reauth_required', { detail: error.detail, upstream: error.upstream });
    await endGrant(tx, grant, reason, toStoredFailure(ended, now), now);
    await doubtSiblings(context, tx, context.apps.ofGrant(grant), grant, reason);
  });

/** Few platforms give more than a token, so that the read of all others need not carry their facts along. */
const withExtra = (context: Context, row: ReadingRow, token: AccessToken): AccessToken | Promise<AccessToken> => {
  const names = context.apps.handsOut(row.provider);
  return names === null ? token : addExtra(context, row, token, names);
};

const addExtra = async (
  context: Context,
  row: ReadingRow,
  token: AccessToken,
  names: Readonly<Record<string, string>>,
): Promise<AccessToken> => {
  const grant = await grants.byId(context.store.db, row.grant_id);
  const facts = grant ? openCredentials(context.vault, grant).extra : {};
  const given = Object.entries(names).filter(([, kept]) => Object.hasOwn(facts, kept));
  if (given.length === 0) return token;
  return { ...token, extra: Object.fromEntries(given.map(([name, kept]) => [name, facts[kept]!])) };
};

const ownToken = (context: Context, row: ReadingRow): AccessToken => {
  if (row.token_expires_at !== null && row.token_expires_at <= context.clock.now()) {
    throw new EvergrantError('token_expired_not_renewable', { connectionId: row.id, provider: row.provider });
  }
  return {
    accessToken: context.vault.open(row.token_sealed!, { table: 'connections', column: 'token_sealed', row: row.id }),
    tokenType: 'bearer',
    expiresAt: isoTime(row.token_expires_at),
    scopes: JSON.parse(row.scopes_granted) as string[],
    generation: row.generation,
  };
};

/** The token, once the platform takes it. */
const handOut = (context: Context, row: ReadingRow): AccessToken | Promise<AccessToken> => {
  const left = usableIn(context, row);
  const token = () => withExtra(context, row, toToken(context, row));
  return left === 0 ? token() : sleep(context.clock, left).then(token);
};

/** @throws EvergrantError `refresh_in_progress` rather than hand out an expired token */
const toToken = (context: Context, row: ReadingRow): AccessToken => {
  if (row.expires_at !== null && row.expires_at <= context.clock.now()) {
    throw new EvergrantError('refresh_in_progress', { connectionId: row.id, provider: row.provider, retryAfter: 1 });
  }
  return {
    accessToken: openAccessToken(context.vault, row.grant_id, row.access_token_sealed),
    tokenType: row.token_type,
    ...(row.extra_sealed === null
      ? {}
      : { tokenSecret: openTokenSecret(context.vault, row.grant_id, row.extra_sealed) }),
    expiresAt: isoTime(row.expires_at),
    scopes: JSON.parse(row.scopes_granted) as string[],
    generation: row.generation,
  };
};

/** RFC 3339 in UTC; null stays null. */
export const isoTime = <T extends number | null>(time: T): T extends number ? string : string | null =>
  (time === null ? null : new Date(time).toISOString()) as T extends number ? string : string | null;
