import type { Queryable } from './index.ts';
import type { ApiKeyRow, ApiKeysTable, New } from './schema.ts';

export const insert = async (db: Queryable, key: New<ApiKeysTable>): Promise<void> => {
  await db.insertInto('api_keys').values(key).execute();
};

/** The key of that hash, unless it was revoked. */
export const byHash = (db: Queryable, keyHash: string): Promise<ApiKeyRow | undefined> =>
  db
    .selectFrom('api_keys')
    .selectAll()
    .where('key_hash', '=', keyHash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();

export const any = async (db: Queryable): Promise<boolean> =>
  (await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst()) !== undefined;
