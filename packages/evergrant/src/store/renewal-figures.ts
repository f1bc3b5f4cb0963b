import { sql } from 'kysely';
import type { Queryable } from './dialect.ts';

/** Renewals of a span of time, by outcome. */
export interface OutcomeCount {
  outcome: string | null;
  count: number;
}

/** Renewals that began in [from, to), of one owner's grants or of all. */
export const done = async (
  db: Queryable,
  { from, to, owner }: { from: number; to: number; owner?: string },
): Promise<OutcomeCount[]> => {
  const rows = await db
    .selectFrom('refresh_attempts')
    .select((e) => ['outcome', e.fn.countAll<number>().as('count')])
    .where('started_at', '>=', from)
    .where('started_at', '<', to)
    .$if(owner !== undefined, (query) => query.where('grant_id', 'in', grantsOf(db, owner!)))
    .groupBy('outcome')
    .execute();
  return rows.map(({ outcome, count }) => ({ outcome, count: Number(count) }));
};

/** Renewals that are due in [from, to), in spans of `span` milliseconds counted from `from`. */
export const due = async (
  db: Queryable,
  { from, to, span, owner }: { from: number; to: number; span: number; owner?: string },
): Promise<{ span: number; count: number }[]> => {
  const spanOf = sql<number>`(due_at - ${sql.lit(from)}) / ${sql.lit(span)}`;
  const rows = await db
    .selectFrom('schedule')
    .select((e) => [spanOf.as('span'), e.fn.countAll<number>().as('count')])
    .where('due_at', '>=', from)
    .where('due_at', '<', to)
    .$if(owner !== undefined, (query) => query.where('grant_id', 'in', grantsOf(db, owner!)))
    .groupBy(spanOf)
    .execute();
  return rows.map((row) => ({ span: Number(row.span), count: Number(row.count) }));
};

/** How many renewals should have begun by `now`, and since when the oldest should. */
export const overdue = async (
  db: Queryable,
  { now, owner }: { now: number; owner?: string },
): Promise<{ count: number; oldest: number | null }> => {
  const row = await db
    .selectFrom('schedule')
    .select((e) => [e.fn.countAll<number>().as('count'), e.fn.min('due_at').as('oldest')])
    .where('due_at', '<=', now)
    .$if(owner !== undefined, (query) => query.where('grant_id', 'in', grantsOf(db, owner!)))
    .executeTakeFirst();
  return { count: Number(row?.count ?? 0), oldest: row?.oldest == null ? null : Number(row.oldest) };
};

const grantsOf = (db: Queryable, owner: string) =>
  db.selectFrom('connections').select('grant_id').where('owner', '=', owner);
