import type { App } from '../protocols/types.ts';
import type { GrantRow, ScheduleRow } from '../store/index.ts';
import { isSelfRefreshing } from './context.ts';
import { retryUnresolvedAt } from './timing.ts';

/** When a grant may be tried again whose last attempt has an unknown outcome; null: it has none. */
export const retryOfUnresolved = (app: App, grant: GrantRow, row: ScheduleRow, now: number): number | null => {
  if (row.mark_at === null) return null;
  return retryUnresolvedAt(app.definition.refresh ?? {}, isSelfRefreshing(app.definition.protocol), {
    markAt: row.mark_at,
    since: firstDoubt(grant, row) ?? row.mark_at,
    expiresAt: grant.expires_at,
    now,
  });
};

/** A doubt that is older than the stored credential does not concern it, but its predecessor. */
const firstDoubt = (grant: GrantRow, { doubt_since: since }: ScheduleRow): number | null =>
  since !== null && (grant.candidate_sealed !== null || since > (grant.last_refreshed_at ?? 0)) ? since : null;
