import { DatabaseSync } from 'node:sqlite';
import { createVault, parseKeys, toKeyObjects } from '../../src/vault/index.ts';

/** Opens an installation's database beside the process that uses it. */
const withDatabase = <T>(path: string, work: (database: DatabaseSync) => T, readOnly = true): T => {
  const database = new DatabaseSync(path, { readOnly, timeout: 5000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
};

/** The rows of a query. */
export const query = <Row>(path: string, sql: string, ...parameters: (string | number)[]): Row[] =>
  withDatabase(path, (database) => database.prepare(sql).all(...parameters) as Row[]);

/** Changes a database as no version of Evergrant would. */
export const tamper = (path: string, sql: string): void => withDatabase(path, (database) => database.exec(sql), false);

/** Everything that is stored, table by table, to compare before and after. */
export const dump = (path: string): Record<string, unknown[]> =>
  withDatabase(path, (database) => {
    const tables = database.prepare("select name from sqlite_master where type = 'table' order by name").all() as {
      name: string;
    }[];
    return Object.fromEntries(
      tables.map(({ name }) => [name, database.prepare(`select * from "${name}" order by 1`).all()]),
    );
  });

/** What a grant is worth: its generation, and the credentials that are stored for it. */
export interface StoredGrant {
  id: string;
  generation: number;
  status: string;
  accessToken: string;
  refreshToken: string;
}

/** The grants of a database, unsealed with the keys of `ENCRYPTION_KEYS`. */
export const storedGrants = (path: string, encryptionKeys: string): StoredGrant[] => {
  const vault = createVault(toKeyObjects(parseKeys(encryptionKeys)));
  const rows = query<{
    id: string;
    generation: number;
    status: string;
    access_token_sealed: Uint8Array;
    refresh_token_sealed: Uint8Array;
  }>(path, 'select id, generation, status, access_token_sealed, refresh_token_sealed from grants order by id');
  const open = (id: string, column: string, sealed: Uint8Array) =>
    vault.open(sealed, { table: 'grants', column, row: id });
  return rows.map((row) => ({
    id: row.id,
    generation: row.generation,
    status: row.status,
    accessToken: open(row.id, 'access_token_sealed', row.access_token_sealed),
    refreshToken: open(row.id, 'refresh_token_sealed', row.refresh_token_sealed),
  }));
};

/**
 * Makes the commit of a journalled answer last for ever, so that a test can kill the process between the journal and
 * the commit and need not hit a window of a millisecond: the statement that takes the answer out of the journal, and
 * with which the commit's transaction begins, sets off a count without end.
 */
export const holdCommits = (path: string, kind: 'exchange' | 'refresh'): void =>
  tamper(
    path,
    `create view endless as with recursive n(i) as (select 1 union all select i + 1 from n where i < 1e12)
       select count(*) as total from n;
     create trigger hold_commits before delete on journal when old.kind = '${kind}'
       begin select total from endless; end;`,
  );

/** Ends {@link holdCommits}. */
export const releaseCommits = (path: string): void => tamper(path, 'drop trigger hold_commits; drop view endless;');
