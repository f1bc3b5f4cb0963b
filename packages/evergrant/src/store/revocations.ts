import type { Queryable } from './dialect.ts';
import type { New, RevocationRow, RevocationsTable } from './schema.ts';

export const insert = async (db: Queryable, row: New<RevocationsTable>): Promise<void> => {
  await db.insertInto('revocations').values(row).execute();
};

/**
 * Takes a revocation for one try by putting off its next one. False: somebody else has it, or it is done.
 *
 * @param until when it may be tried again if this try never reports
 */
export const take = async (db: Queryable, row: RevocationRow, until: number): Promise<boolean> => {
  const result = await db
    .updateTable('revocations')
    .set({ next_at: until, attempts: row.attempts + 1 })
    .where('id', '=', row.id)
    .where('attempts', '=', row.attempts)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
};

export const due = (db: Queryable, now: number, limit: number): Promise<RevocationRow[]> =>
  db.selectFrom('revocations').selectAll().where('next_at', '<=', now).orderBy('next_at').limit(limit).execute();

export const byId = (db: Queryable, id: string): Promise<RevocationRow | undefined> =>
  db.selectFrom('revocations').selectAll().where('id', '=', id).executeTakeFirst();

export const putOff = async (db: Queryable, id: string, nextAt: number): Promise<void> => {
  await db.updateTable('revocations').set({ next_at: nextAt }).where('id', '=', id).execute();
};

export const remove = async (db: Queryable, id: string): Promise<void> => {
  await db.deleteFrom('revocations').where('id', '=', id).execute();
};
