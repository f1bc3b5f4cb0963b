import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely';
import type { Database } from './schema.ts';

/** A connection to the database or a transaction on it: every query takes either. */
export type Queryable = Kysely<Database>;

/** The few places where the two databases need different queries ask here. */
export const isPostgres = (db: Queryable): boolean => db.getExecutor().adapter instanceof PostgresAdapter;

/**
 * The texts of a list as a subquery: one statement serves lists of every length.
 *
 * @param list a JSON array
 */
export const textsOf = (db: Queryable, list: string): RawBuilder<string> =>
  isPostgres(db) ? sql`(select json_array_elements_text(${list}))` : sql`(select value from json_each(${list}))`;
