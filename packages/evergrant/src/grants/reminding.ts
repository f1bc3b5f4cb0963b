import type { ReauthReason } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import { connections, events, grants, type Queryable } from '../store/index.ts';
import type { Context } from './context.ts';

/** A connection that needs a person; a later generation is another story. */
export interface Waiting {
  connectionId: string;
  generation: number;
}

/**
 * Says once more, in the timeline of a connection, that a person must reconnect it; for each number of days once.
 *
 * @param about `days` since it came to need one
 * @returns false: it needs nobody any more
 */
export const remindOfReauth = async (context: Context, about: Waiting & { days: number }): Promise<boolean> =>
  context.store.transaction(async (tx) => {
    const connection = await connections.byId(tx, about.connectionId, true);
    const grant = connection && (await grants.byId(tx, connection.grant_id));
    if (!connection || grant?.status !== 'reauth_required' || grant.generation !== about.generation) return false;
    // What was switched off is nobody's concern for now.
    if (connection.disabled_at !== null || (await wasReminded(tx, about))) return true;
    await timeline.recordForConnections(tx, context.clock.now(), 'connection.reauth_reminder', [connection], {
      reason: (grant.reason ?? 'revoked_or_expired') as ReauthReason,
      generation: about.generation,
      waiting_days: about.days,
    });
    return true;
  });

/** Among the latest of its events: nothing else happens to a connection that waits for a person. */
const wasReminded = async (tx: Queryable, about: Waiting & { days: number }): Promise<boolean> =>
  (await events.ofConnection(tx, about.connectionId, { limit: 20 }))
    .map(timeline.toTimelineEvent)
    .some(
      ({ type, data }) =>
        type === 'connection.reauth_reminder' &&
        data.generation === about.generation &&
        data.waiting_days === about.days,
    );
