import type { Queryable } from './dialect.ts';
import type { ApiKeyRow, ApiKeysTable, New } from './schema.ts';

export const insert = async (db: Queryable, key: New<ApiKeysTable>): Promise<void> => {
  await db.insertInto('api_keys').values(key).execute();
};

/** The query of {@link PointReads.apiKey}. */
export const byHash = (db: Queryable, keyHash: string) =>
  db.selectFrom('api_keys').selectAll().where('key_hash', '=', keyHash).where('revoked_at', 'is', null);

export const any = async (db: Queryable): Promise<boolean> =>
  (await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst()) !== undefined;

/** Keys that were not revoked, newest first. `before` is the id of a key; `owner`: bound to this one. */
export const list = (db: Queryable, page: { before?: string; limit: number; owner?: string }): Promise<ApiKeyRow[]> =>
  db
    .selectFrom('api_keys')
    .selectAll()
    .where('revoked_at', 'is', null)
    .$if(page.before !== undefined, (query) => query.where('id', '<', page.before!))
    .$if(page.owner !== undefined, (query) => query.where('owner', '=', page.owner!))
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute();

/** @returns whether there was such a key, not revoked yet */
export const revoke = async (db: Queryable, id: string, now: number, owner?: string): Promise<boolean> => {
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .$if(owner !== undefined, (query) => query.where('owner', '=', owner!))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
};

export const noteUse = async (db: Queryable, id: string, now: number): Promise<void> => {
  await db.updateTable('api_keys').set({ last_used_at: now }).where('id', '=', id).execute();
};
