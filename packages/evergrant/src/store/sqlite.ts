import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';
import { EvergrantError } from '../errors/index.ts';
import { closedError } from './closed.ts';
import type { PreparePointRead } from './point-reads.ts';

/** How long a statement waits for another process, in milliseconds. */
const busyTimeout = 5000;

/** For how much of it the event loop stands still; from then on it goes on, and the statement is tried again. */
const blockingTimeout = 10;

/** KiB of pages kept in memory: with a million grants, the upper levels of every index and what was just read. */
const cacheSize = 32 * 1024;

/** How many prepared statements are kept; the product has fewer distinct ones. */
const statementCacheSize = 500;

export interface Sqlite {
  dialect: SqliteDialect;
  /** Absent where the database lives in the memory of its one connection. */
  preparePointRead?: PreparePointRead;
  /** Whoever queries afterwards gets {@link closedError}, where Kysely's `destroy` would leave it to words of its own. */
  close: () => void;
}

/**
 * Kysely's SQLite dialect over `node:sqlite`.
 *
 * WAL with `synchronous=FULL`: a commit that is acknowledged survives a power cut, because losing the last one
 * would lose a rotated refresh token. Transactions begin IMMEDIATE, because a transaction that reads first and
 * writes later fails at once with SQLITE_BUSY when another process wrote in between.
 *
 * Point reads have a connection of their own: there they neither wait for a transaction of this process nor see what it
 * has not committed.
 *
 * @param path a file, made with its folder when absent, or `:memory:`
 * @param onFault called when file, disk or lock keep a statement from being done
 * @throws EvergrantError `storage_unavailable` when the file cannot be opened
 */
export const openSqlite = async (path: string, onFault: () => void = () => {}): Promise<Sqlite> => {
  const database = await openFile(path);
  const statements = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement => {
    const statement = toKysely(database.prepare(sql === 'begin' ? 'begin immediate' : sql));
    if (statements.size >= statementCacheSize) statements.clear();
    statements.set(sql, statement);
    return statement;
  };
  let reader: DatabaseSync | undefined;
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    reader?.close();
    database.close();
  };
  const checkOpen = (): void => {
    if (isClosed) throw closedError();
  };
  const convert: Convert = (error) => {
    const converted = toUnavailable(error);
    if (converted !== error) onFault();
    return converted;
  };
  const config: SqliteDialectConfig = {
    database: {
      prepare(sql) {
        checkOpen();
        return statements.get(sql) ?? prepare(sql);
      },
      close,
    },
  };
  const dialect = new LockingSqliteDialect(config, convert);
  if (path === ':memory:') return { dialect, close };
  return {
    dialect,
    close,
    preparePointRead<Row>({ sql }: CompiledQuery<Row>) {
      reader ??= converting(convert, () => new DatabaseSync(path, { readOnly: true, timeout: busyTimeout }));
      const statement = reader.prepare(sql);
      return async (parameter: string) => {
        checkOpen();
        return converting(convert, () => statement.get(parameter) as Row | undefined);
      };
    },
  };
};

/**
 * Lets migrations run in a transaction, as SQLite can and Kysely does not by itself: one process that starts on a new
 * file makes the tables while another one waits, and a crash half way leaves nothing behind.
 */
class LockingSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;
  readonly #convert: Convert;

  constructor(config: SqliteDialectConfig, convert: Convert) {
    super(config);
    this.#config = config;
    this.#convert = convert;
  }

  override createAdapter(): SqliteAdapter {
    return new (class extends SqliteAdapter {
      override get supportsTransactionalDdl(): boolean {
        return true;
      }
    })();
  }

  override createDriver(): SqliteDriver {
    return new WaitingDriver(this.#config, this.#convert);
  }
}

/** A driver whose statements wait for another process without keeping the event loop. */
class WaitingDriver extends SqliteDriver {
  readonly #convert: Convert;
  #waiting?: DatabaseConnection;

  constructor(config: SqliteDialectConfig, convert: Convert) {
    super(config);
    this.#convert = convert;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#waiting ??= waiting(await super.acquireConnection(), this.#convert);
    return this.#waiting;
  }
}

const waiting = (connection: DatabaseConnection, convert: Convert): DatabaseConnection => ({
  async executeQuery(query) {
    try {
      return await untilFree(() => connection.executeQuery(query));
    } catch (error) {
      throw convert(error);
    }
  },
  streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
});

/** A statement that found the file locked has had no effect. */
const untilFree = async <T>(execute: () => T | Promise<T>): Promise<T> => {
  const end = performance.now() + busyTimeout;
  for (;;) {
    try {
      return await execute();
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, blockingTimeout * Math.random()));
    }
  }
};

const openFile = async (path: string): Promise<DatabaseSync> => {
  let opened: DatabaseSync | undefined;
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = new DatabaseSync(path, { timeout: blockingTimeout });
    opened = file;
    // Two processes that turn a new file to WAL at once would wait for each other: SQLite refuses one of them without
    // waiting, whatever its timeout.
    await untilFree(() => file.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on'));
    file.exec(`pragma cache_size = -${cacheSize}`);
    return file;
  } catch (error) {
    opened?.close();
    const { code = 'unknown', message } = error as NodeJS.ErrnoException;
    const reason = code === 'ERR_SQLITE_ERROR' ? message : code;
    throw new EvergrantError('storage_unavailable', {
      detail: `${resolve(path)} cannot be opened (${reason}). Its folder must be writable, or one that can be made; set another with DATABASE_URL=sqlite:PATH`,
    });
  }
};

type Parameter = string | number | bigint | Uint8Array | null;

const toKysely = (statement: StatementSync): SqliteStatement => ({
  reader: statement.columns().length > 0,
  all: (parameters) => statement.all(...(parameters as Parameter[])),
  run: (parameters) => statement.run(...(parameters as Parameter[])),
  iterate: (parameters) => statement.iterate(...(parameters as Parameter[])) as IterableIterator<unknown>,
});

/** SQLITE_ERROR and SQLITE_CONSTRAINT: the query was wrong or lost a race; the caller decides. */
const ofTheQuery = [1, 19];

/** SQLITE_BUSY: another process writes. */
const busy = 5;

/** The primary result code of SQLite; null: the error is none of its. */
const resultOf = (error: unknown): number | null => {
  const { errcode, code } = error as { errcode?: number; code?: string };
  return error instanceof Error && code === 'ERR_SQLITE_ERROR' ? (errcode ?? 1) & 0xff : null;
};

const isBusy = (error: unknown): boolean => resultOf(error) === busy;

/** What becomes of an error before a caller gets it. */
type Convert = (error: unknown) => unknown;

/** Turns the faults of the file, the disk and the lock into `storage_unavailable`. */
const toUnavailable: Convert = (error) => {
  const result = resultOf(error);
  if (result === null || ofTheQuery.includes(result)) return error;
  return new EvergrantError('storage_unavailable', { detail: `SQLite says: ${(error as Error).message}` });
};

const converting = <T>(convert: Convert, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw convert(error);
  }
};
