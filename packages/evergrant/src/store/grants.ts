import { sql } from 'kysely';
import { isPostgres, type Queryable, textsOf } from './dialect.ts';
import { changeEach, insertEach } from './each.ts';
import type { GateKey } from './gates.ts';
import { prepared } from './prepared.ts';
import { retire } from './schedule.ts';
import type { AttemptRow, Changes, GrantRow, GrantsTable, New, RefreshAttemptsTable } from './schema.ts';

export const insert = async (db: Queryable, grant: New<GrantsTable>): Promise<void> => {
  await db.insertInto('grants').values(grant).execute();
};

const selectOne = prepared((db, { id }: { id: string }) => db.selectFrom('grants').selectAll().where('id', '=', id));

export const byId = async (db: Queryable, id: string): Promise<GrantRow | undefined> =>
  (await selectOne(db, { id })).rows[0];

const selectSeveral = prepared((db, { ids }: { ids: string }) =>
  db.selectFrom('grants').selectAll().where('id', 'in', textsOf(db, ids)),
);

export const byIds = async (db: Queryable, ids: string[]): Promise<GrantRow[]> =>
  ids.length === 0 ? [] : (await selectSeveral(db, { ids: JSON.stringify(ids) })).rows;

/** Grants whose fixed end must be announced. */
export const dueForWarning = (db: Queryable, now: number, limit: number): Promise<GrantRow[]> =>
  db.selectFrom('grants').selectAll().where('warn_at', '<=', now).orderBy('warn_at').limit(limit).execute();

/** Changes of one row. */
export type GrantChanges = Changes<GrantsTable> & { id: string };

const updateOne = prepared((db, { id, ...changes }: GrantChanges) =>
  db.updateTable('grants').set(changes).where('id', '=', id),
);

export const update = async (db: Queryable, id: string, changes: Changes<GrantsTable>): Promise<void> => {
  await updateOne(db, { ...changes, id });
};

export const updateEach = (db: Queryable, rows: GrantChanges[]): Promise<void> =>
  changeEach(db, rows, { table: 'grants', key: 'id', one: updateOne });

/** Removes a grant with its schedule and attempts: its credentials exist nowhere afterwards. */
export const remove = async (db: Queryable, id: string): Promise<void> => {
  await retire(db, id);
  await db.deleteFrom('refresh_attempts').where('grant_id', '=', id).execute();
  await db.deleteFrom('grants').where('id', '=', id).execute();
};

/** A person, as one app at a platform knows them through each of its products. */
export interface PersonKey {
  providers: string[];
  clientId: string;
  subject: string;
}

/**
 * Whether any connection lives on a grant of that person and app, whoever owns it.
 *
 * @param except a grant that does not count
 */
export const personHasConnections = async (db: Queryable, person: PersonKey, except?: string): Promise<boolean> => {
  const row = await db
    .selectFrom('grants')
    .innerJoin('connections', 'connections.grant_id', 'grants.id')
    .select('grants.id')
    .where('grants.provider', 'in', person.providers)
    .where('grants.client_id', '=', person.clientId)
    .where('grants.subject', '=', person.subject)
    .$if(except !== undefined, (query) => query.where('grants.id', '<>', except!))
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};

/** The grants of a person and app that serve connections and have not ended, whoever owns them. */
export const livingOfPerson = (db: Queryable, person: PersonKey): Promise<GrantRow[]> =>
  db
    .selectFrom('grants')
    .selectAll()
    .where('provider', 'in', person.providers)
    .where('client_id', '=', person.clientId)
    .where('subject', '=', person.subject)
    .where('status', '=', 'active')
    .orderBy('id')
    .execute();

const takeChecks = prepared((db, at: { now: number; until: number; limit: number }) =>
  db
    .updateTable('grants')
    .set({ check_at: at.until })
    .where('id', 'in', (from) =>
      from
        .selectFrom('grants')
        .select('id')
        .where('check_at', '<=', at.now)
        .orderBy('check_at')
        .limit(at.limit)
        .$if(isPostgres(db), (query) => query.forUpdate().skipLocked()),
    )
    .returningAll(),
);

/**
 * Takes grants of which the platform must be asked, and puts the next look at them off: nobody else asks as well, and a look
 * that never ends is repeated.
 */
export const takeForCheck = async (db: Queryable, now: number, until: number, limit: number): Promise<GrantRow[]> =>
  (await takeChecks(db, { now, until, limit })).rows;

/** Puts off the looks at grants that nobody has touched since they were taken. */
export const putOffChecks = async (db: Queryable, ids: string[], from: number, to: number): Promise<void> => {
  await db
    .updateTable('grants')
    .set({ check_at: to })
    .where('id', 'in', (query) =>
      query
        .selectFrom('grants')
        .select('id')
        .where('id', 'in', ids)
        .where('check_at', '=', from)
        // Others change single grants; to wait for them here could be to wait for each other.
        .$if(isPostgres(db), (rows) => rows.forUpdate().skipLocked()),
    )
    .execute();
};

/** Has grants looked at of which nobody knew yet that they must be. */
export const beginChecks = async (db: Queryable, provider: string, now: number): Promise<void> => {
  await db
    .updateTable('grants')
    .set({ check_at: now })
    .where('id', 'in', (query) =>
      query
        .selectFrom('grants')
        .select('id')
        .where('provider', '=', provider)
        .where('status', '=', 'active')
        .where('check_at', 'is', null)
        .$if(isPostgres(db), (rows) => rows.forUpdate().skipLocked()),
    )
    .execute();
};

/** Grants of one app that serve a connection and for which nothing is ever to be done, though nothing ends them either. */
export const unplanned = async (db: Queryable, { provider, clientId }: GateKey, limit: number): Promise<string[]> => {
  const rows = await db
    .selectFrom('schedule')
    .innerJoin('grants', 'grants.id', 'schedule.grant_id')
    .select('schedule.grant_id')
    .where('schedule.provider', '=', provider)
    .where('schedule.client_id', '=', clientId)
    .where('schedule.due_at', 'is', null)
    .where('grants.status', '=', 'active')
    .where('grants.refresh_token_sealed', 'is', null)
    .where((e) =>
      e.exists(
        e
          .selectFrom('connections')
          .select('connections.id')
          .whereRef('connections.grant_id', '=', 'grants.id')
          .where('connections.disabled_at', 'is', null),
      ),
    )
    .orderBy('schedule.grant_id')
    .limit(limit)
    .$if(isPostgres(db), (query) => query.forUpdate('schedule').skipLocked())
    .execute();
  return rows.map(({ grant_id }) => grant_id);
};

const unfinished = (['exchanged', 'new'] as const).map((status) => sql.lit(status));

/** Grants that no connection and no flow refers to: left behind by a crash. */
export const orphans = (db: Queryable, before: number, limit: number): Promise<GrantRow[]> =>
  db
    .selectFrom('grants')
    .selectAll()
    // Literally as in the index, which holds these alone: neither database sees through parameters.
    .where('status', 'in', unfinished)
    .where('updated_at', '<', before)
    .where('id', 'not in', (query) =>
      query
        .selectFrom('flows')
        .select('flows.grant_id')
        .where('flows.grant_id', 'is not', null)
        .where('flows.status', 'in', ['exchanging', 'choosing'])
        .$castTo<{ grant_id: string }>(),
    )
    .limit(limit)
    .execute();

/** The grant of a credential that was imported with an app. */
export const byImport = (
  db: Queryable,
  { provider, client_id, imported_mac }: Pick<GrantRow, 'provider' | 'client_id' | 'imported_mac'>,
): Promise<GrantRow | undefined> =>
  db
    .selectFrom('grants')
    .selectAll()
    .where('provider', '=', provider)
    .where('client_id', '=', client_id)
    .where('imported_mac', '=', imported_mac)
    .executeTakeFirst();

/** Keeps a grant unless its credential was imported before. */
export const insertImported = async (db: Queryable, grant: New<GrantsTable>): Promise<boolean> => {
  const result = await db
    .insertInto('grants')
    .values(grant)
    .onConflict((c) => c.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
};

/** Imported grants that never came to serve a connection. */
export const unusedImports = async (db: Queryable, before: number, limit: number): Promise<string[]> => {
  const rows = await db
    .selectFrom('grants')
    .select('id')
    .where('imported_mac', 'is not', null)
    .where('subject', 'is', null)
    .where('updated_at', '<', before)
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
};

const addAttempt = prepared((db, attempt: New<RefreshAttemptsTable>) =>
  db.insertInto('refresh_attempts').values(attempt),
);

export const insertAttempts = (db: Queryable, attempts: New<RefreshAttemptsTable>[]): Promise<void> =>
  insertEach(db, attempts, { table: 'refresh_attempts', one: addAttempt });

/** @param lock whether its end waits for this transaction */
export const attemptById = (db: Queryable, id: string, lock = false): Promise<AttemptRow | undefined> =>
  db
    .selectFrom('refresh_attempts')
    .selectAll()
    .where('id', '=', id)
    .$if(lock && isPostgres(db), (query) => query.forUpdate())
    .executeTakeFirst();

/** Renewals of a grant, newest first. */
export const attemptsOf = (db: Queryable, grantId: string, limit: number): Promise<AttemptRow[]> =>
  db
    .selectFrom('refresh_attempts')
    .selectAll()
    .where('grant_id', '=', grantId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** Forgets renewals that began before. */
export const removeAttempts = async (db: Queryable, before: number): Promise<void> => {
  await db.deleteFrom('refresh_attempts').where('started_at', '<', before).execute();
};

interface AttemptEnd {
  id: string;
  ended_at: number;
  outcome: string;
  error_code: string | null;
}

const endAttempt = prepared((db, { id, ...end }: AttemptEnd) =>
  db.updateTable('refresh_attempts').set(end).where('id', '=', id),
);

export const endAttempts = (db: Queryable, ends: AttemptEnd[]): Promise<void> =>
  changeEach(db, ends, { table: 'refresh_attempts', key: 'id', one: endAttempt });
