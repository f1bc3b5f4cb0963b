import { type EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { App } from '../protocols/types.ts';
import { type GrantRow, grants, type Queryable, type ScheduleRow, schedule } from '../store/index.ts';
import { appsToRenew } from './apps-to-renew.ts';
import { type Context, isRenewable } from './context.ts';
import type { Credentials } from './credentials.ts';
import { storedError } from './failure.ts';
import { fairly } from './fairness.ts';
import { gateKey, type Permits, permitsOf, spend } from './gate.ts';
import { heldAnswers } from './journal.ts';
import { claimOf, lease, mark } from './mark.ts';
import { type Moment, momentOf } from './moment.ts';
import type { Person } from './revocations.ts';
import { headStart, leaseDuration, readerPause } from './timing.ts';
import { retryOfUnresolved } from './unresolved.ts';

/**
 * On whose behalf a renewal is tried. A `reader` waits out the pause after a failure; a `person` who asks for it does
 * not. Nobody passes an attempt with an unknown outcome before its time.
 */
export type Mode = 'reader' | 'person';

/** The right, and the duty, to send one renewal and to report what became of it. */
export interface Claim {
  grantId: string;
  app: App;
  credentials: Credentials;
  scopes: string[];
  consent: number;
  generation: number;
  fence: number;
  markId: string;
  /** Whose grant it is: what a late answer needs when the grant is gone. */
  person: Person;
  /** Whether it passed a blocked gate, to try whether the platform is well again. */
  probing: boolean;
  /** Since when it was due; null: it was not, somebody asked. */
  dueAt: number | null;
  /** Since when an earlier attempt may have spent the credential; null: none has. */
  doubtSince: number | null;
  /** From when the lease counts. */
  claimedAt: Moment;
}

export type Obstacle =
  /** Somebody else is at it, or there is no room at the platform, until then. */
  | { kind: 'busy'; until: number }
  /** Not before then: a pause after a failure, an attempt of unknown outcome, or the app's gate. */
  | { kind: 'waiting'; until: number; error: EvergrantError }
  /** The platform renews tokens only from this age on. */
  | { kind: 'too_young'; until: number }
  | { kind: 'not_renewable' }
  /** Deleted, or ended before. */
  | { kind: 'gone' };

export type ClaimResult =
  | { kind: 'claimed'; claim: Claim }
  /** Somebody else has renewed it since it was read. */
  | { kind: 'superseded' }
  | Obstacle;

/**
 * Claims one grant (T1): lease, fence and write-ahead mark in one transaction, so that no byte carrying a refresh token
 * leaves before a durable row says that it might have.
 *
 * @param seen the generation that is to be replaced: many who read it together must cause one renewal, on all nodes
 * @throws EvergrantError `storage_unavailable`, `storage_key_unavailable`, `provider_not_configured`: nothing was sent
 */
export const claimGrant = async (
  context: Context,
  grantId: string,
  mode: Mode,
  seen = Number.POSITIVE_INFINITY,
): Promise<ClaimResult> => {
  const claimedAt = momentOf(context.clock);
  return context.store.transaction(async (tx): Promise<ClaimResult> => {
    const row = await schedule.byGrant(tx, grantId, true);
    const grant = await grants.byId(tx, grantId);
    if (!grant || !row || grant.status !== 'active') return { kind: 'gone' };
    if (grant.generation > seen) return { kind: 'superseded' };
    const app = context.apps.ofGrant(grant);
    const now = await context.store.now(tx);
    const held = await heldAnswers(tx, [row]);
    const obstacle = obstacleOf({ app, grant, row, now, mode, held, sinceOutage: context.store.sinceOutage() });
    if (obstacle) return obstacle;
    const permits = await permitsOf(tx, app, now, mode);
    if (permits.error) return { kind: 'waiting', until: permits.until, error: permits.error };
    if (permits.count === 0) return { kind: 'busy', until: permits.until };
    await spend(tx, app, permits, 1, now);
    const claim = claimOf(context, { app, grant, row, now, claimedAt, probing: permits.probing });
    await mark(context, tx, [claim], now);
    return { kind: 'claimed', claim };
  });
};

/** What a pass of the engine took, and what it met on the way. */
export interface Batch {
  claims: Claim[];
  /** Due grants that could not be claimed, with what the rows must learn of it. */
  obstacles: { grantId: string; obstacle: Obstacle }[];
}

/** More rows than are wanted are read for each, so that owners take turns. */
const overRead = 4;

/** Among so many the probes of a blocked app are chosen. */
const probeChoice = 64;

/** How soon a grant that no key opens is looked at again: an operator must bring the key, and restart. */
const keyPause = 10 * 60_000;

/**
 * A claim for somebody else to carry out: leased under this name, without fence and mark, because nothing is sent yet.
 * Whoever sends takes it over first, see reservation.ts.
 */
export interface Reserve {
  owner: string;
  /** Providers that are passed over. */
  without: readonly string[];
}

/** How claims of what is due differ from one engine to another. */
export interface Claiming {
  /** Not to be sent by this process, but reserved for another one. */
  reserve?: Reserve;
  /**
   * Whether this process is still at a grant. It may be after the lease: when the wall clock was set, or the database was
   * away for so long. Nobody else could know, and to present the old credential now would kill what it holds.
   */
  isUnderWay?: (grantId: string) => boolean;
}

/**
 * Claims what is due, at most so many in all: per app within its limits, the most urgent first, owners in turn.
 *
 * @throws EvergrantError `storage_unavailable`
 */
export const claimDue = async (context: Context, room: number, how: Claiming = {}): Promise<Batch> => {
  const batch: Batch = { claims: [], obstacles: [] };
  for (const app of inTurn(context, await appsToRenew(context, context.clock.now()))) {
    if (how.reserve?.without.includes(app.provider)) continue;
    const left = room - batch.claims.length;
    if (left <= 0) break;
    const claimedAt = momentOf(context.clock);
    try {
      const taken = await context.store.transaction((tx) =>
        claimOfApp(context, tx, app, { room: left, claimedAt, ...how }),
      );
      batch.claims.push(...taken.claims);
      batch.obstacles.push(...taken.obstacles);
    } catch (error) {
      // What was claimed before is marked and must be sent; the next pass meets the fault again.
      if (batch.claims.length === 0) throw error;
      break;
    }
  }
  return batch;
};

/** Any of them comes first: one with a long backlog, or one that answers slowly, would take all the room every time. */
const inTurn = (context: Context, apps: readonly App[]): readonly App[] => {
  const first = apps.length > 1 ? Math.floor(context.random() * apps.length) : 0;
  return [...apps.slice(first), ...apps.slice(0, first)];
};

const claimOfApp = async (
  context: Context,
  tx: Queryable,
  app: App,
  { room, claimedAt, reserve, isUnderWay }: Claiming & { room: number; claimedAt: Moment },
): Promise<Batch> => {
  const batch: Batch = { claims: [], obstacles: [] };
  const now = await context.store.now(tx);
  const due = await schedule.dueUrgencies(tx, gateKey(app), now);
  if (due.length === 0) return batch;
  const permits = await permitsOf(tx, app, now, reserve ? 'reservation' : 'background');
  const wanted = Math.min(room, permits.count);
  if (wanted === 0) return batch;
  const rows = permits.probing
    ? await schedule.candidates(tx, gateKey(app), now, probeChoice, due.toReversed())
    : await schedule.candidates(tx, gateKey(app), now, wanted * overRead, due);
  const held = await heldAnswers(tx, rows);
  const sinceOutage = context.store.sinceOutage();
  const lookAt = (row: ScheduleRow, grant: GrantRow | undefined): Obstacle | undefined => {
    if (isUnderWay?.(row.grant_id)) return { kind: 'busy', until: now + leaseDuration };
    if (grant?.status !== 'active') return gone;
    return obstacleOf({ app, grant, row, now, mode: 'background', held, sinceOutage });
  };
  for await (const { row, grant } of withGrants(tx, orderOf(app, rows, permits), () => wanted - batch.claims.length)) {
    const obstacle = lookAt(row, grant);
    if (obstacle) {
      batch.obstacles.push({ grantId: row.grant_id, obstacle });
      continue;
    }
    try {
      batch.claims.push(claimOf(context, { app, grant: grant!, row, now, claimedAt, probing: permits.probing }));
    } catch (error) {
      // One grant that cannot be opened must not keep all others from being renewed.
      if (!isEvergrantError(error, 'storage_key_unavailable')) throw error;
      batch.obstacles.push({ grantId: row.grant_id, obstacle: { kind: 'waiting', until: now + keyPause, error } });
    }
  }
  if (batch.claims.length > 0) {
    await (reserve ? lease(tx, batch.claims, reserve.owner, now) : mark(context, tx, batch.claims, now));
    await spend(tx, app, permits, batch.claims.length, now);
  }
  return batch;
};

/** Reads grants as they are wanted: of the rows at hand most are only there to choose from. */
const withGrants = async function* (tx: Queryable, rows: ScheduleRow[], wanted: () => number) {
  for (let at = 0; at < rows.length && wanted() > 0; ) {
    const chunk = rows.slice(at, at + wanted());
    at += chunk.length;
    const found = await grants.byIds(
      tx,
      chunk.map((row) => row.grant_id),
    );
    const byId = new Map(found.map((grant) => [grant.id, grant]));
    for (const row of chunk) yield { row, grant: byId.get(row.grant_id) };
  }
};

const gone: Obstacle = { kind: 'gone' };

/** How soon a grant is looked at again whose answer lies in the journal: its process, or another, commits it. */
const journalPause = 5000;

/**
 * Probes are sent with what can be lost least: grants without an unresolved attempt before those with one, and where
 * tokens rotate the latest deadline first.
 */
const orderOf = (app: App, rows: ScheduleRow[], permits: Permits): ScheduleRow[] => {
  if (!permits.probing) return fairly(rows);
  const risk = (row: ScheduleRow): number => (row.mark_id === null ? 0 : 1);
  const rotates = app.definition.refresh?.rotates !== 'never';
  const end = (row: ScheduleRow): number => (rotates ? (row.deadline_at ?? Infinity) : Infinity);
  return rows.sort((one, other) => risk(one) - risk(other) || Math.sign(end(other) - end(one)) || 0);
};

const isLeased = ({ lease_until }: ScheduleRow, now: number): boolean => lease_until !== null && lease_until > now;

/** A lease without a mark: nothing is sent under it yet, and whoever waits for the token may be faster. */
const isReserved = ({ mark_id }: ScheduleRow): boolean => mark_id === null;

/** A grant that is to be claimed, with what may stand in the way. */
export interface Prospect {
  app: App;
  grant: GrantRow;
  row: ScheduleRow;
  now: number;
  mode: Mode | 'background';
  /** Grants with an answer in the journal. */
  held: ReadonlySet<string>;
  /** Milliseconds since the database answers again. */
  sinceOutage: number;
}

/** What keeps a grant from being claimed now; undefined: nothing. */
export const obstacleOf = ({ app, grant, row, now, mode, held, sinceOutage }: Prospect): Obstacle | undefined => {
  if (!isRenewable(app, { hasRefreshToken: grant.refresh_token_sealed !== null })) return { kind: 'not_renewable' };
  if (isLeased(row, now) && (mode === 'background' || !isReserved(row))) {
    return { kind: 'busy', until: row.lease_until! };
  }
  // To present the old credential now would kill what the journal holds.
  if (held.has(grant.id)) {
    return { kind: 'waiting', until: now + journalPause, error: storedError(grant, journalPause) };
  }
  if (row.mark_at !== null && sinceOutage < headStart) return { kind: 'busy', until: now + headStart - sinceOutage };
  const refresh = app.definition.refresh ?? {};
  const ripe = grant.issued_at + (refresh.minimumAgeSeconds ?? 0) * 1000;
  // Issued in the future, when the clock was ahead: how old it is nobody knows.
  if (ripe > now && grant.issued_at <= now) return { kind: 'too_young', until: ripe };
  const resolving = retryOfUnresolved(app, grant, row, now);
  if (resolving !== null && resolving > now) {
    return { kind: 'waiting', until: resolving, error: storedError(grant, resolving - now) };
  }
  if (mode !== 'person' && row.retry_at !== null && row.retry_at > now) {
    return { kind: 'waiting', until: row.retry_at, error: storedError(grant, row.retry_at - now) };
  }
  // A token that came dead would be renewed again by every reader in turn.
  const rested = grant.issued_at + readerPause;
  if (mode === 'reader' && grant.lifetime === 0 && rested > now) {
    return { kind: 'waiting', until: rested, error: storedError(grant, rested - now) };
  }
  return undefined;
};
