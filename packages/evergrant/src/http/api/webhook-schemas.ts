import { z } from '@hono/zod-openapi';
import { eventTypes } from '../../events/index.ts';
import type { Delivery, Replay, SentDelivery, WebhookEndpoint } from '../../events/webhooks/index.ts';
import { delivery, webhook } from '../examples.ts';
import { callerText, time } from '../schemas.ts';

const url = callerText
  .pipe(z.string().min(1).max(2000))
  .openapi({ description: 'A public https address, or one on an origin in `RETURN_URLS`' });
const eventType = z.enum(eventTypes).openapi('EventType', { examples: ['connection.reauth_required'] });

const events = z
  .array(eventType)
  .min(1)
  .max(100)
  .nullable()
  .openapi({ description: 'Types of events to send; null: all' });

export const newEndpointSchema = z
  .strictObject({
    url,
    events: events.optional(),
    owner: callerText
      .pipe(z.string().min(1).max(200))
      .nullable()
      .optional()
      .openapi({ description: 'Only events of this owner' }),
  })
  .openapi('NewWebhook', { examples: [{ url: webhook.url, events: webhook.events }] });

export const changesSchema = z
  .strictObject({ url: url.optional(), events: events.optional(), disabled: z.boolean().optional() })
  .openapi('WebhookChanges', { examples: [{ events: null, disabled: false }] });

export const endpointSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.string()).nullable().openapi({ description: 'Null: all' }),
    owner: z.string().nullable().openapi({ description: 'Null: of everybody' }),
    disabled: z.boolean(),
    disabled_reason: z
      .enum(['operator', 'gone', 'failing'])
      .nullable()
      .openapi({ description: '`gone`: it answered 410; `failing`: it took nothing for five days' }),
    failing_since: time.nullable().openapi({ description: 'Since when every attempt failed' }),
    previous_secret_until: time.nullable().openapi({ description: 'Until then the previous secret signs too' }),
    created_at: time,
    updated_at: time,
  })
  .openapi('Webhook', { examples: [webhook] });

export const createdSchema = endpointSchema
  .extend({ secret: z.string().openapi({ description: 'Shown this once' }) })
  .openapi('CreatedWebhook', {
    examples: [{ ...webhook, secret: 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=' }],
  });

export const endpointBody = (endpoint: WebhookEndpoint): z.infer<typeof endpointSchema> => ({
  id: endpoint.id,
  url: endpoint.url,
  events: endpoint.events,
  owner: endpoint.owner,
  disabled: endpoint.disabled,
  disabled_reason: endpoint.disabledReason,
  failing_since: endpoint.failingSince,
  previous_secret_until: endpoint.previousSecretUntil,
  created_at: endpoint.createdAt,
  updated_at: endpoint.updatedAt,
});

export const deliverySchema = z
  .object({
    id: z.string(),
    event_id: z.string(),
    type: z.string().nullable().openapi({ description: 'Null: the event is no longer kept' }),
    connection_id: z.string().nullable(),
    status: z.enum(['pending', 'delivered', 'failed']).openapi({ description: '`failed`: given up' }),
    attempts: z.int(),
    next_attempt_at: time
      .nullable()
      .openapi({ description: 'Null: ended, or an earlier one of its connection comes first' }),
    last_attempt_at: time.nullable(),
    last_status: z.int().nullable(),
    last_error: z.string().nullable(),
    answer: z.string().nullable().openapi({ description: 'The beginning of what it answered' }),
    created_at: time,
  })
  .openapi('WebhookDelivery', { examples: [delivery] });

export const deliveryBody = (delivery: Delivery): z.infer<typeof deliverySchema> => ({
  id: delivery.id,
  event_id: delivery.eventId,
  type: delivery.type,
  connection_id: delivery.connectionId,
  status: delivery.status,
  attempts: delivery.attempts,
  next_attempt_at: delivery.nextAttemptAt,
  last_attempt_at: delivery.lastAttemptAt,
  last_status: delivery.lastStatus,
  last_error: delivery.lastError,
  answer: delivery.answer,
  created_at: delivery.createdAt,
});

export const sentSchema = deliverySchema
  .extend({ webhook_id: z.string(), webhook_url: z.string().openapi({ description: 'Where it goes' }) })
  .openapi('ConnectionDelivery', { examples: [{ ...delivery, webhook_id: webhook.id, webhook_url: webhook.url }] });

export const sentBody = (sent: SentDelivery): z.infer<typeof sentSchema> => ({
  ...deliveryBody(sent),
  webhook_id: sent.endpointId,
  webhook_url: sent.url,
});

const date = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .openapi({ type: 'string', format: 'date-time', pattern: undefined, examples: ['2026-11-26T12:00:00.000Z'] });

export const replaySchema = z
  .strictObject({
    status: z.literal('failed').optional().openapi({ description: 'Every delivery that was given up' }),
    since: date.optional().openapi({ description: 'Without `status`: every event from then on' }),
    until: date.optional(),
  })
  .refine(({ status, since }) => status !== undefined || since !== undefined, {
    path: ['since'],
    error: 'is needed where there is no status',
  })
  .openapi('WebhookReplay', { examples: [{ status: 'failed' }, { since: '2026-11-26T12:00:00.000Z' }] });

/** What a body that fits asks for. */
export const replayOf = ({ status, since, until }: z.infer<typeof replaySchema>): Replay =>
  status === undefined ? { since: since!, until } : { status, since, until };

export const testSchema = z
  .object({
    delivered: z.boolean(),
    status: z.int().nullable(),
    error: z.string().nullable(),
    answer: z.string().nullable(),
  })
  .openapi('WebhookTest', { examples: [{ delivered: true, status: 204, error: null, answer: null }] });
