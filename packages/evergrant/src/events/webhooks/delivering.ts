import { randomUUID } from 'node:crypto';
import type { StreamingEgress } from '../../egress/index.ts';
import { isEvergrantError } from '../../errors/index.ts';
import {
  type Changes,
  type ClaimedDelivery,
  events,
  type Queryable,
  type WebhookDeliveriesTable,
  type WebhookEndpointRow,
  type WebhookEndpointsTable,
  webhookDeliveries,
  webhookEndpoints,
} from '../../store/index.ts';
import type { EventsContext } from '../context.ts';
import { attempt, type Outcome } from './attempt.ts';
import { disabledAfter, leaseTime, pauseAfter, recoversAfter, silenceAfter, stopPatience } from './pace.ts';
import type { TargetRules } from './target.ts';

/** Attempts at a time from this process: to one endpoint, and in all. */
const perEndpoint = 8;
const inAll = 64;

export interface Delivering {
  /** Begins attempts of what is due. @param ended called whenever one has ended */
  begin(ended: () => void): Promise<void>;
  /** Lets attempts under way end, for a moment; those that have no answer then are made again later. */
  stop(): Promise<void>;
}

/** Sends what is in the outbox. */
export const createDelivering = (context: EventsContext, egress: StreamingEgress, rules: TargetRules): Delivering => {
  const { store, clock, logger, metrics } = context;
  const stopping = new AbortController();
  const underWay = new Map<Promise<void>, string>();

  /** An endpoint that failed is left alone for a while, and then tried with one delivery at a time, over all processes. */
  const claim = (id: string, limit: number) =>
    store.transaction(async (tx) => {
      const now = await store.now(tx);
      const until = now + leaseTime;
      const endpoint = await webhookEndpoints.byId(tx, id, true);
      if (!endpoint || endpoint.disabled_at !== null) return { endpoint: null, claimed: [] };
      const isFailing = endpoint.failures > 0;
      if (isFailing && (endpoint.retry_at ?? 0) > now) return { endpoint: null, claimed: [] };
      const how = { now, until, claim: randomUUID(), limit: isFailing ? 1 : limit };
      const claimed = await webhookDeliveries.claimDue(tx, id, how);
      if (isFailing && claimed.length > 0) await webhookEndpoints.update(tx, id, { retry_at: until });
      return { endpoint, claimed };
    });

  const deliver = async (endpoint: WebhookEndpointRow, delivery: ClaimedDelivery): Promise<void> => {
    const event = await events.byId(store.db, delivery.event_id);
    const outcome = event ? await attempt(context, egress, rules, endpoint, event, stopping.signal) : null;
    await store.transaction(async (tx) => {
      const current = await webhookEndpoints.byId(tx, endpoint.id, true);
      if (!current) return;
      const now = await store.now(tx);
      if (stopping.signal.aborted && outcome?.status === null) await putBack(tx, delivery, now);
      else if (outcome === null) await giveUp(tx, delivery, 'The event is no longer kept', now);
      else if (outcome.delivered) await succeed(tx, current, delivery, outcome, now);
      else await fail(tx, { endpoint, current }, delivery, outcome, now);
    });
  };

  /** As if it had not begun: that this process stops is no fault of the endpoint. */
  const putBack = (tx: Queryable, delivery: ClaimedDelivery, now: number): Promise<boolean> =>
    webhookDeliveries.settle(tx, delivery, { attempts: delivery.attempts - 1, next_at: now });

  const succeed = async (
    tx: Queryable,
    endpoint: WebhookEndpointRow,
    delivery: ClaimedDelivery,
    outcome: Outcome,
    now: number,
  ): Promise<void> => {
    metrics.delivery('delivered');
    if (!(await webhookDeliveries.settle(tx, delivery, { ...facts(outcome), status: 'delivered', next_at: null })))
      return;
    await webhookDeliveries.promote(tx, endpoint.id, now, delivery.subject);
    if (endpoint.failures === 0) return;
    await webhookEndpoints.update(tx, endpoint.id, { failures: 0, failing_since: null, retry_at: null });
    const wasDown = now - (endpoint.failing_since ?? now) >= recoversAfter;
    if (wasDown) await webhookDeliveries.hasten(tx, endpoint.id, now);
  };

  const fail = async (
    tx: Queryable,
    { endpoint, current }: { endpoint: WebhookEndpointRow; current: WebhookEndpointRow },
    delivery: ClaimedDelivery,
    outcome: Outcome,
    now: number,
  ): Promise<void> => {
    const pause = pauseAfter(delivery.attempts, context.random());
    if (pause === null) await giveUp(tx, delivery, outcome.error, now, facts(outcome));
    else {
      metrics.delivery('failed');
      // An earlier one may have been replayed in the meantime: then this one follows it.
      const isFirst = !(await webhookDeliveries.isPreceded(tx, delivery));
      await webhookDeliveries.settle(tx, delivery, { ...facts(outcome), next_at: isFirst ? now + pause : null });
    }
    const isGone = outcome.status === 410;
    // Of attempts that were under way together the first failure counts for all.
    if (current.failures > endpoint.failures && !isGone) return;
    const changes = afterFailure(current, outcome, now, context.random());
    await webhookEndpoints.update(tx, endpoint.id, changes);
    if (changes.disabled_reason) {
      logger.error(
        { webhook: endpoint.id, reason: changes.disabled_reason },
        'a webhook is disabled; nothing more is sent to it until it is switched on again',
      );
    }
  };

  const giveUp = async (
    tx: Queryable,
    delivery: ClaimedDelivery,
    reason: string | null,
    now: number,
    more: Changes<WebhookDeliveriesTable> = {},
  ): Promise<void> => {
    metrics.delivery('given_up');
    logger.warn({ webhook: delivery.endpoint_id, delivery: delivery.id, reason }, 'a delivery was given up');
    const ended = { last_error: reason, ...more, status: 'failed' as const, next_at: null };
    if (!(await webhookDeliveries.settle(tx, delivery, ended))) return;
    await webhookDeliveries.promote(tx, delivery.endpoint_id, now, delivery.subject);
  };

  const run = (endpoint: WebhookEndpointRow, delivery: ClaimedDelivery, ended: () => void): void => {
    const running = deliver(endpoint, delivery)
      .catch((error: unknown) => {
        // Its lease runs out, and it is tried again.
        const error_code = isEvergrantError(error) ? error.code : 'internal';
        logger.error({ webhook: endpoint.id, error_code, error }, 'a delivery could not be made');
      })
      .finally(() => {
        underWay.delete(running);
        ended();
      });
    underWay.set(running, endpoint.id);
  };

  const roomFor = (id: string): number => {
    const own = [...underWay.values()].filter((endpoint) => endpoint === id).length;
    return Math.min(perEndpoint - own, inAll - underWay.size);
  };

  return {
    async begin(ended) {
      const ids = await webhookEndpoints.withDue(store.db, await store.now(store.db));
      for (const id of ids) {
        const room = roomFor(id);
        if (room <= 0) continue;
        const { endpoint, claimed } = await claim(id, room);
        for (const delivery of claimed) run(endpoint!, delivery, ended);
      }
    },
    async stop() {
      const cancel = clock.after(stopPatience, () => stopping.abort());
      await Promise.all(underWay.keys());
      cancel();
    },
  };
};

const facts = ({ status, error, answer }: Outcome) => ({ last_status: status, last_error: error, answer });

/** What a failure says of the endpoint. */
const afterFailure = (
  endpoint: WebhookEndpointRow,
  outcome: Outcome,
  now: number,
  random: number,
): Changes<WebhookEndpointsTable> => {
  const failures = endpoint.failures + 1;
  const since = endpoint.failing_since ?? now;
  const silence = Math.max(silenceAfter(failures, random), (outcome.retryAfter ?? 0) * 1000);
  const reason = outcome.status === 410 ? 'gone' : now - since >= disabledAfter ? 'failing' : null;
  return {
    failures,
    failing_since: since,
    retry_at: now + silence,
    ...(reason !== null && endpoint.disabled_at === null ? { disabled_at: now, disabled_reason: reason } : {}),
  };
};
