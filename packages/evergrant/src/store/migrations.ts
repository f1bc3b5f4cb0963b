import { type ColumnDataType, type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { overview, sessions } from './dashboard-migrations.ts';
import { eventPositions, webhooks } from './event-migrations.ts';

/** Column types that the two databases spell differently. */
export interface ColumnTypes {
  /** Milliseconds since the epoch. */
  time: ColumnDataType;
  bytes: ColumnDataType;
  real: ColumnDataType;
}

export const postgresTypes: ColumnTypes = { time: 'bigint', bytes: 'bytea', real: 'double precision' };

export const sqliteTypes: ColumnTypes = { time: 'integer', bytes: 'blob', real: 'real' };

/**
 * Every change of the schema, in order. A released migration is never edited; a new one is appended.
 */
export const migrations = (types: ColumnTypes): Record<string, Migration> => ({
  '0001_initial': { up: (db) => initial(db, types) },
  '0002_call_slots': { up: (db) => callSlots(db, types) },
  '0003_key_use': { up: (db) => keyUse(db, types) },
  '0004_instance_apps': { up: (db) => instanceApps(db, types) },
  '0005_client_keys': { up: (db) => clientKeys(db, types) },
  '0006_event_positions': { up: eventPositions },
  '0007_webhooks': { up: (db) => webhooks(db, types) },
  '0008_provider_apps': { up: (db) => providerApps(db, types) },
  '0009_imports': { up: imports },
  '0010_grants_ended': { up: grantsEnded },
  '0011_sessions': { up: (db) => sessions(db, types) },
  '0012_overview': { up: overview },
});

// biome-ignore lint/suspicious/noExplicitAny: a migration outlives the schema types
const initial = async (db: Kysely<any>, { time, bytes, real }: ColumnTypes): Promise<void> => {
  await db.schema
    .createTable('flows')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('provider', 'text')
    .addColumn('instance', 'text')
    .addColumn('client_id', 'text')
    .addColumn('scopes', 'text')
    .addColumn('return_to', 'text')
    .addColumn('connection_id', 'text')
    .addColumn('metadata', 'text', (c) => c.notNull())
    .addColumn('skip_confirmation', 'integer', (c) => c.notNull())
    .addColumn('link_hash', 'text', (c) => c.notNull().unique())
    .addColumn('status_token_hash', 'text', (c) => c.notNull().unique())
    .addColumn('browser_hash', 'text')
    .addColumn('state_hash', 'text', (c) => c.unique())
    .addColumn('authorization_sealed', bytes)
    .addColumn('redirect_uri', 'text')
    .addColumn('grant_id', 'text')
    .addColumn('choices_sealed', bytes)
    .addColumn('connection_ids', 'text', (c) => c.notNull())
    .addColumn('error', 'text')
    .addColumn('created_at', time, (c) => c.notNull())
    .addColumn('updated_at', time, (c) => c.notNull())
    .addColumn('expires_at', time, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('flows_expires_at').on('flows').columns(['status', 'expires_at']).execute();

  await db.schema
    .createTable('grants')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('instance', 'text')
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('subject', 'text')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('access_token_sealed', bytes, (c) => c.notNull())
    .addColumn('refresh_token_sealed', bytes)
    .addColumn('candidate_sealed', bytes)
    .addColumn('extra_sealed', bytes)
    .addColumn('token_type', 'text', (c) => c.notNull())
    .addColumn('scopes_requested', 'text', (c) => c.notNull())
    .addColumn('scopes_granted', 'text', (c) => c.notNull())
    .addColumn('issued_at', time, (c) => c.notNull())
    .addColumn('expires_at', time)
    .addColumn('lifetime', time)
    .addColumn('refresh_expires_at', time)
    .addColumn('consented_at', time, (c) => c.notNull())
    .addColumn('warn_at', time)
    .addColumn('check_at', time)
    .addColumn('last_refreshed_at', time)
    .addColumn('generation', 'integer', (c) => c.notNull())
    .addColumn('consent', 'integer', (c) => c.notNull())
    .addColumn('fail_count', 'integer', (c) => c.notNull())
    .addColumn('failing_since', time)
    .addColumn('degraded_at', time)
    .addColumn('last_error', 'text')
    .addColumn('created_at', time, (c) => c.notNull())
    .addColumn('updated_at', time, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('grants_person').on('grants').columns(['provider', 'client_id', 'subject']).execute();
  await db.schema
    .createIndex('grants_unfinished')
    .on('grants')
    .columns(['status', 'updated_at'])
    .where('status', 'in', ['exchanged', 'new'])
    .execute();

  await db.schema
    .createTable('schedule')
    // No foreign key: the lease of a grant that is deleted outlives it while its request is under way.
    .addColumn('grant_id', 'text', (c) => c.primaryKey())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('client_id', 'text', (c) => c.notNull())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('urgency', 'integer', (c) => c.notNull())
    .addColumn('due_at', time)
    .addColumn('lease_owner', 'text')
    .addColumn('lease_until', time)
    .addColumn('fence', 'integer', (c) => c.notNull())
    .addColumn('mark_id', 'text')
    .addColumn('mark_at', time)
    .addColumn('mark_hash', 'text')
    .addColumn('doubt_since', time)
    .addColumn('retry_at', time)
    .addColumn('deadline_at', time)
    .addColumn('last_used_at', time)
    .execute();
  await db.schema
    .createIndex('schedule_due')
    .on('schedule')
    .columns(['provider', 'client_id', 'urgency', 'due_at'])
    .where('due_at', 'is not', null)
    .execute();
  await db.schema
    .createIndex('schedule_leased')
    .on('schedule')
    .column('lease_until')
    .where('lease_until', 'is not', null)
    .execute();
  await db.schema
    .createIndex('schedule_deadline')
    .on('schedule')
    .column('deadline_at')
    .where('deadline_at', 'is not', null)
    .execute();
  await db.schema.createIndex('grants_warn').on('grants').column('warn_at').where('warn_at', 'is not', null).execute();
  await db.schema
    .createIndex('grants_check')
    .on('grants')
    .column('check_at')
    .where('check_at', 'is not', null)
    .execute();

  await db.schema
    .createTable('connections')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('grant_id', 'text', (c) => c.notNull().references('grants.id'))
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('account_type', 'text', (c) => c.notNull())
    .addColumn('name', 'text')
    .addColumn('username', 'text')
    .addColumn('picture', 'text')
    .addColumn('url', 'text')
    .addColumn('token_sealed', bytes)
    .addColumn('token_expires_at', time)
    .addColumn('scopes_missing', 'text', (c) => c.notNull())
    .addColumn('metadata', 'text', (c) => c.notNull())
    .addColumn('ended_reason', 'text')
    .addColumn('ended_error', 'text')
    .addColumn('disabled_at', time)
    .addColumn('created_at', time, (c) => c.notNull())
    .addColumn('updated_at', time, (c) => c.notNull())
    .addUniqueConstraint('connections_account', ['provider', 'owner', 'account_id'])
    .execute();
  await db.schema.createIndex('connections_grant').on('connections').column('grant_id').execute();
  await db.schema.createIndex('connections_owner').on('connections').columns(['owner', 'id']).execute();

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

  await db.schema
    .createTable('installation')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', bytes, (c) => c.notNull())
    .execute();
};

// biome-ignore lint/suspicious/noExplicitAny: a migration outlives the schema types
const callSlots = async (db: Kysely<any>, { time }: ColumnTypes): Promise<void> => {
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

// biome-ignore lint/suspicious/noExplicitAny: a migration outlives the schema types
const keyUse = (db: Kysely<any>, { time }: ColumnTypes): Promise<void> =>
  db.schema.alterTable('api_keys').addColumn('last_used_at', time).execute();

// biome-ignore lint/suspicious/noExplicitAny: a migration outlives the schema types
const instanceApps = async (db: Kysely<any>, { time, bytes }: ColumnTypes): Promise<void> => {
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

// biome-ignore lint/suspicious/noExplicitAny: a migration outlives the schema types
const clientKeys = (db: Kysely<any>, { bytes }: ColumnTypes): Promise<void> =>
  db.schema
    .createTable('client_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('key_sealed', bytes, (c) => c.notNull())
    .execute();

// biome-ignore lint/suspicious/noExplicitAny: a migration outlives the schema types
const providerApps = async (db: Kysely<any>, { time, bytes }: ColumnTypes): Promise<void> => {
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

// biome-ignore lint/suspicious/noExplicitAny: a migration outlives the schema types
const imports = async (db: Kysely<any>): Promise<void> => {
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
// biome-ignore lint/suspicious/noExplicitAny: as above
const grantsEnded = async (db: Kysely<any>): Promise<void> => {
  await db.schema
    .createIndex('grants_ended')
    .on('grants')
    .column('updated_at')
    .where(sql.ref('status'), '=', sql.lit('reauth_required'))
    .execute();
};
