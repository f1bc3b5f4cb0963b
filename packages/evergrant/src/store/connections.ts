import { type Expression, type InferResult, type SqlBool, sql } from 'kysely';
import type { Queryable } from './index.ts';
import type { Changes, ConnectionRow, ConnectionsTable, New } from './schema.ts';

/** The status as every surface shows it; follows from what is stored, so it is stored nowhere. */
export type ConnectionStatus = 'active' | 'limited' | 'degraded' | 'reauth_required' | 'disabled' | 'pending';

const status = sql<ConnectionStatus>`case
  when connections.disabled_at is not null then 'disabled'
  when grants.status = 'reauth_required' then 'reauth_required'
  when grants.degraded_at is not null then 'degraded'
  when connections.scopes_missing <> '[]' then 'limited'
  else 'active' end`;

/** A connection with the facts of its grant and schedule that applications see. No secrets. */
export type ConnectionRecord = Awaited<ReturnType<typeof records>>[number];

const records = (db: Queryable, where?: (query: RecordQuery) => RecordQuery) => {
  const query = recordQuery(db);
  return (where ? where(query) : query).execute();
};

type RecordQuery = ReturnType<typeof recordQuery>;

const recordQuery = (db: Queryable) =>
  db
    .selectFrom('connections')
    .innerJoin('grants', 'grants.id', 'connections.grant_id')
    .leftJoin('schedule', 'schedule.grant_id', 'grants.id')
    .select([
      'connections.id',
      'connections.grant_id',
      'connections.provider',
      'connections.owner',
      'connections.account_id',
      'connections.account_type',
      'connections.name',
      'connections.username',
      'connections.picture',
      'connections.url',
      'connections.token_expires_at',
      'connections.scopes_missing',
      'connections.metadata',
      'connections.created_at',
      'connections.updated_at',
      'grants.reason',
      'grants.client_id',
      'grants.instance',
      'grants.scopes_granted',
      'grants.expires_at',
      'grants.refresh_expires_at',
      'grants.last_refreshed_at',
      'grants.generation',
      'grants.last_error',
      'grants.failing_since',
      'schedule.due_at',
      status.as('status'),
      sql<number>`connections.token_sealed is not null`.as('has_own_token'),
      sql<number>`grants.refresh_token_sealed is not null`.as('has_refresh_token'),
    ]);

export const record = async (db: Queryable, id: string): Promise<ConnectionRecord | undefined> =>
  (await records(db, (query) => query.where('connections.id', '=', id)))[0];

export interface ConnectionFilter {
  ids?: string[];
  owner?: string;
  provider?: string;
  status?: ConnectionStatus;
  /** Part of the account's name or username, or of the owner. */
  q?: string;
  /** Only connections made before this one. */
  before?: string;
  limit: number;
}

/** Connections, newest first. */
export const list = (db: Queryable, filter: ConnectionFilter): Promise<ConnectionRecord[]> =>
  records(db, (all) => {
    let query = all.orderBy('connections.id', 'desc').limit(filter.limit);
    if (filter.ids) query = query.where('connections.id', 'in', filter.ids);
    if (filter.owner !== undefined) query = query.where('connections.owner', '=', filter.owner);
    if (filter.provider !== undefined) query = query.where('connections.provider', '=', filter.provider);
    if (filter.status !== undefined) query = query.where(status, '=', filter.status);
    if (filter.before !== undefined) query = query.where('connections.id', '<', filter.before);
    if (filter.q !== undefined) query = query.where(matches(filter.q));
    return query;
  });

/** Case-insensitive search without wildcards of the caller's making. */
const matches = (text: string): Expression<SqlBool> => {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`(lower(connections.name) like ${pattern} escape '\\'
    or lower(connections.username) like ${pattern} escape '\\'
    or lower(connections.owner) like ${pattern} escape '\\')`;
};

export const byId = (db: Queryable, id: string): Promise<ConnectionRow | undefined> =>
  db.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst();

export const byAccount = (
  db: Queryable,
  account: { provider: string; owner: string; accountId: string },
): Promise<ConnectionRow | undefined> =>
  db
    .selectFrom('connections')
    .selectAll()
    .where('provider', '=', account.provider)
    .where('owner', '=', account.owner)
    .where('account_id', '=', account.accountId)
    .executeTakeFirst();

export const ofGrant = (db: Queryable, grantId: string): Promise<ConnectionRow[]> =>
  db.selectFrom('connections').selectAll().where('grant_id', '=', grantId).execute();

export const insert = async (db: Queryable, row: New<ConnectionsTable>): Promise<void> => {
  await db.insertInto('connections').values(row).execute();
};

export const update = async (db: Queryable, id: string, changes: Changes<ConnectionsTable>): Promise<void> => {
  await db.updateTable('connections').set(changes).where('id', '=', id).execute();
};

export const remove = async (db: Queryable, id: string): Promise<void> => {
  await db.deleteFrom('connections').where('id', '=', id).execute();
};

/** The query of {@link PointReads.connection}. */
export const reading = (db: Queryable, id: string) =>
  db
    .selectFrom('connections')
    .innerJoin('grants', 'grants.id', 'connections.grant_id')
    .select([
      'connections.id',
      'connections.owner',
      'connections.provider',
      'connections.grant_id',
      'connections.disabled_at',
      'connections.token_sealed',
      'connections.token_expires_at',
      'grants.client_id',
      'grants.instance',
      'grants.status',
      'grants.reason',
      'grants.access_token_sealed',
      'grants.token_type',
      'grants.scopes_granted',
      'grants.expires_at',
      'grants.lifetime',
      'grants.generation',
      sql<number>`grants.refresh_token_sealed is not null`.as('has_refresh_token'),
    ])
    .where('connections.id', '=', id);

export type ReadingRow = InferResult<ReturnType<typeof reading>>[number];
