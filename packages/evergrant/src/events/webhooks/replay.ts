import { EvergrantError } from '../../errors/index.ts';
import {
  type DeliveryRecord,
  eventCursors,
  events,
  type Page,
  type PageRequest,
  pageOf,
  toPage,
  type WebhookEndpointRow,
  webhookDeliveries,
  webhookEndpoints,
} from '../../store/index.ts';
import type { EventsContext } from '../context.ts';
import type { EventType } from '../index.ts';
import { type Endpoints, timeOf } from './endpoints.ts';
import { cursor, newDelivery } from './fan-out.ts';

/** One event for one endpoint. Times are RFC 3339 in UTC. */
export interface Delivery {
  id: string;
  eventId: string;
  /** Null: the event is no longer kept. */
  type: EventType | null;
  connectionId: string | null;
  /** `failed`: given up. */
  status: 'pending' | 'delivered' | 'failed';
  attempts: number;
  /** Null while it waits for an earlier one of its connection, and when it has ended. */
  nextAttemptAt: string | null;
  lastAttemptAt: string | null;
  lastStatus: number | null;
  lastError: string | null;
  /** The beginning of what the endpoint answered. */
  answer: string | null;
  createdAt: string;
}

/** A {@link Delivery} with where it goes. */
export interface SentDelivery extends Delivery {
  endpointId: string;
  url: string;
}

/** What is to be sent once more: every delivery that was given up, or every event of a time. */
export type Replay = { status: 'failed'; since?: Date; until?: Date } | { since: Date; until?: Date };

/** Events in one transaction. */
const batch = 500;

export type Deliveries = ReturnType<typeof createDeliveries>;

/** What was, is and will once more be delivered to an endpoint. */
export const createDeliveries = ({ store, clock }: EventsContext, endpoints: Endpoints, sendNow: () => void) => {
  /** Newest first. @throws EvergrantError `not_found`, `invalid_request` */
  const list = async (
    endpointId: string,
    { status, ...page }: PageRequest & { status?: Delivery['status'] } = {},
  ): Promise<Page<Delivery>> => {
    await endpoints.existing(store.db, endpointId);
    const { before, size } = pageOf(page, 'dlv_');
    const rows = await webhookDeliveries.list(store.db, endpointId, { status, before, limit: size + 1 });
    return toPage(rows.map(toDelivery), size);
  };

  /** What concerns one connection, to all endpoints; newest first. @throws EvergrantError `invalid_request` */
  const listOfConnection = async (connectionId: string, page: PageRequest = {}): Promise<Page<SentDelivery>> => {
    const { before, size } = pageOf(page, 'dlv_');
    const rows = await webhookDeliveries.ofConnection(store.db, connectionId, { before, limit: size + 1 });
    return toPage(
      rows.map((row) => ({ ...toDelivery(row), endpointId: row.endpoint_id, url: row.url })),
      size,
    );
  };

  const get = async (endpointId: string, id: string): Promise<Delivery> => {
    const row = await webhookDeliveries.byId(store.db, endpointId, id);
    if (!row) throw new EvergrantError('not_found', { detail: 'There is no such delivery' });
    return toDelivery(row);
  };

  /** Sends one once more, whatever became of it. @throws EvergrantError `not_found` */
  const replayOne = async (endpointId: string, id: string): Promise<Delivery> => {
    await store.transaction(async (tx) => {
      await endpoints.existing(tx, endpointId, true);
      await webhookDeliveries.replay(tx, endpointId, { ids: [id] }, await store.now(tx));
    });
    const delivery = await get(endpointId, id);
    sendNow();
    return delivery;
  };

  /**
   * Sends several once more, in order. Of a time, also events that the endpoint never got, because it was disabled then or
   * not there yet.
   *
   * @returns how many
   * @throws EvergrantError `not_found`
   */
  const replay = async (endpointId: string, what: Replay): Promise<number> => {
    const count = 'status' in what ? await replayFailed(endpointId, what) : await replayEvents(endpointId, what);
    sendNow();
    return count;
  };

  const replayFailed = (endpointId: string, { since, until }: { since?: Date; until?: Date }): Promise<number> =>
    store.transaction(async (tx) => {
      await endpoints.existing(tx, endpointId, true);
      const selection = { status: 'failed' as const, since: since?.getTime(), until: until?.getTime() };
      return webhookDeliveries.replay(tx, endpointId, selection, await store.now(tx));
    });

  const replayEvents = async (endpointId: string, { since, until }: { since: Date; until?: Date }): Promise<number> => {
    const endpoint = await endpoints.existing(store.db, endpointId);
    const upTo = (await eventCursors.position(store.db, cursor)) ?? 0;
    const span = { since: since.getTime(), until: until?.getTime() ?? Number.MAX_SAFE_INTEGER };
    let [count, after] = [0, 0];
    for (;;) {
      const rows = await events.during(store.db, filterOf(endpoint), { after, upTo, limit: batch, ...span });
      if (rows.length === 0) return count;
      await store.transaction(async (tx) => {
        if (!(await webhookEndpoints.byId(tx, endpointId, true))) return;
        const now = clock.now();
        await webhookDeliveries.insert(
          tx,
          rows.map((row) => newDelivery(endpointId, row, null, now)),
        );
        const eventIds = rows.map(({ id }) => id);
        count += await webhookDeliveries.replay(tx, endpointId, { eventIds }, await store.now(tx));
      });
      after = rows.at(-1)!.position;
    }
  };

  return { list, listOfConnection, get, replayOne, replay };
};

const filterOf = ({ events: types, owner }: WebhookEndpointRow) => ({
  ...(types === null ? {} : { types: JSON.parse(types) as string[] }),
  ...(owner === null ? {} : { owner }),
});

const toDelivery = (row: DeliveryRecord): Delivery => ({
  id: row.id,
  eventId: row.event_id,
  type: row.type as EventType | null,
  connectionId: row.connection_id,
  status: row.status,
  attempts: row.attempts,
  nextAttemptAt: timeOf(row.next_at),
  lastAttemptAt: timeOf(row.last_attempt_at),
  lastStatus: row.last_status,
  lastError: row.last_error,
  answer: row.answer,
  createdAt: timeOf(row.created_at),
});
