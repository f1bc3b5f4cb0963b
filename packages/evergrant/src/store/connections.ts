import { type Expression, type InferResult, type RawBuilder, type SqlBool, sql } from 'kysely';
import { isPostgres, type Queryable, textsOf } from './dialect.ts';
import { prepared } from './prepared.ts';
import type { Changes, ConnectionRow, ConnectionsTable, New } from './schema.ts';
import { searched } from './search.ts';

/** The status as every surface shows it; follows from what is stored, so it is stored nowhere. */
export type ConnectionStatus = 'active' | 'limited' | 'degraded' | 'reauth_required' | 'disabled' | 'pending';

/**
 * A token that ran out counts as degraded from the moment it did, even if its platform is blocked and nobody has looked
 * at the grant since.
 */
const statusAt = (now: number) => sql<ConnectionStatus>`case
  when connections.disabled_at is not null then 'disabled'
  when grants.status = 'reauth_required' or connections.ended_reason is not null then 'reauth_required'
  when grants.degraded_at is not null then 'degraded'
  when provider_gates.blocked_by is not null and grants.expires_at <= ${now} and schedule.due_at is not null then 'degraded'
  when connections.scopes_missing <> '[]' then 'limited'
  else 'active' end`;

/** A connection with the facts of its grant and schedule that applications see. No secrets. */
export type ConnectionRecord = Awaited<ReturnType<typeof records>>[number];

const records = (db: Queryable, now: number, where: (query: RecordQuery) => RecordQuery) =>
  where(recordQuery(db, now)).execute();

type RecordQuery = ReturnType<typeof recordQuery>;

const recordQuery = (db: Queryable, now: number) =>
  db
    .selectFrom('connections')
    .innerJoin('grants', 'grants.id', 'connections.grant_id')
    .leftJoin('schedule', 'schedule.grant_id', 'grants.id')
    .leftJoin('provider_gates', (join) =>
      join
        .onRef('provider_gates.provider', '=', 'schedule.provider')
        .onRef('provider_gates.client_id', '=', 'schedule.client_id'),
    )
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
      'connections.ended_reason',
      'connections.ended_error',
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
      statusAt(now).as('status'),
      'provider_gates.error as gate_error',
      sql<number>`connections.token_sealed is not null`.as('has_own_token'),
      sql<number>`grants.refresh_token_sealed is not null`.as('has_refresh_token'),
    ]);

export const record = async (db: Queryable, id: string, now: number): Promise<ConnectionRecord | undefined> =>
  (await records(db, now, (query) => query.where('connections.id', '=', id)))[0];

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
export const list = (db: Queryable, filter: ConnectionFilter, now: number): Promise<ConnectionRecord[]> =>
  records(db, now, (all) => {
    let query = all.orderBy('connections.id', 'desc').limit(filter.limit);
    if (filter.ids) query = query.where('connections.id', 'in', filter.ids);
    if (filter.owner !== undefined) query = query.where('connections.owner', '=', filter.owner);
    if (filter.provider !== undefined) query = query.where('connections.provider', '=', filter.provider);
    if (filter.status !== undefined) {
      query = query.where(statusAt(now), '=', filter.status);
      const candidates = idsThatMayBe(filter.status, now);
      if (candidates) query = query.where(sql<SqlBool>`connections.id in (${candidates})`);
    }
    if (filter.before !== undefined) query = query.where('connections.id', '<', filter.before);
    if (filter.q !== undefined) query = query.where(matches(filter.q));
    return query;
  });

/** How many connections there are of each platform and status; those without one are left out. */
export const counts = async (
  db: Queryable,
  { owner }: { owner?: string },
  now: number,
): Promise<{ provider: string; status: ConnectionStatus; count: number }[]> => {
  const totals = await db
    .selectFrom('connections')
    .select((e) => ['provider', e.fn.countAll<number>().as('count')])
    .$if(owner !== undefined, (query) => query.where('owner', '=', owner!))
    .groupBy('provider')
    .execute();
  // Few are anything but active, and those are found by indexes: nobody looks at a hundred thousand rows to count them.
  const others = await db
    .selectFrom(troubled(db, owner, now).as('troubled'))
    .select((e) => ['provider', 'status', e.fn.countAll<number>().as('count')])
    .where('status', '<>', 'active')
    .groupBy(['provider', 'status'])
    .execute();
  const active = totals.map(({ provider, count }) => ({
    provider,
    status: 'active' as const,
    count: others.reduce(
      (left, other) => (other.provider === provider ? left - Number(other.count) : left),
      Number(count),
    ),
  }));
  return [...active, ...others.map((row) => ({ ...row, count: Number(row.count) }))].filter(({ count }) => count > 0);
};

const troubled = (db: Queryable, owner: string | undefined, now: number) => {
  const ids = sql.join(
    (['disabled', 'limited', 'reauth_required', 'degraded'] as const).map((status) => idsThatMayBe(status, now)!),
    sql` union `,
  );
  return db
    .selectFrom('connections')
    .innerJoin('grants', 'grants.id', 'connections.grant_id')
    .leftJoin('schedule', 'schedule.grant_id', 'grants.id')
    .leftJoin('provider_gates', (join) =>
      join
        .onRef('provider_gates.provider', '=', 'schedule.provider')
        .onRef('provider_gates.client_id', '=', 'schedule.client_id'),
    )
    .select(['connections.provider', statusAt(now).as('status')])
    .where(sql<SqlBool>`connections.id in (${ids})`)
    .$if(owner !== undefined, (query) => query.where('connections.owner', '=', owner!));
};

/**
 * A subquery for the ids of all connections of a status, and some that have a stronger one besides. Its conditions are
 * those of partial indexes, letter by letter. Null: most have it, and a scan finds them at once.
 */
const idsThatMayBe = (status: ConnectionStatus, now: number): RawBuilder<unknown> | null => {
  switch (status) {
    case 'disabled':
      return sql`select id from connections where disabled_at is not null`;
    case 'limited':
      return sql`select id from connections where scopes_missing <> '[]'`;
    case 'reauth_required':
      return sql`select c.id from grants g join connections c on c.grant_id = g.id where g.status = 'reauth_required'
        union select id from connections where ended_reason is not null`;
    case 'degraded':
      return sql`select c.id from grants g join connections c on c.grant_id = g.id where g.degraded_at is not null
        union select c.id from provider_gates p
          join schedule s on s.provider = p.provider and s.client_id = p.client_id and s.due_at is not null
          join grants g on g.id = s.grant_id and g.expires_at <= ${now}
          join connections c on c.grant_id = g.id
        where p.blocked_by is not null`;
    case 'active':
    case 'pending':
      return null;
  }
};

/** Case-insensitive search without wildcards of the caller's making. */
const matches = (text: string): Expression<SqlBool> => {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`connections.id in (select id from connections where ${searched} like ${pattern} escape '\\')`;
};

/** @param lock whether the row is about to be changed by what is read */
export const byId = (db: Queryable, id: string, lock = false): Promise<ConnectionRow | undefined> =>
  db
    .selectFrom('connections')
    .selectAll()
    .where('id', '=', id)
    .$if(lock && isPostgres(db), (query) => query.forUpdate())
    .executeTakeFirst();

/** Locked: whoever looks for an account is about to connect it. */
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
    .$if(isPostgres(db), (query) => query.forUpdate())
    .executeTakeFirst();

const selectOfGrants = prepared((db, { grantIds }: { grantIds: string }) =>
  db.selectFrom('connections').selectAll().where('grant_id', 'in', textsOf(db, grantIds)),
);

export const ofGrants = async (db: Queryable, grantIds: string[]): Promise<ConnectionRow[]> =>
  (await selectOfGrants(db, { grantIds: JSON.stringify(grantIds) })).rows;

export const ofGrant = (db: Queryable, grantId: string): Promise<ConnectionRow[]> => ofGrants(db, [grantId]);

export const insert = async (db: Queryable, row: New<ConnectionsTable>): Promise<void> => {
  await db.insertInto('connections').values(row).execute();
};

export const update = async (db: Queryable, id: string, changes: Changes<ConnectionsTable>): Promise<void> => {
  await db.updateTable('connections').set(changes).where('id', '=', id).execute();
};

export const remove = async (db: Queryable, id: string): Promise<void> => {
  await db.deleteFrom('connections').where('id', '=', id).execute();
};

/** A connection whose grant has ended: a person must reconnect it. */
export interface WaitingRow {
  id: string;
  provider: string;
  reason: string | null;
  generation: number;
  /** When its grant ended. */
  since: number;
}

/** Connections that need a person, by the time at which they came to, from behind a place in that order. */
export const waiting = (db: Queryable, after: Pick<WaitingRow, 'since' | 'id'>, limit: number): Promise<WaitingRow[]> =>
  db
    .selectFrom('grants')
    .innerJoin('connections', 'connections.grant_id', 'grants.id')
    .select([
      'connections.id',
      'connections.provider',
      'grants.reason',
      'grants.generation',
      'grants.updated_at as since',
    ])
    // Literally as in the index, which holds these alone: neither database sees through parameters.
    .where('grants.status', '=', sql.lit('reauth_required'))
    .where((e) =>
      e.or([
        e('grants.updated_at', '>', after.since),
        e.and([e('grants.updated_at', '=', after.since), e('connections.id', '>', after.id)]),
      ]),
    )
    .orderBy('grants.updated_at')
    .orderBy('connections.id')
    .limit(limit)
    .execute();

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
      'connections.ended_reason',
      'connections.token_sealed',
      'connections.token_expires_at',
      'grants.client_id',
      'grants.instance',
      'grants.status',
      'grants.reason',
      'grants.access_token_sealed',
      'grants.token_type',
      // Only tokens of this type are read together with a secret; the others need not carry their facts along.
      sql<Uint8Array | null>`case when grants.token_type = 'oauth1' then grants.extra_sealed end`.as('extra_sealed'),
      'grants.scopes_granted',
      'grants.issued_at',
      'grants.expires_at',
      'grants.lifetime',
      'grants.generation',
      sql<number>`grants.refresh_token_sealed is not null`.as('has_refresh_token'),
    ])
    .where('connections.id', '=', id);

export type ReadingRow = InferResult<ReturnType<typeof reading>>[number];
