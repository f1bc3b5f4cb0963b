import { sql } from 'kysely';
import { isPostgres, type Queryable } from './dialect.ts';

/**
 * How far the timeline is complete. On PostgreSQL positions are given before they are committed: a transaction that takes
 * longer makes its events visible after later ones, and a reader that has gone past them would never see them.
 */
export interface Horizon {
  /** The last position given, whether or not its event can be seen. */
  last(): Promise<number>;
  /** Looks again. Up to the position that it gives nothing will appear any more; it never goes back. */
  advance(): Promise<number>;
}

export const createHorizon = (db: Queryable): Horizon => {
  const horizon = isPostgres(db) ? onPostgres(db) : onSqlite(db);
  let before: Promise<unknown> = Promise.resolve();
  return {
    last: () => horizon.last(),
    // One after the other, and each for itself: who asks wants to hear of what was there when it asked.
    advance() {
      const next = before.then(() => horizon.advance());
      before = next.catch(() => {});
      return next;
    },
  };
};

/** One transaction writes at a time, so that what can be seen is complete. */
const onSqlite = (db: Queryable): Horizon => {
  const last = async (): Promise<number> => {
    const { rows } = await sql<{ seq: number }>`select seq from sqlite_sequence where name = 'events'`.execute(db);
    return rows[0]?.seq ?? 0;
  };
  return { last, advance: last };
};

/**
 * First the last position that was given, then who is writing into the table: when all of those have ended, everything up
 * to that position has been committed or never will be. Who writes holds a lock on the table from before its first
 * position to its end, which tells more exactly than the oldest transaction: that one may belong to another database.
 */
const onPostgres = (db: Queryable): Horizon => {
  let reached = 0;
  let awaited: { position: number; writers: string[] } | null = null;

  const last = async (): Promise<number> => {
    const { rows } = await sql<{ position: number }>`select case when is_called then last_value else 0 end as position
      from events_position_seq`.execute(db);
    return Number(rows[0]!.position);
  };

  const writing = async (): Promise<string[]> => {
    const { rows } = await sql<{ writer: string }>`select distinct virtualtransaction as writer from pg_locks
      where locktype = 'relation' and relation = 'events'::regclass and mode = 'RowExclusiveLock' and granted
        and database = (select oid from pg_database where datname = current_database())`.execute(db);
    return rows.map(({ writer }) => writer);
  };

  return {
    last,
    async advance() {
      if (awaited !== null) {
        const still = new Set(await writing());
        if (awaited.writers.some((writer) => still.has(writer))) return reached;
        reached = awaited.position;
      }
      awaited = null;
      const position = await last();
      if (position === reached) return reached;
      const writers = await writing();
      if (writers.length === 0) reached = position;
      else awaited = { position, writers };
      return reached;
    },
  };
};
