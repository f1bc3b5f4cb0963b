import { PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import { type ClientBase, Pool, type PoolClient, type PoolConfig, types } from 'pg';
import { EvergrantError } from '../errors/index.ts';
import type { Secret } from '../telemetry/secret.ts';
import { closedError } from './closed.ts';

/** Connections of one process: as many queries run at a time, and the others wait for their turn. */
const poolSize = 10;

/** How long a query waits for a connection, and a connection for its server, in milliseconds. */
const connectPatience = 10_000;

/** A query that takes longer is taken for one whose server is gone without a word. */
const queryPatience = 30_000;

/**
 * A process that stands still in the middle of a transaction must not keep the others from the rows that it has locked:
 * the server ends its transaction after so long.
 */
const transactionPatience = 15_000;

/** `bigint` holds milliseconds and counts here, which a number holds exactly. */
const bigint = 20;

/** Not among the parameters with which a connection starts, where poolers such as PgBouncer refuse it. */
const setUp = async (client: ClientBase): Promise<void> => {
  await client.query(`set idle_in_transaction_session_timeout = ${transactionPatience}`);
};

/** What the connection string does not say; what it says wins. */
const settings: PoolConfig = {
  connectionTimeoutMillis: connectPatience,
  idleTimeoutMillis: 30_000,
  // The pool waits for it, although its type does not say so.
  onConnect: setUp as (client: ClientBase) => void,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  application_name: 'evergrant',
  types: {
    getTypeParser: (oid, format) => (oid === bigint ? Number : types.getTypeParser(oid, format)),
  },
};

/**
 * Opens a pool of connections. A server that restarts costs the queries under way, which fail as
 * `storage_unavailable`; the next ones connect anew.
 *
 * @param use a change of the schema takes as long as it takes, and one connection
 * @param onFault called when the server does not answer as it should, or breaks a connection
 */
export const openPostgres = (
  url: Secret,
  use: 'work' | 'migration',
  onFault: () => void = () => {},
): { dialect: PostgresDialect; pool: Pool } => {
  const pool = new Pool({
    ...settings,
    ...(use === 'work' ? { max: poolSize, query_timeout: queryPatience } : { max: 1 }),
    connectionString: url.reveal(),
  });
  // An idle connection that breaks is none that anybody waits for.
  pool.on('error', onFault);
  const unavailable = (error: unknown): EvergrantError => {
    onFault();
    return unavailableError(error);
  };
  return { dialect: new PostgresDialect({ pool: convertingPool(pool, unavailable) }), pool };
};

/** Makes what a caller gets of a fault of the server. */
type Unavailable = (error: unknown) => EvergrantError;

const convertingPool = (pool: Pool, unavailable: Unavailable): PostgresPool => ({
  options: pool.options,
  async connect() {
    if (pool.ending) throw closedError();
    try {
      return convertingClient(await pool.connect(), unavailable);
    } catch (error) {
      // Whatever keeps a connection from coming about, a changed password as much as a broken wire: nothing was sent.
      throw unavailable(error);
    }
  },
  end: () => pool.end(),
});

const convertingClient = (client: PoolClient, unavailable: Unavailable): PostgresPoolClient => {
  let broken: EvergrantError | undefined;
  const breakOff = (error: unknown): EvergrantError => (broken ??= unavailable(error));
  const onError = (error: Error): void => void breakOff(error);
  // A connection that breaks between two queries of a transaction must not end the process.
  client.on('error', onError);
  const query = async (sql: string, parameters: readonly unknown[]): Promise<unknown> => {
    // Its queries would wait behind one that never ends.
    if (broken) throw broken;
    try {
      return await client.query(sql, parameters.map(storable));
    } catch (error) {
      if (isBroken(error)) throw breakOff(error);
      throw isAway(error) ? unavailable(error) : error;
    }
  };
  return {
    // Cursors, the other thing that can be queried, are not used here.
    query: query as unknown as PostgresPoolClient['query'],
    release(destroy) {
      client.off('error', onError);
      client.release(broken ?? destroy);
    },
  };
};

/** PostgreSQL has no place for NUL in a text. One that comes from outside must not be a fault of the query. */
const storable = (parameter: unknown): unknown =>
  typeof parameter === 'string' ? parameter.replaceAll('\0', '\uFFFD') : parameter;

const codeOf = (error: unknown): string | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
};

/**
 * SQLSTATEs of a server that cannot do now what it could do before: connection faults, lack of resources, a query that
 * was cancelled or waited too long, a shutdown, a failed disk, a server that became a read-only standby.
 */
const away = /^(?:08|25006|25P03|25P04|53|55P03|57|58|XX)/;

const isAway = (error: unknown): boolean => error instanceof Error && away.test(codeOf(error) ?? '');

/** Errors after which a connection carries nothing more. `pg` gives its own no code, and those of the socket Node's. */
const isBroken = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  return code === undefined
    ? /connection terminated|query read timeout|connection error|not queryable/i.test(error.message)
    : /^(?:08|25P03|25P04|57P|E[A-Z]+$)/.test(code);
};

const untrusted = 'its certificate is signed by nobody who is known here (see sslrootcert)';

const reasons: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'its name does not resolve',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  '25006': 'it is read-only',
  '28000': 'it refuses the user',
  '28P01': 'it refuses the password',
  '3D000': 'it has no such database',
  '53100': 'its disk is full',
  '53300': 'it has no connection left',
  '57P01': 'it is being stopped',
  '57P03': 'it is being started or stopped',
};

/** Codes are constants of Node, OpenSSL and PostgreSQL; the messages that come with them may quote names and values. */
const unavailableError: Unavailable = (error) => {
  const code = codeOf(error);
  const reason = code === undefined ? (error as Error).message : (reasons[code] ?? code);
  return new EvergrantError('storage_unavailable', { detail: `PostgreSQL does not answer as it should: ${reason}` });
};

/**
 * Two transactions met in an order in which only one can go on, or both connect the same account for the first time.
 * The other one is repeated, and finds what the first has done.
 */
const raced = ['connections_account', 'provider_apps_client', 'provider_apps_current'];

export const isCollision = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return code === '40001' || code === '40P01' || (code === '23505' && raced.includes(String(constraint)));
};
