import { sql } from 'kysely';
import type { AnyDatabase, ColumnTypes } from './migrations.ts';

export const callSlots = async (db: AnyDatabase, { time }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('call_slots')
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('slot', 'integer', (c) => c.notNull())
    .addColumn('holder', 'text', (c) => c.notNull())
    .addColumn('until', time, (c) => c.notNull())
    .addPrimaryKeyConstraint('call_slots_app', ['provider', 'client_id', 'slot'])
    .execute();
};

export const keyUse = (db: AnyDatabase, { time }: ColumnTypes): Promise<void> =>
  db.schema.alterTable('api_keys').addColumn('last_used_at', time).execute();

export const instanceApps = async (db: AnyDatabase, { time, bytes }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('instance_apps')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('instance', 'text', (c) => c.notNull())
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('client_secret_sealed', bytes, (c) => c.notNull())
    .addColumn('redirect_uri', 'text', (c) => c.notNull())
    .addColumn('scopes', 'text', (c) => c.notNull())
    .addColumn('created_at', time, (c) => c.notNull())
    .addColumn('retired_at', time)
    .execute();
  await db.schema
    .createIndex('instance_apps_current')
    .on('instance_apps')
    .unique()
    .columns(['provider', 'instance', 'redirect_uri', 'scopes'])
    .where(sql.ref('retired_at'), 'is', null)
    .execute();
  await db.schema
    .createIndex('instance_apps_client')
    .on('instance_apps')
    .columns(['provider', 'instance', 'client_id'])
    .execute();
};

export const clientKeys = (db: AnyDatabase, { bytes }: ColumnTypes): Promise<void> =>
  db.schema
    .createTable('client_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('key_sealed', bytes, (c) => c.notNull())
    .execute();

export const providerApps = async (db: AnyDatabase, { time, bytes }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('provider_apps')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('client_secret_sealed', bytes)
    .addColumn('next_client_secret_sealed', bytes)
    .addColumn('scopes', 'text')
    .addColumn('redirect_uri', 'text')
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('created_at', time, (c) => c.notNull())
    .addColumn('updated_at', time, (c) => c.notNull())
    .addColumn('retired_at', time)
    .addUniqueConstraint('provider_apps_client', ['provider', 'client_id'])
    .execute();
  await db.schema
    .createIndex('provider_apps_current')
    .on('provider_apps')
    .unique()
    .column('provider')
    .where(sql.ref('retired_at'), 'is', null)
    .execute();
};

export const imports = async (db: AnyDatabase): Promise<void> => {
  await db.schema.alterTable('grants').addColumn('imported_mac', 'text').execute();
  await db.schema
    .createIndex('grants_imported')
    .on('grants')
    .unique()
    .columns(['provider', 'client_id', 'imported_mac'])
    .where(sql.ref('imported_mac'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('grants_imported_unused')
    .on('grants')
    .column('updated_at')
    .where(sql.ref('imported_mac'), 'is not', null)
    .where(sql.ref('subject'), 'is', null)
    .execute();
};

/** For those who look for grants that ended lately. */
export const grantsEnded = async (db: AnyDatabase): Promise<void> => {
  await db.schema
    .createIndex('grants_ended')
    .on('grants')
    .column('updated_at')
    .where(sql.ref('status'), '=', sql.lit('reauth_required'))
    .execute();
};
