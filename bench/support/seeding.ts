import { DatabaseSync } from 'node:sqlite';
import { Pool } from 'pg';
import type { Rows } from './rows.ts';

/** Puts rows into a database whose schema is there. */
export type Write = (rows: Iterable<Rows>) => Promise<void>;

type Table = keyof Rows;
type Value = string | number | Uint8Array | null;

const tables: Table[] = ['grants', 'schedule', 'connections'];

/** Prepared inserts, without a journal and without a sync: what a crash would lose is only a bench's. */
export const writeSqlite =
  (path: string): Write =>
  async (rows) => {
    const database = new DatabaseSync(path);
    database.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -200000; begin');
    const statements = new Map<Table, ReturnType<DatabaseSync['prepare']>>();
    const prepare = (table: Table, columns: string[]) => {
      const statement = database.prepare(
        `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
      );
      statements.set(table, statement);
      return statement;
    };
    for (const row of rows) {
      for (const table of tables) {
        const statement = statements.get(table) ?? prepare(table, Object.keys(row[table]));
        statement.run(...(Object.values(row[table]) as Value[]));
      }
    }
    database.exec('commit; analyze; pragma journal_mode = wal');
    database.close();
  };

/** Rows in one statement: a statement holds 65,535 parameters. */
const chunk = 1000;

export const writePostgres =
  (url: string): Write =>
  async (rows) => {
    const pool = new Pool({ connectionString: url, max: 1 });
    try {
      let waiting: Rows[] = [];
      for (const row of rows) {
        waiting.push(row);
        if (waiting.length < chunk) continue;
        await insert(pool, waiting);
        waiting = [];
      }
      if (waiting.length > 0) await insert(pool, waiting);
      await pool.query('vacuum analyze');
    } finally {
      await pool.end();
    }
  };

const insert = async (pool: Pool, rows: Rows[]): Promise<void> => {
  for (const table of tables) {
    const columns = Object.keys(rows[0]![table]);
    const tuple = (at: number): string =>
      `(${columns.map((_, column) => `$${at * columns.length + column + 1}`).join()})`;
    await pool.query({
      text: `insert into ${table} (${columns.join(', ')}) values ${rows.map((_, at) => tuple(at)).join(', ')}`,
      values: rows.flatMap((row) => Object.values(row[table])),
    });
  }
};
