import type { AnyDatabase, ColumnTypes } from './migrations.ts';

/*
 * The tables of what people have granted, as the first version made them.
 */

export const flows = async (db: AnyDatabase, { time, bytes }: ColumnTypes): Promise<void> => {
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
};

export const grants = async (db: AnyDatabase, { time, bytes }: ColumnTypes): Promise<void> => {
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
    .addColumn('token_fence', 'integer')
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
};

export const schedule = async (db: AnyDatabase, { time }: ColumnTypes): Promise<void> => {
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
};

/** When a person must be warned, and when the platform asked. */
export const grantTimes = async (db: AnyDatabase): Promise<void> => {
  await db.schema.createIndex('grants_warn').on('grants').column('warn_at').where('warn_at', 'is not', null).execute();
  await db.schema
    .createIndex('grants_check')
    .on('grants')
    .column('check_at')
    .where('check_at', 'is not', null)
    .execute();
};

export const connections = async (db: AnyDatabase, { time, bytes }: ColumnTypes): Promise<void> => {
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
};
