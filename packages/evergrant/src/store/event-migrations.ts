import { sql } from 'kysely';
import { isPostgres } from './dialect.ts';
import type { AnyDatabase, ColumnTypes } from './migrations.ts';

/** Numbers events in the order in which they are written: their ids are made before, and by several servers. */
export const eventPositions = async (db: AnyDatabase): Promise<void> => {
  await db.schema.alterTable('events').renameTo('events_before').execute();
  await db.schema
    .createTable('events')
    // AUTOINCREMENT and identity never give a number again, also when the newest event has been removed.
    .addColumn('position', isPostgres(db) ? 'bigint' : 'integer', (c) =>
      isPostgres(db) ? c.primaryKey().generatedByDefaultAsIdentity() : c.primaryKey().autoIncrement(),
    )
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('connection_id', 'text')
    .addColumn('owner', 'text')
    .addColumn('provider', 'text')
    .addColumn('at', isPostgres(db) ? 'bigint' : 'integer', (c) => c.notNull())
    .addColumn('data', 'text', (c) => c.notNull())
    .execute();
  const columns = ['id', 'type', 'connection_id', 'owner', 'provider', 'at', 'data'];
  await db
    .insertInto('events')
    .columns(columns)
    .expression(db.selectFrom('events_before').select(columns).orderBy('id'))
    .execute();
  await db.schema.dropTable('events_before').execute();
  await db.schema.createIndex('events_connection').on('events').columns(['connection_id', 'id']).execute();
  await db.schema.createIndex('events_owner').on('events').columns(['owner', 'position']).execute();
};

export const webhooks = async (db: AnyDatabase, { time, bytes }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('webhook_endpoints')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('events', 'text')
    .addColumn('owner', 'text')
    .addColumn('secret_sealed', bytes, (c) => c.notNull())
    .addColumn('previous_secret_sealed', bytes)
    .addColumn('previous_until', time)
    .addColumn('active_from', 'bigint', (c) => c.notNull())
    .addColumn('disabled_at', time)
    .addColumn('disabled_reason', 'text')
    .addColumn('failures', 'integer', (c) => c.notNull())
    .addColumn('failing_since', time)
    .addColumn('retry_at', time)
    .addColumn('created_at', time, (c) => c.notNull())
    .addColumn('updated_at', time, (c) => c.notNull())
    .execute();

  await db.schema
    .createTable('webhook_deliveries')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('endpoint_id', 'text', (c) => c.notNull())
    .addColumn('event_id', 'text', (c) => c.notNull())
    .addColumn('position', 'bigint', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('next_at', time)
    .addColumn('claim', 'text')
    .addColumn('last_attempt_at', time)
    .addColumn('last_status', 'integer')
    .addColumn('last_error', 'text')
    .addColumn('answer', 'text')
    .addColumn('created_at', time, (c) => c.notNull())
    .addUniqueConstraint('webhook_deliveries_once', ['endpoint_id', 'event_id'])
    .execute();
  await db.schema
    .createIndex('webhook_deliveries_due')
    .on('webhook_deliveries')
    .columns(['endpoint_id', 'next_at'])
    .where('next_at', 'is not', null)
    .execute();
  await db.schema
    .createIndex('webhook_deliveries_waiting')
    .on('webhook_deliveries')
    .columns(['endpoint_id', 'subject', 'position'])
    .where(sql.ref('status'), '=', 'pending')
    .execute();
  await db.schema
    .createIndex('webhook_deliveries_list')
    .on('webhook_deliveries')
    .columns(['endpoint_id', 'id'])
    .execute();

  await db.schema
    .createTable('event_cursors')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('position', 'bigint', (c) => c.notNull())
    .execute();
};
