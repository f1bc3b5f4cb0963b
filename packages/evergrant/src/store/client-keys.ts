import type { Queryable } from './dialect.ts';

export const get = async (db: Queryable, provider: string): Promise<Uint8Array | undefined> =>
  (await db.selectFrom('client_keys').select('key_sealed').where('id', '=', provider).executeTakeFirst())?.key_sealed;

/** Stores the key of a provider unless it has one. */
export const setOnce = async (db: Queryable, provider: string, sealed: Uint8Array): Promise<void> => {
  await db
    .insertInto('client_keys')
    .values({ id: provider, key_sealed: sealed })
    .onConflict((c) => c.column('id').doNothing())
    .execute();
};
