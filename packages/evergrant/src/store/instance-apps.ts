import type { Queryable } from './dialect.ts';
import type { InstanceAppRow, InstanceAppsTable, New } from './schema.ts';

/** What an app is registered for. */
export type Registered = Pick<InstanceAppRow, 'provider' | 'instance' | 'redirect_uri' | 'scopes'>;

/** The app with which a flow may begin. */
export const current = (
  db: Queryable,
  { provider, instance, redirect_uri, scopes }: Registered,
): Promise<InstanceAppRow | undefined> =>
  db
    .selectFrom('instance_apps')
    .selectAll()
    .where('provider', '=', provider)
    .where('instance', '=', instance)
    .where('redirect_uri', '=', redirect_uri)
    .where('scopes', '=', scopes)
    .where('retired_at', 'is', null)
    .executeTakeFirst();

/** The app of a client id, retired or not; the last one where a server gave an id twice. */
export const byClient = (
  db: Queryable,
  { provider, instance, client_id }: Pick<InstanceAppRow, 'provider' | 'instance' | 'client_id'>,
): Promise<InstanceAppRow | undefined> =>
  db
    .selectFrom('instance_apps')
    .selectAll()
    .where('provider', '=', provider)
    .where('instance', '=', instance)
    .where('client_id', '=', client_id)
    .orderBy('id', 'desc')
    .executeTakeFirst();

/** Keeps an app unless somebody else has just registered one for the same. */
export const insertUnlessThere = async (db: Queryable, app: New<InstanceAppsTable>): Promise<void> => {
  await db
    .insertInto('instance_apps')
    .values(app)
    .onConflict((c) => c.doNothing())
    .execute();
};

/** Has no flow begin with an app any more. */
export const retire = async (db: Queryable, id: string, now: number): Promise<void> => {
  await db
    .updateTable('instance_apps')
    .set({ retired_at: now })
    .where('id', '=', id)
    .where('retired_at', 'is', null)
    .execute();
};

/** What may be kept that was made with an app; grants first, which are most, and found by an index. */
const users = ['grants', 'flows', 'journal', 'revocations'] as const;

/** Removes apps that were registered before a time and with which nothing was made that is still kept. */
export const removeUnused = async (db: Queryable, before: number): Promise<void> => {
  let removal = db.deleteFrom('instance_apps').where('created_at', '<', before);
  for (const table of users) {
    removal = removal.where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom(table)
            .select('id')
            .whereRef(`${table}.provider`, '=', 'instance_apps.provider')
            .whereRef(`${table}.client_id`, '=', 'instance_apps.client_id')
            .whereRef(`${table}.instance`, '=', 'instance_apps.instance'),
        ),
      ),
    );
  }
  await removal.execute();
};

/** Whether a person's consent to an app is alive, as far as is known here. */
export const isInUse = async (db: Queryable, { provider, instance, client_id }: InstanceAppRow): Promise<boolean> => {
  const row = await db
    .selectFrom('grants')
    .select('id')
    .where('provider', '=', provider)
    .where('client_id', '=', client_id)
    .where('instance', '=', instance)
    .where('status', '=', 'active')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
};
