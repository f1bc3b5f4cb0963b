import { isPostgres, type Queryable } from './dialect.ts';

/** Makes a cursor, unless there is one. */
export const ensure = async (db: Queryable, name: string, position: number): Promise<void> => {
  await db
    .insertInto('event_cursors')
    .values({ name, position })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
};

/** Where a cursor stands. @param lock until the transaction ends, so that one process works through events at a time */
export const position = async (db: Queryable, name: string, lock = false): Promise<number | undefined> =>
  (
    await db
      .selectFrom('event_cursors')
      .select('position')
      .where('name', '=', name)
      .$if(lock && isPostgres(db), (query) => query.forUpdate())
      .executeTakeFirst()
  )?.position;

export const move = async (db: Queryable, name: string, to: number): Promise<void> => {
  await db.updateTable('event_cursors').set({ position: to }).where('name', '=', name).execute();
};
