import type { EvergrantError } from '../errors/index.ts';
import type { App } from '../protocols/types.ts';
import { type GrantRow, gates, grants, type Queryable, type ScheduleRow, schedule } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import { type Context, isRenewable, isSelfRefreshing } from './context.ts';
import { type Credentials, openCredentials } from './credentials.ts';
import { storedError } from './failure.ts';
import { type Person, personOf } from './revocations.ts';
import { gateProbeInterval, leaseDuration, readerPause, retryUnresolvedAt } from './timing.ts';

/**
 * On whose behalf a renewal is tried. `background` and `reader` wait out the pause after a failure; a `person` who
 * asks for it does not. Nobody passes an attempt with an unknown outcome before its time.
 */
export type Mode = 'background' | 'reader' | 'person';

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
  /** Monotonic time from which the lease counts. */
  claimedAt: number;
}

export type ClaimResult =
  | { kind: 'claimed'; claim: Claim }
  /** Somebody else is at it until then. */
  | { kind: 'busy'; until: number }
  /** Not before then: a pause after a failure, an attempt of unknown outcome, or the app's gate. */
  | { kind: 'waiting'; until: number; error: EvergrantError }
  /** The platform renews tokens only from this age on. */
  | { kind: 'too_young'; until: number }
  /** The engine's look at the schedule is out of date: it was renewed or put off in the meantime. */
  | { kind: 'not_due' }
  | { kind: 'not_renewable' }
  /** Deleted, or ended before. */
  | { kind: 'gone' };

/**
 * Claims a grant for one renewal (T1): lease, fence and write-ahead mark in one transaction, so that no byte
 * carrying a refresh token leaves before a durable row says that it might have.
 *
 * @throws EvergrantError `storage_unavailable`, `storage_key_unavailable`, `provider_not_configured`: nothing was sent
 */
export const claimGrant = (context: Context, grantId: string, mode: Mode): Promise<ClaimResult> => {
  const claimedAt = context.clock.monotonic();
  return context.store.transaction(async (tx): Promise<ClaimResult> => {
    const grant = await grants.byId(tx, grantId);
    const row = await schedule.byGrant(tx, grantId);
    if (!grant || !row || grant.status !== 'active') return { kind: 'gone' };
    const now = context.clock.now();
    if (mode === 'background' && (row.due_at === null || row.due_at > now)) return { kind: 'not_due' };
    const app = context.apps.ofGrant(grant);
    if (!isRenewable(app, { hasRefreshToken: grant.refresh_token_sealed !== null })) return { kind: 'not_renewable' };
    const obstacle = findObstacle(app, grant, row, mode, now) ?? (await passGate(tx, grant, now));
    if (obstacle) return obstacle;
    const credentials = openCredentials(context.vault, grant);
    return { kind: 'claimed', claim: await mark(context, tx, { grant, row, app, credentials, claimedAt, now }) };
  });
};

const findObstacle = (
  app: App,
  grant: GrantRow,
  row: ScheduleRow,
  mode: Mode,
  now: number,
): ClaimResult | undefined => {
  if (row.lease_until !== null && row.lease_until > now) return { kind: 'busy', until: row.lease_until };
  const refresh = app.definition.refresh ?? {};
  const ripe = grant.issued_at + (refresh.minimumAgeSeconds ?? 0) * 1000;
  if (ripe > now) return { kind: 'too_young', until: ripe };
  if (row.mark_at !== null) {
    const selfRefreshing = isSelfRefreshing(app.definition.protocol);
    const until = retryUnresolvedAt(refresh, selfRefreshing, row.mark_at, grant.expires_at);
    if (until > now) return { kind: 'waiting', until, error: storedError(grant, until - now) };
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

/** Lets one attempt an interval through the gate of an app whose credentials were refused. */
const passGate = async (tx: Queryable, grant: GrantRow, now: number): Promise<ClaimResult | undefined> => {
  const gate = await gates.find(tx, grant.provider, grant.client_id);
  if (!gate) return undefined;
  if (gate.probe_at > now) {
    return {
      kind: 'waiting',
      until: gate.probe_at,
      error: storedError({ last_error: gate.error }, gate.probe_at - now),
    };
  }
  await gates.open(tx, { ...gate, probe_at: now + gateProbeInterval });
  return undefined;
};

const mark = async (
  context: Context,
  tx: Queryable,
  {
    grant,
    row,
    app,
    credentials,
    claimedAt,
    now,
  }: {
    grant: GrantRow;
    row: ScheduleRow;
    app: App;
    credentials: Credentials;
    claimedAt: number;
    now: number;
  },
): Promise<Claim> => {
  const fence = row.fence + 1;
  const markId = newId('att');
  await schedule.update(tx, grant.id, {
    fence,
    lease_owner: context.node,
    lease_until: now + leaseDuration,
    due_at: now + leaseDuration,
    mark_id: markId,
    mark_at: now,
    doubt_since: row.doubt_since ?? row.mark_at,
    mark_hash: context.vault.mac(credentials.refreshToken ?? credentials.accessToken, 'mark'),
  });
  await grants.insertAttempt(tx, {
    id: markId,
    grant_id: grant.id,
    fence,
    generation: grant.generation,
    started_at: now,
    ended_at: null,
    outcome: null,
    error_code: null,
  });
  return {
    grantId: grant.id,
    app,
    credentials,
    scopes: JSON.parse(grant.scopes_requested) as string[],
    consent: grant.consent,
    generation: grant.generation,
    fence,
    markId,
    person: personOf(grant),
    claimedAt,
  };
};
