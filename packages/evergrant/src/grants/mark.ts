import type { App } from '../protocols/types.ts';
import { type GrantRow, grants, type Queryable, type ScheduleRow, schedule } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import type { Claim } from './claim.ts';
import type { Context } from './context.ts';
import { type Credentials, openCredentials } from './credentials.ts';
import type { Moment } from './moment.ts';
import { predecessorToPresent } from './predecessor.ts';
import { personOf } from './revocations.ts';
import { leaseDuration } from './timing.ts';

/** What a claim is made of. */
export interface Grounds {
  app: App;
  grant: GrantRow;
  row: ScheduleRow;
  now: number;
  claimedAt: Moment;
  probing: boolean;
}

/**
 * The claim of a grant, with its credentials in clear. Until it is marked nothing may be sent under it.
 *
 * @throws EvergrantError `storage_key_unavailable`
 */
export const claimOf = (context: Context, { app, grant, row, now, claimedAt, probing }: Grounds): Claim => ({
  grantId: grant.id,
  app,
  credentials: credentialsOf(context, { app, grant, row, now }),
  scopes: JSON.parse(grant.scopes_requested) as string[],
  consent: grant.consent,
  generation: grant.generation,
  fence: row.fence + 1,
  markId: newId('att'),
  person: personOf(grant),
  probing,
  dueAt: row.due_at !== null && row.due_at <= now ? row.due_at : null,
  doubtSince: row.doubt_since ?? row.mark_at,
  claimedAt,
});

/** What is presented: as stored, but for a predecessor that must be tried once more. */
const credentialsOf = (
  context: Context,
  { app, grant, row, now }: Pick<Grounds, 'app' | 'grant' | 'row' | 'now'>,
): Credentials => {
  const credentials = openCredentials(context.vault, grant);
  const predecessor = predecessorToPresent(context, app, grant, row, now);
  return predecessor === null ? credentials : { ...credentials, refreshToken: predecessor };
};

/** Keeps others in the background from grants that are about to be taken over. */
export const lease = (tx: Queryable, claims: Claim[], owner: string, now: number): Promise<void> =>
  schedule.updateEach(
    tx,
    claims.map(({ grantId }) => ({
      grant_id: grantId,
      lease_owner: owner,
      lease_until: now + leaseDuration,
      due_at: now + leaseDuration,
    })),
  );

/** Writes down, before anything is sent, who is about to present which credentials. */
export const mark = async (context: Context, tx: Queryable, claims: Claim[], now: number): Promise<void> => {
  await schedule.updateEach(
    tx,
    claims.map(({ grantId, fence, markId, credentials, doubtSince }) => ({
      grant_id: grantId,
      fence,
      lease_owner: context.node,
      lease_until: now + leaseDuration,
      due_at: now + leaseDuration,
      mark_id: markId,
      mark_at: now,
      mark_hash: context.vault.mac(credentials.refreshToken ?? credentials.accessToken, 'mark'),
      doubt_since: doubtSince,
    })),
  );
  await grants.insertAttempts(
    tx,
    claims.map(({ grantId, fence, markId, generation }) => ({
      id: markId,
      grant_id: grantId,
      fence,
      generation,
      started_at: now,
      ended_at: null,
      outcome: null,
      error_code: null,
    })),
  );
};
