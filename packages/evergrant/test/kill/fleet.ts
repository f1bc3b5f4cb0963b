import { createSecretKey, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RenewalStep } from '../../src/grants/context.ts';
import {
  appOf,
  createTestContext,
  definitionOf,
  openTestStore,
  protocolOf,
  seedGrant,
} from '../../src/grants/test-support.ts';
import { oauth2, type ProviderDefinition, type Refresh } from '../../src/providers/define.ts';
import type { EvergrantConfig } from '../../src/settings/index.ts';
import { createManualClock } from '../../src/testing/manual-clock.ts';
import { createVault, type Vault } from '../../src/vault/index.ts';
import { query } from '../support/database.ts';
import { makeFolder } from '../support/folder.ts';
import { type RunningProcess, startProcess } from '../support/process.ts';
import { seededRandom } from '../support/random.ts';
import { until } from '../support/wait.ts';
import { createFastClock } from './clock.ts';
import { createRotatingPlatform, type RotatingPlatform } from './platform.ts';

/*
 * A fleet of connected accounts on one SQLite file, the process that keeps them alive and is killed again and again,
 * and a platform outside of it that knows the truth.
 */

/** Without any grace for a spent refresh token, and with more of it than the test lasts on a busy machine. */
export type Kind = 'strict' | 'lenient';

const second = 1000;
const lifetime = 100 * second;
const grace: Record<Kind, number> = { strict: 0, lenient: 12_000 * second };

/** Against real time. A request's deadline of 15 seconds is 750 ms then, which a busy machine still keeps. */
const speed = 20;

/** On the clock, so 20 a second for each kind: a kill meets a request or two on their way rather than a burst of them. */
const perSecond = 1;

export interface DieAt {
  step: RenewalStep;
  occurrence: number;
}

/** What the process of the library is told. */
export interface Orders {
  config: EvergrantConfig;
  clock: { origin: number; speed: number };
  /** File in which it writes down each step as it passes it. */
  log: string;
  dieAt: DieAt | null;
  /** Whose tokens it reads now and then. */
  connections: string[];
  seed: number;
}

export interface LifeOptions {
  dieAt?: DieAt;
  /** Default: both. */
  kinds?: Kind[];
  /** Default: 24 at a time. */
  concurrency?: number;
}

/** One process, from its start to its end. */
export interface Life {
  process: RunningProcess;
  /** Until it is running; rejects when it ends before. */
  ready(): Promise<void>;
  /** The steps that it passed, in order. */
  steps(): RenewalStep[];
  /** What the platform had rotated before it began. */
  rotationsBefore: number;
}

/** What is stored for an account while no process runs. */
export interface Stored {
  kind: Kind;
  grantId: string;
  status: string;
  reason: string | null;
  generation: number;
  marked: boolean;
  refreshToken: string;
  /** Every refresh token that something durable holds: the row, the journal, the spool. */
  durable: string[];
}

export type Fleet = Awaited<ReturnType<typeof createFleet>>;

export const createFleet = async (sizes: Record<Kind, number>, seed: number) => {
  const folder = makeFolder();
  const random = seededRandom(seed);
  const timing = { origin: Date.now(), speed };
  const clock = createFastClock(timing);
  const platform = await createRotatingPlatform({ clock, random, lifetime, grace, slowness: 4 });
  const database = join(folder.path, 'evergrant.db');
  const key = randomBytes(32);
  const vault = createVault([{ id: 'test', key: createSecretKey(key) }]);
  const connections = await connect({ database, vault, platform, sizes, now: clock.now() });
  let lives = 0;

  const configFor = ({ kinds = ['strict', 'lenient'], concurrency = 24 }: LifeOptions): EvergrantConfig => ({
    database: `sqlite:${database}`,
    encryptionKeys: `test:${key.toString('base64')}`,
    publicUrl: 'http://127.0.0.1:9',
    engine: 'embedded',
    providers: Object.fromEntries(
      kinds.map((kind) => [
        kind,
        { clientId: 'client', definition: definitionFor(kind, platform, { limits: { concurrency, perSecond } }) },
      ]),
    ),
  });

  return {
    platform,
    /** Starts the process on what the last one left. */
    start(options: LifeOptions = {}): Life {
      const log = join(folder.path, `steps-${++lives}.log`);
      const orders: Orders = {
        config: configFor(options),
        clock: timing,
        log,
        dieAt: options.dieAt ?? null,
        connections,
        seed: seed + lives,
      };
      const child = startProcess(
        process.execPath,
        ['--conditions=evergrant-source', join(import.meta.dirname, 'child.ts')],
        {
          cwd: folder.path,
          env: { KILL_TEST_ORDERS: JSON.stringify(orders) },
        },
      );
      return {
        process: child,
        ready: () => child.says('ready', 30_000),
        steps: () => (existsSync(log) ? (readFileSync(log, 'utf8').trim().split('\n') as RenewalStep[]) : []),
        rotationsBefore: platform.counts.rotations,
      };
    },
    /** Waits until the platform has acted on everything that reached it. */
    quiet: () => until('quiet at the platform', () => platform.counts.underWay === 0),
    stored: (): Map<string, Stored> => readStored(database, join(folder.path, 'spool'), vault),
    async dispose(): Promise<void> {
      await platform.close();
      folder.remove();
    },
  };
};

const definitionFor = (kind: Kind, platform: RotatingPlatform, refresh: Refresh = {}): ProviderDefinition => ({
  ...definitionOf({ rotates: true, grace: grace[kind], reuseRevokes: true, lifetime }, refresh),
  id: kind,
  protocol: oauth2({
    authorizationEndpoint: `${platform.origin}/authorize`,
    tokenEndpoint: `${platform.origin}/${kind}/token`,
    clientAuthentication: 'none',
  }),
});

/** Connects the accounts, as long ago as they need to come due one after the other. */
const connect = async (at: {
  database: string;
  vault: Vault;
  platform: RotatingPlatform;
  sizes: Record<Kind, number>;
  now: number;
}): Promise<string[]> => {
  const clock = createManualClock(at.now - lifetime / 2);
  const store = await openTestStore(clock, { kind: 'sqlite', path: at.database });
  const connections: string[] = [];
  for (const kind of ['strict', 'lenient'] as const) {
    const app = appOf(definitionFor(kind, at.platform));
    const protocol = protocolOf(() => Promise.reject(new Error('nothing is sent from here')));
    const context = createTestContext({ store, vault: at.vault, clock, app, protocol });
    for (let serial = 0; serial < at.sizes[kind]; serial++) {
      clock.jump(lifetime / 4 / at.sizes[kind]);
      const refreshToken = at.platform.consent(kind);
      connections.push((await seedGrant(context, { refreshToken, lifetime })).connectionId);
    }
  }
  await store.close();
  return connections;
};

interface StoredRow {
  id: string;
  provider: Kind;
  status: string;
  reason: string | null;
  generation: number;
  mark_id: string | null;
  refresh_token_sealed: Uint8Array;
  candidate_sealed: Uint8Array | null;
}

interface KeptAnswer {
  id: string;
  grant_id: string;
  answer_sealed: Uint8Array;
}

const readStored = (database: string, spool: string, vault: Vault): Map<string, Stored> => {
  const rows = query<StoredRow>(
    database,
    `select grants.id, grants.provider, status, reason, generation, mark_id, refresh_token_sealed, candidate_sealed
     from grants join schedule on schedule.grant_id = grants.id`,
  );
  const kept = [...query<KeptAnswer>(database, 'select id, grant_id, answer_sealed from journal'), ...spooled(spool)];
  return new Map(
    rows.map((row) => {
      const open = (column: 'refresh_token_sealed' | 'candidate_sealed') =>
        row[column] === null ? [] : [vault.open(row[column], { table: 'grants', column, row: row.id })];
      const [refreshToken] = open('refresh_token_sealed');
      const answers = kept.filter((answer) => answer.grant_id === row.id).map((answer) => tokenIn(answer, vault));
      const stored: Stored = {
        kind: row.provider,
        grantId: row.id,
        status: row.status,
        reason: row.reason,
        generation: row.generation,
        marked: row.mark_id !== null,
        refreshToken: refreshToken!,
        durable: [refreshToken!, ...open('candidate_sealed'), ...answers],
      };
      return [row.id, stored];
    }),
  );
};

const spooled = (folder: string): KeptAnswer[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as KeptAnswer & { answer_sealed: string })
        .map((answer) => ({ ...answer, answer_sealed: Buffer.from(answer.answer_sealed, 'base64') }))
    : [];

const tokenIn = ({ id, answer_sealed }: KeptAnswer, vault: Vault): string => {
  const place = { table: 'journal', column: 'answer_sealed', row: id };
  const { body } = JSON.parse(vault.open(answer_sealed, place)) as { body: string };
  return (JSON.parse(body) as { refresh_token: string }).refresh_token;
};
