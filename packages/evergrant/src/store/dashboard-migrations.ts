import { sql } from 'kysely';
import type { AnyDatabase, ColumnTypes } from './migrations.ts';
import { searched } from './search.ts';

export const sessions = async (db: AnyDatabase, { time }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('sessions')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('token_hash', 'text', (c) => c.notNull().unique())
    .addColumn('key_hash', 'text', (c) => c.notNull())
    .addColumn('created_at', time, (c) => c.notNull())
    .addColumn('seen_at', time, (c) => c.notNull())
    .addColumn('expires_at', time, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('sessions_expires').on('sessions').column('expires_at').execute();
};

/** What finds the few connections of a platform, a status or a name among very many. */
export const overview = async (db: AnyDatabase): Promise<void> => {
  await db.schema.createIndex('connections_provider').on('connections').columns(['provider', 'id']).execute();
  await sql`create index connections_search on connections (id, (${searched}))`.execute(db);
  await sql`create index connections_disabled on connections (id) where disabled_at is not null`.execute(db);
  await sql`create index connections_limited on connections (id) where scopes_missing <> '[]'`.execute(db);
  await sql`create index connections_ended on connections (id) where ended_reason is not null`.execute(db);
  await sql`create index grants_reauth on grants (id) where status = 'reauth_required'`.execute(db);
  await sql`create index grants_degraded on grants (id) where degraded_at is not null`.execute(db);
};
