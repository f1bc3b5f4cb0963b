import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import type { Queryable } from './dialect.ts';

/** Stands for a value while a query is built. */
class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query that is built once for each database and set of columns instead of at each call: building one costs several
 * times what SQLite takes to answer it. Values may decide nothing but parameters; where one is left out or undefined,
 * the query is another one.
 *
 * @param build gets stand-ins for the values, to be passed on untouched
 *
 * @example
 * const rename = prepared((db, { id, name }: { id: string; name: string }) =>
 *   db.updateTable('connections').set({ name }).where('id', '=', id),
 * );
 * await rename(db, { id: 'conn_1', name: 'Ada' });
 */
export const prepared = <Values extends object, Row>(
  build: (db: Queryable, values: Values) => Compilable<Row>,
): ((db: Queryable, values: Values) => Promise<QueryResult<Row>>) => {
  // Transactions on one database share its adapter.
  const known = new WeakMap<object, Map<string, CompiledQuery<Row>>>();

  const prepare = (db: Queryable, names: string[]): CompiledQuery<Row> => {
    const slots = Object.fromEntries(names.map((name) => [name, new Slot(name)])) as unknown as Values;
    return build(db.withoutPlugins(), slots).compile();
  };

  const find = (db: Queryable, names: string[]): CompiledQuery<Row> => {
    const { adapter } = db.getExecutor();
    const queries = known.get(adapter) ?? new Map<string, CompiledQuery<Row>>();
    known.set(adapter, queries);
    const key = names.join();
    const query = queries.get(key) ?? prepare(db, names);
    queries.set(key, query);
    return query;
  };

  return (db, values) => {
    const given = values as Record<string, unknown>;
    const names = Object.keys(given).filter((name) => given[name] !== undefined);
    const query = find(db, names);
    const parameters = query.parameters.map((one) => (one instanceof Slot ? given[one.name] : one));
    return db.executeQuery<Row>({ ...query, parameters });
  };
};
