import type { Queryable } from './index.ts';
import type { Changes, New, ScheduleRow, ScheduleTable } from './schema.ts';

export const insert = async (db: Queryable, row: New<ScheduleTable>): Promise<void> => {
  await db.insertInto('schedule').values(row).execute();
};

export const byGrant = (db: Queryable, grantId: string): Promise<ScheduleRow | undefined> =>
  db.selectFrom('schedule').selectAll().where('grant_id', '=', grantId).executeTakeFirst();

export const update = async (db: Queryable, grantId: string, changes: Changes<ScheduleTable>): Promise<void> => {
  await db.updateTable('schedule').set(changes).where('grant_id', '=', grantId).execute();
};

/** Puts off a grant that is due; one that was renewed in the meantime keeps its time. */
export const putOff = async (db: Queryable, grantId: string, until: number, now: number): Promise<void> => {
  await db
    .updateTable('schedule')
    .set({ due_at: until })
    .where('grant_id', '=', grantId)
    .where('due_at', '<=', now)
    .execute();
};

/** Grants that are due, the longest overdue first. Leased rows are not among them: a lease pushes `due_at` to its end. */
export const due = async (db: Queryable, now: number, limit: number): Promise<string[]> => {
  const rows = await db
    .selectFrom('schedule')
    .select('grant_id')
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.grant_id);
};

/** When the next grant is due; null when nothing ever is. */
export const nextDue = async (db: Queryable): Promise<number | null> => {
  const row = await db
    .selectFrom('schedule')
    .select('due_at')
    .where('due_at', 'is not', null)
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst();
  return row?.due_at ?? null;
};

/** How many grants are due, and since when the oldest is. */
export const backlog = async (db: Queryable, now: number): Promise<{ due: number; oldest: number | null }> => {
  const row = await db
    .selectFrom('schedule')
    .select((e) => [e.fn.countAll<number>().as('due'), e.fn.min('due_at').as('oldest')])
    .where('due_at', '<=', now)
    .executeTakeFirst();
  return { due: Number(row?.due ?? 0), oldest: (row?.oldest as number | null | undefined) ?? null };
};
