import type { App } from '../protocols/types.ts';
import type { GrantRow, ScheduleRow } from '../store/index.ts';
import type { Context } from './context.ts';
import { openCandidate, openRefreshToken } from './credentials.ts';
import { isInGrace } from './timing.ts';

/*
 * A platform with a grace takes a used refresh token once more, and what that does to the token which its first use
 * brought differs: at some both live, at others the older one is dead from then on. So when a late answer arrives while
 * a newer attempt with the same token has no known outcome, its token may be dead already; the one that both presented,
 * its predecessor, is what every such platform still takes. It is kept as the candidate, and presented once more before
 * its grace is over.
 */

type Row = Pick<ScheduleRow, 'mark_hash' | 'mark_at' | 'doubt_since'>;

/** Whether the open mark is of an attempt that presents this token. */
export const isMarked = ({ vault }: Pick<Context, 'vault'>, row: Row, refreshToken: string): boolean =>
  row.mark_hash !== null && row.mark_hash === vault.mac(refreshToken, 'mark');

/** What a late answer leaves beside its own token: what an attempt of unknown outcome presented; null: there is none. */
export const predecessorOf = (context: Pick<Context, 'vault'>, app: App, grant: GrantRow, row: Row): string | null => {
  if ((app.definition.refresh?.graceSeconds ?? 0) === 0 || row.mark_hash === null) return null;
  const known = [openRefreshToken(context.vault, grant), openCandidate(context.vault, grant)];
  return known.find((token) => token !== null && isMarked(context, row, token)) ?? null;
};

/** The predecessor of the stored token, as long as it is the one to present; null: present the stored one. */
export const predecessorToPresent = (
  context: Pick<Context, 'vault'>,
  app: App,
  grant: GrantRow,
  row: Row,
  now: number,
): string | null => {
  const since = row.doubt_since ?? row.mark_at;
  if (grant.candidate_sealed === null || since === null) return null;
  if (!isInGrace(app.definition.refresh ?? {}, since, now)) return null;
  const candidate = openCandidate(context.vault, grant);
  return candidate !== null && isMarked(context, row, candidate) ? candidate : null;
};
