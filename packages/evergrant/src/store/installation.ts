import type { Queryable } from './dialect.ts';

export const get = async (db: Queryable, name: string): Promise<Uint8Array | undefined> =>
  (await db.selectFrom('installation').select('value').where('name', '=', name).executeTakeFirst())?.value;

/** Stores a fact unless one of that name exists. */
export const setOnce = async (db: Queryable, name: string, value: Uint8Array): Promise<void> => {
  await db
    .insertInto('installation')
    .values({ name, value })
    .onConflict((c) => c.column('name').doNothing())
    .execute();
};

/** Stores a fact in the place of what it was. */
export const set = async (db: Queryable, name: string, value: Uint8Array): Promise<void> => {
  await db
    .insertInto('installation')
    .values({ name, value })
    .onConflict((c) => c.column('name').doUpdateSet({ value }))
    .execute();
};
