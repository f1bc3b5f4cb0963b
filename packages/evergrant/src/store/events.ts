import type { Queryable } from './dialect.ts';
import { insertEach } from './each.ts';
import { prepared } from './prepared.ts';
import type { EventRow, EventsTable, New } from './schema.ts';

const insertOne = prepared((db, event: New<EventsTable>) => db.insertInto('events').values(event));

export const insert = (db: Queryable, events: New<EventsTable>[]): Promise<void> =>
  insertEach(db, events, { table: 'events', one: insertOne });

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

/** Events of these types since then, the oldest first. @param after an id, or where ids of a time begin */
export const ofTypes = (db: Queryable, types: string[], after: string, limit: number): Promise<EventRow[]> =>
  db
    .selectFrom('events')
    .selectAll()
    .where('id', '>', after)
    .where('type', 'in', types)
    .orderBy('id')
    .limit(limit)
    .execute();
