import type { Queryable } from './dialect.ts';
import type { Changes, FlowRow, FlowsTable, New } from './schema.ts';

export const insert = async (db: Queryable, flow: New<FlowsTable>): Promise<void> => {
  await db.insertInto('flows').values(flow).execute();
};

export const byId = (db: Queryable, id: string): Promise<FlowRow | undefined> =>
  db.selectFrom('flows').selectAll().where('id', '=', id).executeTakeFirst();

export const byIds = async (db: Queryable, ids: string[]): Promise<FlowRow[]> =>
  ids.length === 0 ? [] : db.selectFrom('flows').selectAll().where('id', 'in', ids).execute();

export const byLink = (db: Queryable, linkHash: string): Promise<FlowRow | undefined> =>
  db.selectFrom('flows').selectAll().where('link_hash', '=', linkHash).executeTakeFirst();

export const byState = (db: Queryable, stateHash: string): Promise<FlowRow | undefined> =>
  db.selectFrom('flows').selectAll().where('state_hash', '=', stateHash).executeTakeFirst();

/** Binds a flow to the first browser that opens it. False: another one was faster. */
export const bindBrowser = async (db: Queryable, id: string, browserHash: string, now: number): Promise<boolean> => {
  const result = await db
    .updateTable('flows')
    .set({ browser_hash: browserHash, updated_at: now })
    .where('id', '=', id)
    .where('browser_hash', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
};

/** Notes how the platform was asked, unless that is noted already. False: it is, or the flow has ended. */
export const setAuthorization = async (
  db: Queryable,
  id: string,
  authorization: Pick<FlowRow, 'client_id' | 'state_hash' | 'redirect_uri' | 'authorization_sealed' | 'updated_at'>,
): Promise<boolean> => {
  const result = await db
    .updateTable('flows')
    .set(authorization)
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .where('authorization_sealed', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
};

/** A flow that has ended is no longer found by this handle. */
export const forgetEndedHandle = async (db: Queryable, stateHash: string): Promise<void> => {
  await db
    .updateTable('flows')
    .set({ state_hash: null })
    .where('state_hash', '=', stateHash)
    .where('status', 'in', ['connected', 'failed', 'expired'])
    .execute();
};

/** Changes a flow that is still in one of the given states. False: it is not. */
export const move = async (
  db: Queryable,
  id: string,
  from: FlowsTable['status'][],
  changes: Changes<FlowsTable> & { updated_at: number },
): Promise<boolean> => {
  const result = await db
    .updateTable('flows')
    .set(changes)
    .where('id', '=', id)
    .where('status', 'in', from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
};

/** Flows that were taken and never finished: their process died. */
export const interrupted = (db: Queryable): Promise<FlowRow[]> =>
  db.selectFrom('flows').selectAll().where('status', '=', 'exchanging').execute();

/** Flows whose time is over while they still wait for a person. */
export const overdue = (db: Queryable, now: number, limit: number): Promise<FlowRow[]> =>
  db
    .selectFrom('flows')
    .selectAll()
    .where('status', 'in', ['pending', 'choosing'])
    .where('expires_at', '<=', now)
    .limit(limit)
    .execute();

/** Removes flows that ended before `before`. */
export const removeEnded = async (db: Queryable, before: number): Promise<void> => {
  await db
    .deleteFrom('flows')
    .where('status', 'in', ['connected', 'failed', 'expired'])
    .where('updated_at', '<', before)
    .execute();
};

/** Whether any flow has that status token. */
export const byStatusToken = async (db: Queryable, statusTokenHash: string): Promise<boolean> =>
  (await db.selectFrom('flows').select('id').where('status_token_hash', '=', statusTokenHash).executeTakeFirst()) !==
  undefined;
