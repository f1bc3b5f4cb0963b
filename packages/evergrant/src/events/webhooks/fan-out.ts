import {
  type EventRow,
  eventCursors,
  events,
  type Horizon,
  type New,
  type Queryable,
  type Store,
  type WebhookDeliveriesTable,
  type WebhookEndpointRow,
  webhookDeliveries,
  webhookEndpoints,
} from '../../store/index.ts';
import { newId } from '../../telemetry/ids.ts';
import type { EventsContext } from '../context.ts';

/** How far events have been put into the outbox. */
export const cursor = 'webhooks';

/** Events in one transaction. */
const batch = 500;

/**
 * Puts new events into the outbox of every endpoint that wants them. One process at a time does so, and how far it came is
 * committed with what it put there: each event once.
 *
 * @returns whether there are more
 */
export const fanOut = async ({ store, clock }: EventsContext, horizon: Horizon): Promise<boolean> => {
  const upTo = await horizon.advance();
  // Without a lock first: most of the time there is nothing to do.
  if (((await eventCursors.position(store.db, cursor)) ?? 0) >= upTo) return false;
  return store.transaction(async (tx) => {
    const after = await eventCursors.position(tx, cursor, true);
    if (after === undefined || after >= upTo) return false;
    const endpoints = await webhookEndpoints.lockEnabled(tx);
    const rows = endpoints.length === 0 ? [] : await events.between(tx, {}, { after, upTo, limit: batch });
    const due = await store.now(tx);
    for (const endpoint of endpoints) {
      const wanted = rows.filter((row) => row.position > endpoint.active_from && wants(endpoint, row));
      await enqueue(tx, endpoint.id, wanted, { due, now: clock.now() });
    }
    const isFull = rows.length === batch;
    await eventCursors.move(tx, cursor, isFull ? rows.at(-1)!.position : upTo);
    return isFull;
  });
};

/** Where events begin to be put into the outbox, unless that is known. */
export const beginFanOut = async (store: Store, horizon: Horizon): Promise<void> =>
  eventCursors.ensure(store.db, cursor, await horizon.last());

/** Whether an endpoint is to get an event. */
const wants = ({ events: types, owner }: WebhookEndpointRow, row: EventRow): boolean =>
  (types === null || (JSON.parse(types) as string[]).includes(row.type)) && (owner === null || row.owner === owner);

/**
 * Puts events into the outbox of an endpoint whose row is locked. Of each subject only the first is due, and only if
 * nothing of it waits already.
 */
const enqueue = async (
  tx: Queryable,
  endpointId: string,
  rows: EventRow[],
  { due, now }: { due: number; now: number },
): Promise<void> => {
  if (rows.length === 0) return;
  const taken = await webhookDeliveries.pendingSubjects(tx, endpointId, [...new Set(rows.map(subjectOf))]);
  const deliveries = rows.map((row) => {
    const isFirst = !taken.has(subjectOf(row));
    taken.add(subjectOf(row));
    return newDelivery(endpointId, row, isFirst ? due : null, now);
  });
  await webhookDeliveries.insert(tx, deliveries);
};

/** What is kept in order. */
const subjectOf = ({ connection_id, provider }: EventRow): string => connection_id ?? provider ?? '';

export const newDelivery = (
  endpointId: string,
  row: EventRow,
  nextAt: number | null,
  now: number,
): New<WebhookDeliveriesTable> => ({
  id: newId('dlv'),
  endpoint_id: endpointId,
  event_id: row.id,
  position: row.position,
  subject: subjectOf(row),
  status: 'pending',
  attempts: 0,
  next_at: nextAt,
  claim: null,
  last_attempt_at: null,
  last_status: null,
  last_error: null,
  answer: null,
  created_at: now,
});
