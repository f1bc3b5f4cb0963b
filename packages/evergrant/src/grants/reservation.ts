import { isEvergrantError } from '../errors/index.ts';
import { gates, grants, type Queryable, type ScheduleRow, schedule } from '../store/index.ts';
import { type Claim, claimDue, obstacleOf } from './claim.ts';
import type { Context } from './context.ts';
import { appName, spendReserved } from './gate.ts';
import { heldAnswers } from './journal.ts';
import { claimOf, mark } from './mark.ts';
import { momentOf } from './moment.ts';
import { putOff } from './obstacles.ts';

/*
 * Claims in two steps, for engines in which one process finds what is due and another one sends it. The first step
 * leases under a name that both know and marks nothing: until the second one has taken a grant over it is certain that
 * nothing was sent, so that a process which dies in between leaves no doubt behind.
 */

/** A due grant that is leased for whoever takes it over. */
export interface Reserved {
  grantId: string;
  /** Since when it is due; null: that is no longer known. */
  dueAt: number | null;
  /** Whether it passed a blocked gate, to try whether the platform is well again. */
  probe: boolean;
}

export interface ReservedOfProvider extends Reserved {
  provider: string;
}

/**
 * Reserves what is due, at most so many.
 *
 * @param owner the name of this reservation; another one must never have it
 * @param without providers that are passed over
 * @throws EvergrantError `storage_unavailable`
 */
export const reserveDue = async (
  context: Context,
  room: number,
  owner: string,
  without: readonly string[],
): Promise<ReservedOfProvider[]> => {
  const { claims, obstacles } = await claimDue(context, room, { reserve: { owner, without } });
  for (const one of obstacles) await putOff(context, one);
  return claims.map(({ grantId, app, dueAt, probing }) => ({ grantId, provider: app.provider, dueAt, probe: probing }));
};

/** What was reserved under a name and not taken over: for whoever asks again because the answer got lost. */
export const reservedBy = async (context: Context, owner: string): Promise<ReservedOfProvider[]> => {
  const { db } = context.store;
  const blocked = (await gates.list(db)).filter((gate) => gate.blocked_by !== null);
  const rows = await schedule.leasedBy(db, owner, await context.store.now(db));
  return rows.map(({ grant_id, provider, client_id }) => ({
    grantId: grant_id,
    provider,
    dueAt: null,
    probe: blocked.some((gate) => gate.provider === provider && gate.client_id === client_id),
  }));
};

/**
 * Takes reserved grants over: from here on they are claims as all others, with fence and mark. Those that somebody
 * faster has claimed, and those whose lease is over, are left out; those that may not be sent any more, or that the rate
 * of their platform does not let through now, are given back.
 *
 * @throws EvergrantError `storage_unavailable`
 */
export const takeOver = async (context: Context, owner: string, reserved: Reserved[]): Promise<Claim[]> => {
  const claimedAt = momentOf(context.clock);
  const known = new Map(reserved.map((one) => [one.grantId, one]));
  return context.store.transaction(async (tx) => {
    const rows = await schedule.lockedByGrants(tx, [...known.keys()]);
    const now = await context.store.now(tx);
    const leased = new Map(rows.filter((row) => isHeld(row, owner, now)).map((row) => [row.grant_id, row]));
    const ours = [...known.keys()].flatMap((id) => leased.get(id) ?? []);
    const found = await grants.byIds(
      tx,
      ours.map(({ grant_id }) => grant_id),
    );
    const [blocked, held] = [await blockedGates(tx), await heldAnswers(tx, ours)];
    const sinceOutage = context.store.sinceOutage();
    const byId = new Map(found.map((grant) => [grant.id, grant]));
    const claims: Claim[] = [];
    const unfit: ScheduleRow[] = [];
    for (const row of ours) {
      const { dueAt, probe } = known.get(row.grant_id)!;
      const free = { ...row, lease_until: null, due_at: dueAt };
      const grant = byId.get(row.grant_id);
      const probing = blocked.has(`${row.provider} ${row.client_id}`);
      try {
        const app = grant?.status === 'active' ? context.apps.ofGrant(grant) : null;
        const isFit = row.due_at !== null && (probe || !probing);
        const prospect = { row: free, now, mode: 'background', held, sinceOutage } as const;
        if (!isFit || !app || !grant || obstacleOf({ app, grant, ...prospect })) unfit.push(row);
        else claims.push(claimOf(context, { app, grant, row: free, now, claimedAt, probing }));
      } catch (error) {
        if (!isEvergrantError(error, 'storage_key_unavailable', 'provider_not_configured', 'provider_unknown')) {
          throw error;
        }
        // Here it cannot be sent; the lease keeps it for a while from coming back to this process at once.
        context.logger.error({ grant: row.grant_id, error_code: error.code }, 'a grant cannot be renewed here');
      }
    }
    const sent = await withinRates(tx, claims, now);
    const late = new Set(claims.filter((claim) => !sent.includes(claim)).map(({ grantId }) => grantId));
    unfit.push(...ours.filter(({ grant_id }) => late.has(grant_id)));
    await giveBack(tx, unfit, known, now);
    if (sent.length > 0) await mark(context, tx, sent, now);
    return sent;
  });
};

/** Those of claims that the rates of their platforms let through now, the first ones first. */
const withinRates = async (tx: Queryable, claims: Claim[], now: number): Promise<Claim[]> => {
  const byApp = Map.groupBy(claims, ({ app }) => appName(app));
  const sent: Claim[] = [];
  // Each locks the row of its app: in one order everywhere, or two batches would wait for each other.
  for (const [, ofApp] of [...byApp].sort(([one], [other]) => (one < other ? -1 : 1))) {
    sent.push(...ofApp.slice(0, await spendReserved(tx, ofApp[0]!.app, ofApp.length, now)));
  }
  return sent;
};

/** Gives back what was reserved and not taken over: it is due again at once. */
export const release = async (context: Context, owner: string, reserved: Reserved[]): Promise<void> => {
  const known = new Map(reserved.map((one) => [one.grantId, one]));
  await context.store.transaction(async (tx) => {
    const rows = await schedule.lockedByGrants(tx, [...known.keys()]);
    const now = await context.store.now(tx);
    await giveBack(
      tx,
      rows.filter((row) => isHeld(row, owner, now)),
      known,
      now,
    );
  });
};

const isHeld = ({ lease_owner, lease_until }: ScheduleRow, owner: string, now: number): boolean =>
  lease_owner === owner && lease_until !== null && lease_until > now;

const blockedGates = async (tx: Queryable): Promise<Set<string>> =>
  new Set(
    (await gates.list(tx)).flatMap((gate) => (gate.blocked_by === null ? [] : `${gate.provider} ${gate.client_id}`)),
  );

/** What is due never, because it was switched off or its grant is gone, is left to the end of its lease. */
const giveBack = (tx: Queryable, rows: ScheduleRow[], known: Map<string, Reserved>, now: number): Promise<void> =>
  schedule.updateEach(
    tx,
    rows
      .filter(({ due_at }) => due_at !== null)
      .map(({ grant_id }) => ({
        grant_id,
        lease_owner: null,
        lease_until: null,
        due_at: known.get(grant_id)?.dueAt ?? now,
      })),
  );
