import { sql } from 'kysely';
import { isPostgres, type Queryable } from './dialect.ts';
import type { Database } from './schema.ts';

/*
 * Many rows at once. On PostgreSQL they go in one statement, because each statement is a journey to the server; on
 * SQLite one after the other, because none is.
 */

interface Way<Row> {
  table: keyof Database;
  one: (db: Queryable, row: Row) => Promise<unknown>;
}

/** Changes rows, each in its own way. */
export const changeEach = async <Row extends object>(
  db: Queryable,
  rows: Row[],
  { table, key, one }: Way<Row> & { key: keyof Row & string },
): Promise<void> => {
  if (!isPostgres(db)) return oneByOne(db, rows, one);
  for (const { columns, given } of alike(table, rows)) {
    const changes = columns.filter((column) => column !== key);
    await sql`update ${sql.table(table)}
      set ${sql.join(changes.map((column) => sql`${sql.ref(column)} = ${sql.ref(`given.${column}`)}`))}
      from ${given} where ${sql.ref(`${table}.${key}`)} = ${sql.ref(`given.${key}`)}`.execute(db);
  }
};

/** Inserts rows; those that are there already stay as they are. */
export const insertEach = async <Row extends object>(
  db: Queryable,
  rows: Row[],
  { table, one }: Way<Row>,
): Promise<void> => {
  if (!isPostgres(db)) return oneByOne(db, rows, one);
  for (const { columns, given } of alike(table, rows)) {
    const names = sql.join(columns.map((column) => sql.ref(column)));
    await sql`insert into ${sql.table(table)} (${names}) select ${names} from ${given}
      on conflict do nothing`.execute(db);
  }
};

const oneByOne = async <Row>(db: Queryable, rows: Row[], one: Way<Row>['one']): Promise<void> => {
  for (const row of rows) await one(db, row);
};

/** Rows that name the same columns, as a table of their own. */
const alike = (table: keyof Database, rows: object[]) =>
  [...Map.groupBy(rows, (row) => columnsOf(row).join())].map(([columns, group]) => ({
    columns: columns.split(','),
    given: sql`json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(group.map(toJson))}) as given`,
  }));

const columnsOf = (row: object): string[] =>
  Object.entries(row).flatMap(([column, value]) => (value === undefined ? [] : column));

const toJson = (row: object): object =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [column, storable(value)]));

/** Bytes, which JSON does not have, as PostgreSQL writes them; and no NUL, for which it has no place in a text. */
const storable = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`;
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
};
