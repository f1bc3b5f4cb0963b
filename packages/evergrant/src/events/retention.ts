import { events, webhookDeliveries, webhookEndpoints } from '../store/index.ts';
import type { EventsContext } from './context.ts';
import { deliveriesKept } from './webhooks/pace.ts';

/** Rows that are removed in one statement, and statements in one round: nothing else is to wait for it. */
const batch = 1000;
const rounds = 20;

/**
 * Removes events and deliveries that are older than they are kept, and secrets whose rotation is over.
 *
 * @param eventsKept milliseconds
 */
export const pruneEvents = async ({ store, clock }: EventsContext, eventsKept: number): Promise<void> => {
  const now = clock.now();
  for (let round = 0; round < rounds; round++) {
    if ((await events.prune(store.db, now - eventsKept, batch)) < batch) break;
  }
  for (let round = 0; round < rounds; round++) {
    const { removed, waiting } = await webhookDeliveries.prune(store.db, now - deliveriesKept, batch);
    for (const endpoint of waiting) await letFollow(store, endpoint);
    if (removed < batch) break;
  }
  await webhookEndpoints.dropPreviousSecrets(store.db, now);
};

/** What waited for a delivery that is gone waits no longer. */
const letFollow = (store: EventsContext['store'], endpointId: string): Promise<void> =>
  store.transaction(async (tx) => {
    if (!(await webhookEndpoints.byId(tx, endpointId, true))) return;
    await webhookDeliveries.promote(tx, endpointId, await store.now(tx));
  });
