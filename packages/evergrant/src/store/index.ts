import { Kysely, sql, type Transaction } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { EvergrantError } from '../errors/index.ts';
import type { DatabaseSettings } from '../settings/types.ts';
import type { Clock } from '../telemetry/clock.ts';
import type { Secret } from '../telemetry/secret.ts';
import type { Queryable } from './dialect.ts';
import { createGroupCommit, createPace, withoutPause } from './group.ts';
import { type Hints, listenForHints } from './hints.ts';
import { migrations, postgresTypes, sqliteTypes } from './migrations.ts';
import { createOutages, type Outages } from './outages.ts';
import { createPointReads, type PointReads } from './point-reads.ts';
import { isCollision, openPostgres } from './postgres.ts';
import type { Database } from './schema.ts';
import { openSqlite } from './sqlite.ts';

export { backUpSqlite } from './backup.ts';
export * as callSlots from './call-slots.ts';
export * as clientKeys from './client-keys.ts';
export type { ConnectionFilter, ConnectionRecord, ConnectionStatus, ReadingRow } from './connections.ts';
export * as connections from './connections.ts';
export type { Queryable } from './dialect.ts';
export * as eventCursors from './event-cursors.ts';
export { createHorizon, type Horizon } from './event-horizon.ts';
export type { EventFilter } from './events.ts';
export * as events from './events.ts';
export * as flows from './flows.ts';
export type { GateKey } from './gates.ts';
export * as gates from './gates.ts';
export type { GrantChanges } from './grants.ts';
export * as grants from './grants.ts';
export { gather } from './group.ts';
export * as installation from './installation.ts';
export type { Registered } from './instance-apps.ts';
export * as instanceApps from './instance-apps.ts';
export * as journal from './journal.ts';
export * as keys from './keys.ts';
export { type Page, type PageRequest, pageOf, toPage } from './paging.ts';
export * as providerApps from './provider-apps.ts';
export * as renewalFigures from './renewal-figures.ts';
export * as revocations from './revocations.ts';
export type { ScheduleChanges } from './schedule.ts';
export * as schedule from './schedule.ts';
export type * from './schema.ts';
export * as sealed from './sealed.ts';
export * as sessions from './sessions.ts';
export type { ClaimedDelivery, DeliveryRecord } from './webhook-deliveries.ts';
export * as webhookDeliveries from './webhook-deliveries.ts';
export * as webhookEndpoints from './webhook-endpoints.ts';

export interface Store {
  readonly db: Queryable;
  /** Names of the changes of the schema that this opening made. */
  readonly applied: readonly string[];
  readonly reads: PointReads;
  /**
   * Runs `work` in one transaction, which is durable when the promise resolves. Never await the network inside:
   * on SQLite everything else waits meanwhile.
   */
  transaction<T>(work: (tx: Transaction<Database>) => Promise<T>): Promise<T>;
  /** How many transactions that write may be under way for small pieces of work. */
  readonly writers: number;
  /** As {@link Store.transaction}, but several that come together share one: for small pieces of work that may wait for each other. */
  write<T>(work: (tx: Transaction<Database>) => Promise<T>): Promise<T>;
  /** The time by which leases are judged, in milliseconds since the epoch: that of the database, which all nodes share. */
  now(tx: Queryable): Promise<number>;
  /** Milliseconds since the database answers again after it was away: 0 while that is not known, Infinity if it never was. */
  sinceOutage(): number;
  /** Tells other processes that a row changed, and hears of it from them. */
  readonly hints: Hints | null;
  /** Whether it was closed: whatever asks it for something fails from then on. */
  isClosed(): boolean;
  /** Lets go of the database, once, however often it is called. */
  close(): Promise<void>;
}

export interface StoreOptions {
  clock: Clock;
  /** Whether leases are judged by `clock` on PostgreSQL too, and commits wait for no other; for tests that move it. */
  ownTime?: boolean;
  /** Called with what other processes changed. */
  heard?: (id: string) => void;
}

/**
 * Opens the database and brings its schema up to date.
 *
 * @throws EvergrantError `storage_unavailable` when it cannot be opened, or holds the schema of a newer version
 */
export const openStore = async (settings: DatabaseSettings, options: StoreOptions): Promise<Store> =>
  settings.kind === 'postgres' ? openPostgresStore(settings.url, options) : openSqliteStore(settings.path, options);

const openSqliteStore = async (path: string, { clock, ownTime }: StoreOptions): Promise<Store> => {
  const outages = createOutages(clock);
  const { dialect, preparePointRead, close } = await openSqlite(path, outages.fault);
  const db = new Kysely<Database>({ dialect });
  const applied = await migrateOrClose(db, migrations(sqliteTypes));
  const transaction = noting(outages, (work) => db.transaction().execute(work));
  return {
    db,
    applied,
    reads: createPointReads(db, preparePointRead),
    transaction,
    writers: 1,
    write: createGroupCommit(transaction, 1, ownTime ? withoutPause : createPace()),
    now: async () => clock.now(),
    sinceOutage: outages.since,
    hints: null,
    ...closingOnce(async () => close()),
  };
};

/** Groups of small writes under way at the same time: one that waits for a lock must not keep the others waiting. */
const parallelGroups = 2;

const openPostgresStore = async (url: Secret, { clock, ownTime, heard }: StoreOptions): Promise<Store> => {
  const migrating = new Kysely<Database>({ dialect: openPostgres(url, 'migration').dialect });
  const applied = await migrateOrClose(migrating, migrations(postgresTypes));
  await migrating.destroy();
  const outages = createOutages(clock);
  const { dialect, pool } = openPostgres(url, 'work', outages.fault);
  const db = new Kysely<Database>({ dialect });
  const hints = heard ? listenForHints(pool, heard) : null;
  const transaction = noting(outages, (work) => repeating(() => db.transaction().execute(work)));
  return {
    db,
    applied,
    reads: createPointReads(db),
    transaction,
    writers: parallelGroups,
    write: createGroupCommit(transaction, parallelGroups, ownTime ? withoutPause : createPace()),
    now: ownTime ? async () => clock.now() : databaseTime,
    sinceOutage: outages.since,
    hints,
    // Without Kysely's `destroy`, whose refusal of later queries says nothing of us.
    ...closingOnce(async () => {
      await hints?.close();
      await pool.end();
    }),
  };
};

/** A transaction that succeeds shows that the database is there. */
const noting =
  (outages: Outages, transaction: Store['transaction']): Store['transaction'] =>
  async (work) => {
    const result = await transaction(work);
    outages.answered();
    return result;
  };

const closingOnce = (end: () => Promise<void>): Pick<Store, 'close' | 'isClosed'> => {
  let closing: Promise<void> | null = null;
  return {
    isClosed: () => closing !== null,
    close: () => (closing ??= end()),
  };
};

const databaseTime = async (tx: Queryable): Promise<number> => {
  const { rows } = await sql<{ now: number }>`select extract(epoch from clock_timestamp()) * 1000 as now`.execute(tx);
  return Math.floor(Number(rows[0]!.now));
};

/** Repeats a transaction that collided with another one. */
const repeating = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 5 || !isCollision(error)) throw error;
    }
  }
};

const migrateOrClose = async (db: Kysely<Database>, known: Record<string, Migration>): Promise<string[]> => {
  try {
    return await migrate(db, known);
  } catch (error) {
    await db.destroy();
    throw error;
  }
};

/** Applies what is missing, one process at a time. @returns the names of what it applied */
const migrate = async (db: Kysely<Database>, known: Record<string, Migration>): Promise<string[]> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => known } });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (!error) return results.map(({ migrationName }) => migrationName);
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
