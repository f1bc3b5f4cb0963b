import { type SelectQueryBuilder, sql } from 'kysely';
import { isPostgres, type Queryable } from './dialect.ts';
import type { Changes, Database, New, WebhookDeliveriesTable, WebhookDeliveryRow } from './schema.ts';

/*
 * Of each subject of an endpoint only the first that is pending has a `next_at`; the others follow it. Every function
 * that changes what is pending is called with the row of the endpoint locked.
 */

/** Written out, because SQLite does not see that a parameter fits the index. */
const pending = sql.lit('pending' as const);

/** A delivery with what the event was. */
export type DeliveryRecord = WebhookDeliveryRow & { type: string | null; connection_id: string | null };

/** A delivery whose attempt has begun. */
export type ClaimedDelivery = WebhookDeliveryRow & { claim: string };

/** Puts deliveries into the outbox; those that are there already stay as they are. */
export const insert = async (db: Queryable, deliveries: New<WebhookDeliveriesTable>[]): Promise<void> => {
  if (deliveries.length === 0) return;
  await db
    .insertInto('webhook_deliveries')
    .values(deliveries)
    .onConflict((conflict) => conflict.columns(['endpoint_id', 'event_id']).doNothing())
    .execute();
};

/** Of these subjects those for which something is pending. */
export const pendingSubjects = async (db: Queryable, endpointId: string, subjects: string[]): Promise<Set<string>> => {
  const rows = await db
    .selectFrom('webhook_deliveries')
    .select('subject')
    .distinct()
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', pending)
    .where('subject', 'in', subjects)
    .execute();
  return new Set(rows.map(({ subject }) => subject));
};

/** Begins attempts of what is due, the longest due first. @param until the end of their lease */
export const claimDue = async (
  db: Queryable,
  endpointId: string,
  { now, until, claim, limit }: { now: number; until: number; claim: string; limit: number },
): Promise<ClaimedDelivery[]> => {
  const due = db
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('endpoint_id', '=', endpointId)
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .orderBy('position')
    .limit(limit)
    .$if(isPostgres(db), (query) => query.forUpdate().skipLocked());
  const claimed = await db
    .updateTable('webhook_deliveries')
    .set((set) => ({ claim, next_at: until, last_attempt_at: now, attempts: set('attempts', '+', 1) }))
    .where('id', 'in', due)
    .returningAll()
    .execute();
  return claimed as ClaimedDelivery[];
};

/** Ends an attempt. False: its lease was over, and another one has begun, or the delivery is gone. */
export const settle = async (
  db: Queryable,
  { id, claim }: ClaimedDelivery,
  changes: Changes<WebhookDeliveriesTable>,
): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('webhook_deliveries')
    .set({ ...changes, claim: null })
    .where('id', '=', id)
    .where('claim', '=', claim)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
};

/** Lets the first of each subject go on that waits for an earlier one which is there no more. */
export const promote = async (db: Queryable, endpointId: string, now: number, subject?: string): Promise<void> => {
  await db
    .updateTable('webhook_deliveries')
    .set({ next_at: now })
    .where('endpoint_id', '=', endpointId)
    .where('status', '=', pending)
    .where('next_at', 'is', null)
    .$if(subject !== undefined, (query) => query.where('subject', '=', subject!))
    .where('position', '=', (where) =>
      where
        .selectFrom('webhook_deliveries as earliest')
        .select((select) => select.fn.min<number>('earliest.position').as('position'))
        .whereRef('earliest.endpoint_id', '=', 'webhook_deliveries.endpoint_id')
        .whereRef('earliest.subject', '=', 'webhook_deliveries.subject')
        .where('earliest.status', '=', pending),
    )
    .execute();
};

/** Whether an earlier one of its subject is pending. */
export const isPreceded = async (
  db: Queryable,
  { endpoint_id, subject, position }: WebhookDeliveryRow,
): Promise<boolean> =>
  (await db
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('endpoint_id', '=', endpoint_id)
    .where('subject', '=', subject)
    .where('status', '=', pending)
    .where('position', '<', position)
    .limit(1)
    .executeTakeFirst()) !== undefined;

/** The endpoint takes deliveries again: what waits for a later try goes now. */
export const hasten = async (db: Queryable, endpointId: string, now: number): Promise<void> => {
  await db
    .updateTable('webhook_deliveries')
    .set({ next_at: now })
    .where('endpoint_id', '=', endpointId)
    .where('next_at', '>', now)
    .where('claim', 'is', null)
    .execute();
};

/** Which deliveries are to be sent once more. */
export interface ReplaySelection {
  ids?: string[];
  eventIds?: string[];
  status?: WebhookDeliveryRow['status'];
  /** Those that were put into the outbox at this time or later. */
  since?: number;
  until?: number;
}

/** Sets deliveries back to where they began, in their order. @returns how many */
export const replay = async (
  db: Queryable,
  endpointId: string,
  { ids, eventIds, status, since, until }: ReplaySelection,
  now: number,
): Promise<number> => {
  const { numUpdatedRows } = await db
    .updateTable('webhook_deliveries')
    .set({ status: 'pending', attempts: 0, next_at: null })
    .where('endpoint_id', '=', endpointId)
    .$if(ids !== undefined, (query) => query.where('id', 'in', ids!))
    .$if(eventIds !== undefined, (query) => query.where('event_id', 'in', eventIds!))
    .$if(status !== undefined, (query) => query.where('status', '=', status!))
    .$if(since !== undefined, (query) => query.where('created_at', '>=', since!))
    .$if(until !== undefined, (query) => query.where('created_at', '<', until!))
    // What is just being sent is not sent twice.
    .where('claim', 'is', null)
    .executeTakeFirst();
  // What came first may not be what comes first now.
  await db
    .updateTable('webhook_deliveries')
    .set({ next_at: null })
    .where('endpoint_id', '=', endpointId)
    .where('next_at', 'is not', null)
    .where('claim', 'is', null)
    .execute();
  await promote(db, endpointId, now);
  return Number(numUpdatedRows);
};

const records = (db: Queryable, endpointId: string) =>
  db
    .selectFrom('webhook_deliveries as delivery')
    .leftJoin('events as event', 'event.id', 'delivery.event_id')
    .selectAll('delivery')
    .select(['event.type', 'event.connection_id'])
    .where('delivery.endpoint_id', '=', endpointId) as SelectQueryBuilder<
    Database & { delivery: WebhookDeliveriesTable },
    'delivery',
    DeliveryRecord
  >;

/** Newest first. `before` is the id of a delivery. */
export const list = (
  db: Queryable,
  endpointId: string,
  page: { status?: WebhookDeliveryRow['status']; before?: string; limit: number },
): Promise<DeliveryRecord[]> =>
  records(db, endpointId)
    .$if(page.status !== undefined, (query) => query.where('delivery.status', '=', page.status!))
    .$if(page.before !== undefined, (query) => query.where('delivery.id', '<', page.before!))
    .orderBy('delivery.id', 'desc')
    .limit(page.limit)
    .execute();

/** One that concerns a connection, with where it went. */
export type SentRecord = DeliveryRecord & { url: string };

/** Those of a connection's events, to every endpoint that there still is; newest first. `before` is the id of a delivery. */
export const ofConnection = (
  db: Queryable,
  connectionId: string,
  page: { before?: string; limit: number },
): Promise<SentRecord[]> =>
  db
    .selectFrom('events as event')
    .innerJoin('webhook_deliveries as delivery', 'delivery.event_id', 'event.id')
    // With the endpoint each is found by its unique key.
    .innerJoin('webhook_endpoints as endpoint', 'endpoint.id', 'delivery.endpoint_id')
    .selectAll('delivery')
    .select(['event.type', 'event.connection_id', 'endpoint.url'])
    .where('event.connection_id', '=', connectionId)
    .$if(page.before !== undefined, (query) => query.where('delivery.id', '<', page.before!))
    .orderBy('delivery.id', 'desc')
    .limit(page.limit)
    .execute();

export const byId = (db: Queryable, endpointId: string, id: string): Promise<DeliveryRecord | undefined> =>
  records(db, endpointId).where('delivery.id', '=', id).executeTakeFirst();

/** Removes some deliveries of an endpoint that is gone. @returns how many */
export const removeSome = async (db: Queryable, endpointId: string, limit: number): Promise<number> => {
  const some = db.selectFrom('webhook_deliveries').select('id').where('endpoint_id', '=', endpointId).limit(limit);
  return Number((await db.deleteFrom('webhook_deliveries').where('id', 'in', some).executeTakeFirst()).numDeletedRows);
};

/** Removes some of the oldest. @returns how many, and the endpoints for which some of them were still pending */
export const prune = async (
  db: Queryable,
  before: number,
  limit: number,
): Promise<{ removed: number; waiting: string[] }> => {
  const first = db.selectFrom('webhook_deliveries').select(['id', 'created_at']).orderBy('id').limit(limit).as('first');
  const removed = await db
    .deleteFrom('webhook_deliveries')
    .where('id', 'in', db.selectFrom(first).select('first.id').where(sql<number>`first.created_at`, '<', before))
    .returning(['endpoint_id', 'status'])
    .execute();
  const waiting = removed.filter(({ status }) => status === 'pending').map(({ endpoint_id }) => endpoint_id);
  return { removed: removed.length, waiting: [...new Set(waiting)] };
};

/** How many wait. */
export const countPending = async (db: Queryable): Promise<number> => {
  const { count } = await db
    .selectFrom('webhook_deliveries')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('status', '=', pending)
    .executeTakeFirstOrThrow();
  return Number(count);
};
