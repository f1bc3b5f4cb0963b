import type { StreamingEgress } from '../../egress/index.ts';
import { isEvergrantError } from '../../errors/index.ts';
import { type Horizon, webhookDeliveries, webhookEndpoints } from '../../store/index.ts';
import { newId } from '../../telemetry/ids.ts';
import { type Loop, startLoop } from '../../telemetry/loop.ts';
import type { WebhookObservation } from '../../telemetry/metrics.ts';
import type { EventsContext } from '../context.ts';
import { attempt, type Outcome } from './attempt.ts';
import { createDelivering } from './delivering.ts';
import { createEndpoints, type Endpoints } from './endpoints.ts';
import { beginFanOut, fanOut } from './fan-out.ts';
import { createDeliveries, type Deliveries } from './replay.ts';
import type { TargetRules } from './target.ts';

export type { Outcome } from './attempt.ts';
export type { NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointChanges } from './endpoints.ts';
export type { Delivery, Replay, SentDelivery } from './replay.ts';

/** Milliseconds between two looks for new events and for what is due. */
const interval = 1000;

export interface Webhooks {
  endpoints: Omit<Endpoints, 'existing'>;
  deliveries: Deliveries;
  /** Sends an event of the type `webhook.test` to an endpoint now, past the outbox. @throws EvergrantError `not_found` */
  test(endpointId: string): Promise<Outcome>;
  /** From now on this process fills and empties the outbox, until the returned function is called. */
  start(): Promise<() => Promise<void>>;
  observe(): Promise<WebhookObservation>;
}

/** Webhooks by the Standard Webhooks specification, from an outbox in the database. */
export const createWebhooks = (
  context: EventsContext,
  horizon: Horizon,
  egress: StreamingEgress,
  rules: TargetRules,
): Webhooks => {
  const { store, clock, logger } = context;
  const { existing, ...endpoints } = createEndpoints(context, horizon, egress, rules);
  const delivering = createDelivering(context, egress, rules);
  let loop: Loop | null = null;
  const poke = (): void => loop?.poke();

  const work = async (): Promise<boolean> => {
    const hasMore = await fanOut(context, horizon);
    await delivering.begin(poke);
    return hasMore;
  };

  const logFault = (error: unknown): void =>
    logger.error(
      { error_code: isEvergrantError(error) ? error.code : 'internal', error },
      'the outbox could not be worked on; it is tried again',
    );

  return {
    endpoints,
    deliveries: createDeliveries(context, { ...endpoints, existing }, poke),
    async test(endpointId) {
      const endpoint = await existing(store.db, endpointId);
      const nothing = { connection_id: null, owner: null, provider: null, data: '{}' };
      const message = { id: newId('evt'), type: 'webhook.test', at: clock.now(), ...nothing };
      return attempt(context, egress, rules, endpoint, message);
    },
    async start() {
      await beginFanOut(store, horizon);
      loop = startLoop(clock, interval, work, logFault);
      return async () => {
        await loop?.stop();
        await delivering.stop();
      };
    },
    observe: async () => ({
      backlog: await webhookDeliveries.countPending(store.db),
      disabled: await webhookEndpoints.countFailed(store.db),
    }),
  };
};
