import { sql } from 'kysely';
import type { Queryable } from './dialect.ts';
import { insertEach } from './each.ts';
import { prepared } from './prepared.ts';
import type { EventRow, EventsTable, New, NewEvent } from './schema.ts';

const insertOne = prepared((db, event: New<EventsTable>) => db.insertInto('events').values(event));

export const insert = (db: Queryable, events: NewEvent[]): Promise<void> =>
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

/** Which events; what is left out does not restrict. */
export interface EventFilter {
  types?: readonly string[];
  connectionId?: string;
  provider?: string;
  owner?: string;
}

const matching = (db: Queryable, { types, connectionId, provider, owner }: EventFilter) =>
  db
    .selectFrom('events')
    .selectAll()
    .$if(types !== undefined, (query) => query.where('type', 'in', types!))
    .$if(connectionId !== undefined, (query) => query.where('connection_id', '=', connectionId!))
    .$if(provider !== undefined, (query) => query.where('provider', '=', provider!))
    .$if(owner !== undefined, (query) => query.where('owner', '=', owner!));

/** Newest first, from a position backwards. */
export const newest = (
  db: Queryable,
  filter: EventFilter,
  page: { upTo: number; limit: number },
): Promise<EventRow[]> =>
  matching(db, filter).where('position', '<=', page.upTo).orderBy('position', 'desc').limit(page.limit).execute();

/** In the order in which they happened, from the one after a position up to another one. */
export const between = (
  db: Queryable,
  filter: EventFilter,
  page: { after: number; upTo: number; limit: number },
): Promise<EventRow[]> =>
  matching(db, filter)
    .where('position', '>', page.after)
    .where('position', '<=', page.upTo)
    .orderBy('position')
    .limit(page.limit)
    .execute();

/** As {@link between}, of those that happened in a span of time. */
export const during = (
  db: Queryable,
  filter: EventFilter,
  page: { after: number; upTo: number; limit: number; since: number; until: number },
): Promise<EventRow[]> =>
  matching(db, filter)
    .where('position', '>', page.after)
    .where('position', '<=', page.upTo)
    .where('at', '>=', page.since)
    .where('at', '<', page.until)
    .orderBy('position')
    .limit(page.limit)
    .execute();

export const byId = (db: Queryable, id: string): Promise<EventRow | undefined> =>
  db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst();

export const byIds = (db: Queryable, ids: string[]): Promise<EventRow[]> =>
  ids.length === 0 ? Promise.resolve([]) : db.selectFrom('events').selectAll().where('id', 'in', ids).execute();

/** The first that is still kept. */
export const oldest = (db: Queryable): Promise<EventRow | undefined> =>
  db.selectFrom('events').selectAll().orderBy('position').limit(1).executeTakeFirst();

/**
 * Removes some of the oldest events.
 *
 * @param before those that happened earlier go
 * @returns how many went; fewer than `limit`: there are no more
 */
export const prune = async (db: Queryable, before: number, limit: number): Promise<number> => {
  // Only the oldest are looked at, so that a round with nothing to do costs nothing.
  const first = db.selectFrom('events').select(['position', 'at']).orderBy('position').limit(limit).as('first');
  const { numDeletedRows } = await db
    .deleteFrom('events')
    .where('position', 'in', db.selectFrom(first).select('first.position').where(sql<number>`first.at`, '<', before))
    .executeTakeFirst();
  return Number(numDeletedRows);
};

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
