import { isPostgres, type Queryable } from './dialect.ts';
import type { Changes, New, WebhookEndpointRow, WebhookEndpointsTable } from './schema.ts';

export const insert = async (db: Queryable, endpoint: New<WebhookEndpointsTable>): Promise<void> => {
  await db.insertInto('webhook_endpoints').values(endpoint).execute();
};

/** @param lock whoever changes what waits for an endpoint holds its row, so that two do not miss each other's change */
export const byId = (db: Queryable, id: string, lock = false): Promise<WebhookEndpointRow | undefined> =>
  db
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('id', '=', id)
    .$if(lock && isPostgres(db), (query) => query.forUpdate())
    .executeTakeFirst();

/** Newest first. `before` is the id of an endpoint. */
export const list = (db: Queryable, page: { before?: string; limit: number }): Promise<WebhookEndpointRow[]> =>
  db
    .selectFrom('webhook_endpoints')
    .selectAll()
    .$if(page.before !== undefined, (query) => query.where('id', '<', page.before!))
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();

/** Those that are not disabled, locked in the order of their ids. */
export const lockEnabled = (db: Queryable): Promise<WebhookEndpointRow[]> =>
  db
    .selectFrom('webhook_endpoints')
    .selectAll()
    .where('disabled_at', 'is', null)
    .orderBy('id')
    .$if(isPostgres(db), (query) => query.forUpdate())
    .execute();

export const update = async (db: Queryable, id: string, changes: Changes<WebhookEndpointsTable>): Promise<void> => {
  await db.updateTable('webhook_endpoints').set(changes).where('id', '=', id).execute();
};

/** Whether there was one. */
export const remove = async (db: Queryable, id: string): Promise<boolean> =>
  (await db.deleteFrom('webhook_endpoints').where('id', '=', id).executeTakeFirst()).numDeletedRows > 0n;

/** Endpoints for which something is due now, without those that failed and are left alone for a while. */
export const withDue = async (db: Queryable, now: number): Promise<string[]> => {
  const rows = await db
    .selectFrom('webhook_endpoints as endpoint')
    .select('endpoint.id')
    .where('endpoint.disabled_at', 'is', null)
    .where((where) => where.or([where('endpoint.failures', '=', 0), where('endpoint.retry_at', '<=', now)]))
    .where((where) =>
      where.exists(
        where
          .selectFrom('webhook_deliveries as delivery')
          .select('delivery.id')
          .whereRef('delivery.endpoint_id', '=', 'endpoint.id')
          .where('delivery.next_at', '<=', now),
      ),
    )
    .execute();
  return rows.map(({ id }) => id);
};

/** Forgets secrets whose rotation is over. */
export const dropPreviousSecrets = async (db: Queryable, now: number): Promise<void> => {
  await db
    .updateTable('webhook_endpoints')
    .set({ previous_secret_sealed: null, previous_until: null })
    .where('previous_until', '<=', now)
    .execute();
};

/** How many were disabled by what they answered. */
export const countFailed = async (db: Queryable): Promise<number> => {
  const { count } = await db
    .selectFrom('webhook_endpoints')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('disabled_reason', 'in', ['gone', 'failing'])
    .executeTakeFirstOrThrow();
  return Number(count);
};
