import type { Queryable } from './index.ts';
import type { JournalRow, JournalTable, New } from './schema.ts';

export const insert = async (db: Queryable, entry: New<JournalTable>): Promise<void> => {
  await db.insertInto('journal').values(entry).execute();
};

export const byFlow = (db: Queryable, flowId: string, kind: JournalRow['kind']): Promise<JournalRow | undefined> =>
  db.selectFrom('journal').selectAll().where('flow_id', '=', flowId).where('kind', '=', kind).executeTakeFirst();

/** Answers to renewals that nobody has committed: their process died between the answer and the commit. */
export const unfinishedRenewals = (db: Queryable): Promise<JournalRow[]> =>
  db.selectFrom('journal').selectAll().where('kind', '=', 'refresh').orderBy('created_at').execute();

/** Removes an entry. False: somebody else has committed it already. */
export const remove = async (db: Queryable, id: string): Promise<boolean> => {
  const result = await db.deleteFrom('journal').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
};
