import { type Kysely, sql } from 'kysely';
import type { Queryable } from './dialect.ts';

/** The sealed columns of one table. Every table that has any has a primary key `id`, which their seals are bound to. */
export interface SealedTable {
  table: string;
  columns: string[];
}

/** A row with its envelopes, by column. */
export interface SealedRow {
  id: string;
  envelopes: Record<string, Uint8Array>;
}

/** Every column that holds envelopes, as the database itself says: those whose names end in `_sealed`. */
export const tables = async (db: Queryable): Promise<SealedTable[]> => {
  const found = await (db as Kysely<unknown>).introspection.getTables();
  return found
    .map(({ name, columns }) => ({
      table: name,
      columns: columns.map((column) => column.name).filter((column) => column.endsWith('_sealed')),
    }))
    .filter(({ columns }) => columns.length > 0)
    .sort((one, other) => one.table.localeCompare(other.table, 'en'));
};

/** How many rows a table has. */
export const size = async (db: Queryable, { table }: SealedTable): Promise<number> => {
  const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(table)}`.execute(db);
  return Number(rows[0]!.count);
};

/** Rows in the order of their ids, from the one after `after`. */
export const page = async (
  db: Queryable,
  { table, columns }: SealedTable,
  after: string,
  limit: number,
): Promise<SealedRow[]> => {
  const names = sql.join(['id', ...columns].map((column) => sql.ref(column)));
  const { rows } = await sql<{ id: string } & Record<string, Uint8Array | null>>`select ${names}
    from ${sql.table(table)} where id > ${after} order by id limit ${limit}`.execute(db);
  return rows.map(({ id, ...row }) => ({
    id,
    envelopes: Object.fromEntries(
      Object.entries(row).filter((entry): entry is [string, Uint8Array] => entry[1] !== null),
    ),
  }));
};

/** Puts one envelope in the place of another, unless something else stands there by now. */
export const swap = async (
  db: Queryable,
  { table, column, id }: { table: string; column: string; id: string },
  from: Uint8Array,
  to: Uint8Array,
): Promise<void> => {
  await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${to}
    where id = ${id} and ${sql.ref(column)} = ${from}`.execute(db);
};
