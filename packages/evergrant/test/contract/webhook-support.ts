import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import { eventually, type Harness } from '../security/support.ts';
import type { Received, Receiver } from '../support/receiver.ts';

export interface WebhookBody {
  id: string;
  url: string;
  secret: string;
  events: string[] | null;
  owner: string | null;
  disabled: boolean;
  disabled_reason: string | null;
  failing_since: string | null;
  previous_secret_until: string | null;
}

export interface DeliveryBody {
  id: string;
  event_id: string;
  type: string;
  connection_id: string | null;
  status: string;
  attempts: number;
  next_attempt_at: string | null;
  last_status: number | null;
  last_error: string | null;
  answer: string | null;
}

/** Everything is in the background. */
export const background = { config: { engine: 'embedded' } };

export const addWebhook = async (harness: Harness, json: { url: string; events?: string[]; owner?: string }) => {
  const reply = await harness.api<WebhookBody>('POST', '/v1/webhooks', { json });
  if (reply.status === 201) harness.canaries.add('webhook secret', reply.data.secret);
  return reply;
};

export const deliveriesOf = async (harness: Harness, id: string, query = '') =>
  (await harness.api<{ data: DeliveryBody[] }>('GET', `/v1/webhooks/${id}/deliveries${query}`)).data.data;

/** What the reference library says: it compares with the system's clock, which the harness has moved. */
export const verify = (harness: Harness, { body, headers }: Received, secret: string): unknown => {
  const clock = vi.spyOn(Date, 'now').mockReturnValue(harness.clock.now());
  try {
    return new Webhook(secret).verify(body, headers);
  } finally {
    clock.mockRestore();
  }
};

/** Moves the clock on in steps, between which what is due is done, until something holds. */
export const passUntil = async (
  harness: Harness,
  what: string,
  holds: () => boolean | Promise<boolean>,
  { step = 60_000, steps = 2000 }: { step?: number; steps?: number } = {},
): Promise<void> => {
  for (let count = 0; count < steps; count++) {
    if (await holds()) return;
    harness.clock.advance(step);
    await settled(harness);
  }
  throw new Error(`Not in time: ${what}`);
};

/** Milliseconds that a busy machine may take. */
const patience = 30_000;

/** Waits until everything that is due at this moment of the clock has been tried. */
export const settled = async (harness: Harness): Promise<void> => {
  await eventually(
    'the outbox to be worked on',
    () =>
      harness.sql((database) => {
        const now = harness.clock.now();
        const cursor = database.prepare('select position from event_cursors').get()?.['position'] ?? 0;
        const last = database.prepare("select seq from sqlite_sequence where name = 'events'").get()?.['seq'] ?? 0;
        const busy = database
          .prepare(
            `select count(*) as n from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id
          where d.claim is not null or (d.next_at <= ? and e.disabled_at is null and (e.failures = 0 or e.retry_at <= ?))`,
          )
          .get(now, now)?.['n'];
        return cursor === last && busy === 0;
      }),
    patience,
  );
};

/** Waits for so many requests. */
export const arrivals = async (receiver: Receiver, count: number): Promise<readonly Received[]> => {
  await eventually(`${count} requests`, () => receiver.received.length >= count, patience);
  return receiver.received;
};
