import type { Queryable } from './dialect.ts';
import type { ApiKeysTable, New } from './schema.ts';

export const insert = async (db: Queryable, key: New<ApiKeysTable>): Promise<void> => {
  await db.insertInto('api_keys').values(key).execute();
};

/** The query of {@link PointReads.apiKey}. */
export const byHash = (db: Queryable, keyHash: string) =>
  db.selectFrom('api_keys').selectAll().where('key_hash', '=', keyHash).where('revoked_at', 'is', null);

export const any = async (db: Queryable): Promise<boolean> =>
  (await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst()) !== undefined;
