import { isPostgres, type Queryable } from './dialect.ts';
import type { Changes, New, ProviderAppRow, ProviderAppsTable } from './schema.ts';

/** Every app that was set, those that were replaced too. */
export const all = (db: Queryable): Promise<ProviderAppRow[]> =>
  db.selectFrom('provider_apps').selectAll().orderBy('id').execute();

/** By what a reader sees whether anything has changed since it read. */
export const versions = (db: Queryable) =>
  db.selectFrom('provider_apps').select(['id', 'version']).orderBy('id').execute();

/** Locked: whoever looks for an app is about to change it. */
export const byClient = (
  db: Queryable,
  { provider, client_id }: Pick<ProviderAppRow, 'provider' | 'client_id'>,
): Promise<ProviderAppRow | undefined> =>
  db
    .selectFrom('provider_apps')
    .selectAll()
    .where('provider', '=', provider)
    .where('client_id', '=', client_id)
    .$if(isPostgres(db), (query) => query.forUpdate())
    .executeTakeFirst();

export const insert = async (db: Queryable, app: New<ProviderAppsTable>): Promise<void> => {
  await db.insertInto('provider_apps').values(app).execute();
};

/** Changes an app, unless it is not of that version any more. @returns whether it was */
export const update = async (
  db: Queryable,
  { id, version }: Pick<ProviderAppRow, 'id' | 'version'>,
  changes: Changes<ProviderAppsTable>,
): Promise<boolean> => {
  const result = await db
    .updateTable('provider_apps')
    .set({ ...changes, version: version + 1 })
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

/** Has no flow of a provider begin with an app that was set. @returns whether there was one */
export const retire = async (db: Queryable, provider: string, now: number): Promise<boolean> => {
  const result = await db
    .updateTable('provider_apps')
    .set((e) => ({ retired_at: now, updated_at: now, version: e('version', '+', 1) }))
    .where('provider', '=', provider)
    .where('retired_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

/** Forgets the replaced apps of a provider with which nothing was made that is still there. */
export const removeUnused = async (db: Queryable, provider: string): Promise<void> => {
  const made = (table: 'grants' | 'flows' | 'revocations' | 'journal') =>
    db.selectFrom(table).select('client_id').where('provider', '=', provider).where('client_id', 'is not', null);
  await db
    .deleteFrom('provider_apps')
    .where('provider', '=', provider)
    .where('retired_at', 'is not', null)
    .where('client_id', 'not in', made('grants').$castTo<{ client_id: string }>())
    .where('client_id', 'not in', made('flows').$castTo<{ client_id: string }>())
    .where('client_id', 'not in', made('revocations').$castTo<{ client_id: string }>())
    .where('client_id', 'not in', made('journal').$castTo<{ client_id: string }>())
    .execute();
};
