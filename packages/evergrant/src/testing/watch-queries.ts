import type { CompiledQuery, KyselyPlugin } from 'kysely';
import type { Queryable } from '../store/index.ts';

/**
 * A database or transaction whose queries all pass a plugin, also those that were compiled before, which pass none by
 * themselves.
 */
export const watchQueries = <Db extends Queryable>(db: Db, plugin: KyselyPlugin): Db => {
  const watched = db.withPlugin(plugin) as Db;
  const execute = watched.executeQuery.bind(watched);
  const executeQuery: Db['executeQuery'] = async (query, options) => {
    if (isCompiled(query)) plugin.transformQuery({ node: query.query, queryId: query.queryId });
    return execute(query, options);
  };
  return Object.assign(watched, { executeQuery });
};

const isCompiled = (query: object): query is CompiledQuery => 'sql' in query;
