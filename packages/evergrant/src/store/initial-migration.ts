import { connections, flows, grants, grantTimes, schedule } from './initial-grants-migration.ts';
import type { AnyDatabase, ColumnTypes } from './migrations.ts';

/** The schema of the first version. */
export const initial = async (db: AnyDatabase, types: ColumnTypes): Promise<void> => {
  await flows(db, types);
  await grants(db, types);
  await schedule(db, types);
  await grantTimes(db);
  await connections(db, types);
  await journal(db, types);
  await refreshAttempts(db, types);
  await providerGates(db, types);
  await revocations(db, types);
  await events(db, types);
  await apiKeys(db, types);
  await installation(db, types);
};

const journal = async (db: AnyDatabase, { time, bytes }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('journal')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('grant_id', 'text')
    .addColumn('flow_id', 'text')
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('instance', 'text')
    .addColumn('subject', 'text')
    .addColumn('consent', 'integer', (c) => c.notNull())
    .addColumn('generation', 'integer', (c) => c.notNull())
    .addColumn('fence', 'integer', (c) => c.notNull())
    .addColumn('started_at', time, (c) => c.notNull())
    .addColumn('answer_sealed', bytes, (c) => c.notNull())
    .addColumn('created_at', time, (c) => c.notNull())
    .execute();
};

const refreshAttempts = async (db: AnyDatabase, { time }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('refresh_attempts')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('grant_id', 'text', (c) => c.notNull())
    .addColumn('fence', 'integer', (c) => c.notNull())
    .addColumn('generation', 'integer', (c) => c.notNull())
    .addColumn('started_at', time, (c) => c.notNull())
    .addColumn('ended_at', time)
    .addColumn('outcome', 'text')
    .addColumn('error_code', 'text')
    .execute();
  await db.schema.createIndex('refresh_attempts_started').on('refresh_attempts').column('started_at').execute();
  await db.schema.createIndex('refresh_attempts_grant').on('refresh_attempts').columns(['grant_id', 'id']).execute();
};

const providerGates = async (db: AnyDatabase, { time, real }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('provider_gates')
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('blocked_by', 'text')
    .addColumn('opened_at', time)
    .addColumn('probe_at', time, (c) => c.notNull())
    .addColumn('probes', 'integer', (c) => c.notNull())
    .addColumn('failures', 'integer', (c) => c.notNull())
    .addColumn('error', 'text')
    .addColumn('hold_until', time)
    .addColumn('permits', real, (c) => c.notNull())
    .addColumn('refilled_at', time, (c) => c.notNull())
    .addPrimaryKeyConstraint('provider_gates_app', ['provider', 'client_id'])
    .execute();
};

const revocations = async (db: AnyDatabase, { time, bytes }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('revocations')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('instance', 'text')
    .addColumn('credentials_sealed', bytes, (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('next_at', time, (c) => c.notNull())
    .addColumn('created_at', time, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('revocations_next').on('revocations').column('next_at').execute();
};

const events = async (db: AnyDatabase, { time }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('events')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('connection_id', 'text')
    .addColumn('owner', 'text')
    .addColumn('provider', 'text')
    .addColumn('at', time, (c) => c.notNull())
    .addColumn('data', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('events_connection').on('events').columns(['connection_id', 'id']).execute();
};

const apiKeys = async (db: AnyDatabase, { time }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('key_hash', 'text', (c) => c.notNull().unique())
    .addColumn('permissions', 'text', (c) => c.notNull())
    .addColumn('owner', 'text')
    .addColumn('created_at', time, (c) => c.notNull())
    .addColumn('revoked_at', time)
    .execute();
};

const installation = async (db: AnyDatabase, { bytes }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('installation')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', bytes, (c) => c.notNull())
    .execute();
};
