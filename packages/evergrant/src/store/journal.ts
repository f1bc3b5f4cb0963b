import { type Queryable, textsOf } from './dialect.ts';
import { insertEach } from './each.ts';
import { prepared } from './prepared.ts';
import type { JournalRow, JournalTable, New } from './schema.ts';

const insertUnlessThere = prepared((db, entry: New<JournalTable>) =>
  db
    .insertInto('journal')
    .values(entry)
    .onConflict((c) => c.column('id').doNothing()),
);

/** An entry that is there already stays as it is: who adds it may not have heard that it was taken. */
export const insertOnce = async (db: Queryable, entry: New<JournalTable>): Promise<void> => {
  await insertUnlessThere(db, entry);
};

/** As {@link insertOnce}, for several. */
export const insertEachOnce = (db: Queryable, entries: New<JournalTable>[]): Promise<void> =>
  insertEach(db, entries, { table: 'journal', one: insertUnlessThere });

export const byFlow = (db: Queryable, flowId: string, kind: JournalRow['kind']): Promise<JournalRow | undefined> =>
  db.selectFrom('journal').selectAll().where('flow_id', '=', flowId).where('kind', '=', kind).executeTakeFirst();

const selectUnfinished = prepared((db, { before }: { before: number }) =>
  db
    .selectFrom('journal')
    .selectAll()
    .where('kind', '=', 'refresh')
    .where('created_at', '<=', before)
    .orderBy('created_at'),
);

/**
 * Answers to renewals that nobody has committed: their process died between the answer and the commit.
 *
 * @param before only those that came before; a process that lives commits its own at once
 */
export const unfinishedRenewals = async (db: Queryable, before: number): Promise<JournalRow[]> =>
  (await selectUnfinished(db, { before })).rows;

/** Of the answers to renewals that nobody has committed: how many there are, and when the oldest came. */
export const unfinishedFigures = async (db: Queryable): Promise<{ count: number; oldest: number | null }> => {
  const { count, oldest } = await db
    .selectFrom('journal')
    .select((e) => [e.fn.countAll<number>().as('count'), e.fn.min('created_at').as('oldest')])
    .where('kind', '=', 'refresh')
    .executeTakeFirstOrThrow();
  return { count: Number(count), oldest: oldest === null ? null : Number(oldest) };
};

const selectHeld = prepared((db, { grantIds }: { grantIds: string }) =>
  db
    .selectFrom('journal')
    .select('grant_id')
    .where('kind', '=', 'refresh')
    .where('grant_id', 'in', textsOf(db, grantIds)),
);

/** Of these grants, those for which an answer lies here that nobody has committed. */
export const heldFor = async (db: Queryable, grantIds: string[]): Promise<Set<string>> =>
  grantIds.length === 0
    ? new Set()
    : new Set((await selectHeld(db, { grantIds: JSON.stringify(grantIds) })).rows.flatMap((row) => row.grant_id ?? []));

const deleteSeveral = prepared((db, { ids }: { ids: string }) =>
  db.deleteFrom('journal').where('id', 'in', textsOf(db, ids)).returning('id'),
);

/** Removes entries. Gives those that were there; the others somebody else has committed already. */
export const removeAll = async (db: Queryable, ids: string[]): Promise<Set<string>> =>
  ids.length === 0
    ? new Set()
    : new Set((await deleteSeveral(db, { ids: JSON.stringify(ids) })).rows.map(({ id }) => id));

/** Removes an entry. False: somebody else has committed it already. */
export const remove = async (db: Queryable, id: string): Promise<boolean> => (await removeAll(db, [id])).has(id);

/** Removes answers to exchanges whose flows ended without taking them, because reading them failed. */
export const removeOfEndedFlows = async (db: Queryable, before: number): Promise<void> => {
  await db.deleteFrom('journal').where('kind', '!=', 'refresh').where('created_at', '<', before).execute();
};
