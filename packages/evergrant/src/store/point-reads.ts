import type { CompiledQuery } from 'kysely';
import { type ReadingRow, reading } from './connections.ts';
import type { Queryable } from './dialect.ts';
import { byHash } from './keys.ts';
import type { ApiKeyRow } from './schema.ts';

/** The reads that every request makes. Their queries are built once: building one costs as much as answering it. */
export interface PointReads {
  /** All that a token read needs of a connection, in one row. */
  connection: PointRead<ReadingRow>;
  /** The API key of that hash, unless it was revoked. */
  apiKey: PointRead<ApiKeyRow>;
}

/** Finds the row of one value. */
export type PointRead<Row> = (parameter: string) => Promise<Row | undefined>;

/** Makes a query with one parameter ready to be run again and again. */
export type PreparePointRead = <Row>(query: CompiledQuery<Row>) => PointRead<Row>;

/** @param prepare the shortest way that the database has; default: through Kysely */
export const createPointReads = (db: Queryable, prepare: PreparePointRead = throughKysely(db)): PointReads => ({
  connection: prepare(reading(db, '').compile()),
  apiKey: prepare(byHash(db, '').compile()),
});

const throughKysely =
  (db: Queryable): PreparePointRead =>
  <Row>(query: CompiledQuery<Row>) =>
  async (parameter: string) =>
    (await db.executeQuery<Row>({ ...query, parameters: [parameter] })).rows[0];
