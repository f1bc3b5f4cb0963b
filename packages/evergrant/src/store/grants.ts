import type { Queryable } from './index.ts';
import type { Changes, GrantRow, GrantsTable, New, RefreshAttemptsTable } from './schema.ts';

export const insert = async (db: Queryable, grant: New<GrantsTable>): Promise<void> => {
  await db.insertInto('grants').values(grant).execute();
};

export const byId = (db: Queryable, id: string): Promise<GrantRow | undefined> =>
  db.selectFrom('grants').selectAll().where('id', '=', id).executeTakeFirst();

export const update = async (db: Queryable, id: string, changes: Changes<GrantsTable>): Promise<void> => {
  await db.updateTable('grants').set(changes).where('id', '=', id).execute();
};

/** Removes a grant with its schedule, journal and attempts: its credentials exist nowhere afterwards. */
export const remove = async (db: Queryable, id: string): Promise<void> => {
  await db.deleteFrom('schedule').where('grant_id', '=', id).execute();
  await db.deleteFrom('refresh_attempts').where('grant_id', '=', id).execute();
  await db.deleteFrom('grants').where('id', '=', id).execute();
};

/** Whether any connection lives on another grant of the same person and app, whoever owns it. */
export const personHasConnections = async (
  db: Queryable,
  person: { provider: string; clientId: string; subject: string },
): Promise<boolean> => {
  const row = await db
    .selectFrom('grants')
    .innerJoin('connections', 'connections.grant_id', 'grants.id')
    .select('grants.id')
    .where('grants.provider', '=', person.provider)
    .where('grants.client_id', '=', person.clientId)
    .where('grants.subject', '=', person.subject)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};

/** Grants that no connection and no flow refers to: left behind by a crash. */
export const orphans = (db: Queryable, before: number, limit: number): Promise<GrantRow[]> =>
  db
    .selectFrom('grants')
    .selectAll()
    .where('status', 'in', ['exchanged', 'new'])
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

export const insertAttempt = async (db: Queryable, attempt: New<RefreshAttemptsTable>): Promise<void> => {
  await db.insertInto('refresh_attempts').values(attempt).execute();
};

export const endAttempt = async (
  db: Queryable,
  id: string,
  end: { ended_at: number; outcome: string; error_code: string | null },
): Promise<void> => {
  await db.updateTable('refresh_attempts').set(end).where('id', '=', id).execute();
};
