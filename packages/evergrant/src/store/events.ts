import type { Queryable } from './index.ts';
import type { EventRow, EventsTable, New } from './schema.ts';

export const insert = async (db: Queryable, events: New<EventsTable>[]): Promise<void> => {
  if (events.length > 0) await db.insertInto('events').values(events).execute();
};

/** Events of one connection, newest first. `before` is an event id. */
export const ofConnection = (
  db: Queryable,
  connectionId: string,
  page: { before?: string; limit: number },
): Promise<EventRow[]> =>
  db
    .selectFrom('events')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .$if(page.before !== undefined, (query) => query.where('id', '<', page.before!))
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();
