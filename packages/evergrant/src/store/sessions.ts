import type { Queryable } from './dialect.ts';
import type { New, SessionRow, SessionsTable } from './schema.ts';

export const insert = async (db: Queryable, session: New<SessionsTable>): Promise<void> => {
  await db.insertInto('sessions').values(session).execute();
};

export const byTokenHash = (db: Queryable, tokenHash: string): Promise<SessionRow | undefined> =>
  db.selectFrom('sessions').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst();

export const noteUse = async (db: Queryable, id: string, now: number): Promise<void> => {
  await db.updateTable('sessions').set({ seen_at: now }).where('id', '=', id).execute();
};

export const remove = async (db: Queryable, id: string): Promise<void> => {
  await db.deleteFrom('sessions').where('id', '=', id).execute();
};

/** Forgets sessions that are over. */
export const removeEnded = async (db: Queryable, { expired, idleSince }: { expired: number; idleSince: number }) => {
  await db
    .deleteFrom('sessions')
    .where((e) => e.or([e('expires_at', '<=', expired), e('seen_at', '<=', idleSince)]))
    .execute();
};
