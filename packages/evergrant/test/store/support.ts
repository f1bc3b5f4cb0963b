import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe } from 'vitest';
import type { DatabaseSettings } from '../../src/settings/types.ts';
import { openStore, type Store, type StoreOptions } from '../../src/store/index.ts';
import { systemClock } from '../../src/telemetry/clock.ts';
import { describeWithPostgres } from '../postgres/support.ts';
import { makeFolder } from '../support/folder.ts';

/** A database that is empty at the beginning of every test. */
export interface TestedDatabase {
  readonly kind: DatabaseSettings['kind'];
  readonly settings: DatabaseSettings;
  readonly store: Store;
  /** A store of its own on the same database, which is closed when the test ends. */
  readonly open: (options?: Partial<StoreOptions>) => Promise<Store>;
}

/**
 * What writes beside the store of a test. On PostgreSQL it has connections of its own; on SQLite it is the same store,
 * because there a second writer waits without letting the first one go on, unless it is another process.
 */
export const anotherStore = async ({ kind, store, open }: TestedDatabase): Promise<Store> =>
  kind === 'sqlite' ? store : open();

/** Runs a suite on SQLite and on PostgreSQL: what the store's functions do must not depend on which it is. */
export const describeOnEachDatabase = (name: string, suite: (database: TestedDatabase) => void): void => {
  describe(`${name}, on SQLite`, () => {
    const folder = makeFolder();
    afterAll(folder.remove);
    let serial = 0;
    suite(useDatabase('sqlite', async () => ({ kind: 'sqlite', path: join(folder.path, `${++serial}.db`) })));
  });
  describeWithPostgres(`${name}, on PostgreSQL`, (server) => {
    let settings: DatabaseSettings | undefined;
    suite(
      useDatabase('postgres', async () => {
        settings ??= { kind: 'postgres', url: (await server.createDatabase()).url };
        return settings;
      }),
    );
  });
};

const useDatabase = (kind: DatabaseSettings['kind'], make: () => Promise<DatabaseSettings>): TestedDatabase => {
  let settings: DatabaseSettings;
  let stores: Store[] = [];
  const open = async (options: Partial<StoreOptions> = {}): Promise<Store> => {
    const store = await openStore(settings, { clock: systemClock, ...options });
    stores.push(store);
    return store;
  };
  beforeEach(async () => {
    settings = await make();
    await empty(await open());
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    stores = [];
  });
  return {
    kind,
    open,
    get settings() {
      return settings;
    },
    get store() {
      return stores[0]!;
    },
  };
};

/** The tables, those that refer to others first. */
const tables = [
  'schedule',
  'connections',
  'grants',
  'flows',
  'journal',
  'refresh_attempts',
  'provider_gates',
  'revocations',
  'events',
  'event_cursors',
  'webhook_endpoints',
  'webhook_deliveries',
  'api_keys',
  'sessions',
  'call_slots',
  'client_keys',
  'provider_apps',
  'installation',
] as const;

/** Removes every row; a database of its own for each test would take longer to make than the test runs. */
export const empty = async ({ db }: Store): Promise<void> => {
  for (const table of tables) await db.deleteFrom(table).execute();
};
