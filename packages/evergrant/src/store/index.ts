import { Kysely, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { EvergrantError } from '../errors/index.ts';
import type { DatabaseSettings } from '../settings/types.ts';
import { migrations, sqliteTypes } from './migrations.ts';
import { createPointReads, type PointReads } from './point-reads.ts';
import type { Database } from './schema.ts';
import { openSqlite } from './sqlite.ts';

export type { ConnectionFilter, ConnectionRecord, ConnectionStatus, ReadingRow } from './connections.ts';
export * as connections from './connections.ts';
export * as events from './events.ts';
export * as flows from './flows.ts';
export * as gates from './gates.ts';
export * as grants from './grants.ts';
export * as installation from './installation.ts';
export * as journal from './journal.ts';
export * as keys from './keys.ts';
export * as revocations from './revocations.ts';
export * as schedule from './schedule.ts';
export type * from './schema.ts';

/** A connection to the database or a transaction on it: every query takes either. */
export type Queryable = Kysely<Database>;

export interface Store {
  readonly db: Queryable;
  readonly reads: PointReads;
  /**
   * Runs `work` in one transaction, which is durable when the promise resolves. Never await the network inside:
   * on SQLite everything else waits meanwhile.
   */
  transaction<T>(work: (tx: Transaction<Database>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens the database and brings its schema up to date.
 *
 * @throws EvergrantError `storage_unavailable` when it cannot be opened, or holds the schema of a newer version
 */
export const openStore = async (settings: DatabaseSettings): Promise<Store> => {
  if (settings.kind === 'postgres') {
    throw new EvergrantError('storage_unavailable', {
      detail: 'PostgreSQL is not supported by this version yet; use DATABASE_URL=sqlite:PATH',
    });
  }
  const { dialect, preparePointRead } = openSqlite(settings.path);
  const db = new Kysely<Database>({ dialect });
  try {
    await migrate(db, migrations(sqliteTypes));
    return {
      db,
      reads: createPointReads(db, preparePointRead),
      transaction: (work) => db.transaction().execute(work),
      close: () => db.destroy(),
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
};

/** Applies what is missing, one process at a time. */
const migrate = async (db: Kysely<Database>, known: Record<string, Migration>): Promise<void> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => known } });
  const { error } = await migrator.migrateToLatest();
  if (!error) return;
  if (error instanceof EvergrantError) throw error;
  const message = error instanceof Error ? error.message : 'the migration failed';
  if (/missing|corrupted/i.test(message)) {
    throw new EvergrantError('storage_unavailable', {
      detail:
        'The database was written by a newer version of Evergrant than this one. Start the newer version, or restore a backup made before the upgrade. Nothing was changed',
    });
  }
  throw new EvergrantError('storage_unavailable', { detail: `The schema could not be brought up to date: ${message}` });
};
