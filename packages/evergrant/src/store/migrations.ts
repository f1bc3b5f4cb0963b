import type { ColumnDataType, Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { callSlots, clientKeys, grantsEnded, imports, instanceApps, keyUse, providerApps } from './app-migrations.ts';
import { overview, sessions } from './dashboard-migrations.ts';
import { eventPositions, webhooks } from './event-migrations.ts';
import { initial } from './initial-migration.ts';

/** A migration outlives the types of the schema. */
// biome-ignore lint/suspicious/noExplicitAny: as it says
export type AnyDatabase = Kysely<any>;

/** Column types that the two databases spell differently. */
export interface ColumnTypes {
  /** Milliseconds since the epoch. */
  time: ColumnDataType;
  bytes: ColumnDataType;
  real: ColumnDataType;
}

export const postgresTypes: ColumnTypes = { time: 'bigint', bytes: 'bytea', real: 'double precision' };

export const sqliteTypes: ColumnTypes = { time: 'integer', bytes: 'blob', real: 'real' };

/**
 * Every change of the schema, in order. A released migration is never edited; a new one is appended.
 */
export const migrations = (types: ColumnTypes): Record<string, Migration> => ({
  '0001_initial': { up: (db) => initial(db, types) },
  '0002_call_slots': { up: (db) => callSlots(db, types) },
  '0003_key_use': { up: (db) => keyUse(db, types) },
  '0004_instance_apps': { up: (db) => instanceApps(db, types) },
  '0005_client_keys': { up: (db) => clientKeys(db, types) },
  '0006_event_positions': { up: eventPositions },
  '0007_webhooks': { up: (db) => webhooks(db, types) },
  '0008_provider_apps': { up: (db) => providerApps(db, types) },
  '0009_imports': { up: imports },
  '0010_grants_ended': { up: grantsEnded },
  '0011_sessions': { up: (db) => sessions(db, types) },
  '0012_overview': { up: overview },
});
