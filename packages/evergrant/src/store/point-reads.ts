import type { Compilable } from 'kysely';
import { type ReadingRow, reading } from './connections.ts';
import type { Queryable } from './index.ts';
import { byHash } from './keys.ts';
import type { ApiKeyRow } from './schema.ts';

/** The reads that every request makes. Their queries are built once: building one costs as much as answering it. */
export interface PointReads {
  /** All that a token read needs of a connection, in one row. */
  connection(id: string): Promise<ReadingRow | undefined>;
  /** The API key of that hash, unless it was revoked. */
  apiKey(hash: string): Promise<ApiKeyRow | undefined>;
}

export const createPointReads = (db: Queryable): PointReads => ({
  connection: compiled(db, reading(db, '')),
  apiKey: compiled(db, byHash(db, '')),
});

/** @param query with a stand-in for its only parameter */
const compiled = <Row>(db: Queryable, query: Compilable<Row>) => {
  const built = query.compile();
  return async (parameter: string): Promise<Row | undefined> =>
    (await db.executeQuery<Row>({ ...built, parameters: [parameter] })).rows[0];
};
