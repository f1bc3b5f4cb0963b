import { isEvergrantError } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import type { App } from '../protocols/types.ts';
import { connections, type GrantRow, grants, schedule } from '../store/index.ts';
import type { Context } from './context.ts';
import { factsOf, fixedEnd, nextWarning } from './plan.ts';
import { day } from './timing.ts';

/** Warns of fixed ends 14 days, 7 days and 1 day before: once each, and of several that were missed only the last. */
export const warnOfEnds = async (context: Context): Promise<void> => {
  for (const grant of await grants.dueForWarning(context.store.db, context.clock.now(), 100)) {
    await context.store.write(async (tx) => {
      // Locked and read again: other nodes look for the same ends, and each must be told once.
      const row = await schedule.byGrant(tx, grant.id, true);
      const current = await grants.byId(tx, grant.id);
      const now = context.clock.now();
      if (current?.status !== 'active' || current.warn_at === null || current.warn_at > now) return;
      const app = appOf(context, current);
      if (app === null) return grants.update(tx, grant.id, { warn_at: now + day });
      const facts = factsOf(current, row?.last_used_at ?? null);
      const end = fixedEnd(app, facts);
      await grants.update(tx, grant.id, { warn_at: nextWarning(app, facts, now) });
      if (end === null || end <= now) return;
      const served = await connections.ofGrant(tx, grant.id);
      const data = { days: Math.ceil((end - now) / day), ends_at: new Date(end).toISOString() };
      await timeline.recordForConnections(tx, now, 'connection.expiring', served, data);
    });
  }
};

/** Null: its provider is not configured now. Such a grant is asked for tomorrow, and keeps no other from its warning. */
const appOf = (context: Context, grant: GrantRow): App | null => {
  try {
    return context.apps.ofGrant(grant);
  } catch (error) {
    if (isEvergrantError(error, 'provider_not_configured', 'provider_unknown')) return null;
    throw error;
  }
};
