import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KyselyPlugin } from 'kysely';
import { onTestFinished } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import type { RawAnswer } from '../protocols/types.ts';
import { oauth2, type Refresh } from '../providers/define.ts';
import { events, type GrantRow, gates, grants, type Store, schedule } from '../store/index.ts';
import { createOutages } from '../store/outages.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createMemoryPlatform, type PlatformKnobs } from '../testing/memory-platform.ts';
import { watchQueries } from '../testing/watch-queries.ts';
import type { Context } from './context.ts';
import { openCandidate, openCredentials } from './credentials.ts';
import { readAccessToken } from './read.ts';
import { createRenewals, type Renewals } from './renew.ts';
import {
  appOf,
  createTestContext,
  definitionOf,
  openTestStore,
  protocolOf,
  type Send,
  seedGrant,
  testVault,
} from './test-support.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A platform without any grace, which is the one where mistakes cost most. */
export const strict: PlatformKnobs = { rotates: true, grace: 0, reuseRevokes: true, lifetime: hour };

export const answerOf = (status: number, body: object | string = ''): RawAnswer => ({
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

export const refusal = answerOf(400, { error: 'invalid_grant' });
export const wrongClient = answerOf(401, { error: 'invalid_client' });
export const unavailable = answerOf(503);

export const renewingByAccessToken = oauth2({
  tokenEndpoint: 'https://acme.example/token',
  refreshRequest: { credential: 'access_token' },
});

/** One process as tests see it; several of a scene share its database, its platform and its clock. */
export interface SceneNode {
  context: Context;
  renewals: Renewals;
  /** While down, the database takes nothing from this process and gives it nothing. */
  database: { down: boolean };
  /** Begins what is due, at most so many, and waits for its end. @returns how many were begun */
  renewDue(room?: number): Promise<number>;
}

export type Scene = Awaited<ReturnType<typeof createScene>>;

export interface SceneOptions {
  knobs?: Partial<PlatformKnobs>;
  /** Over what follows from the knobs. */
  refresh?: Refresh;
  /** Whether the access token is its own credential, as Meta's long-lived ones are. */
  selfRefreshing?: boolean;
  random?: () => number;
}

/** Real code on a real database at a platform in memory, whose answers a test may replace. */
export const createScene = async ({ knobs: changes, refresh, selfRefreshing, random }: SceneOptions = {}) => {
  const knobs: PlatformKnobs = { ...strict, ...changes };
  const clock = createManualClock();
  const store = await openTestStore(clock);
  onTestFinished(() => store.close());
  const spoolFolder = mkdtempSync(join(tmpdir(), 'evergrant-spool-'));
  onTestFinished(() => rmSync(spoolFolder, { recursive: true, force: true }));
  const platform = createMemoryPlatform(knobs, () => clock.now());
  const definition = definitionOf(knobs, refresh);
  const app = appOf(selfRefreshing ? { ...definition, protocol: renewingByAccessToken } : definition);
  const vault = testVault();
  const presented: string[] = [];
  const script: (RawAnswer | Send)[] = [];

  const send: Send = async (refreshToken, accessToken) => {
    presented.push(refreshToken);
    const next = script.shift() ?? scene.behaves;
    return typeof next === 'function' ? next(refreshToken, accessToken) : next;
  };

  const start = (node: string): SceneNode => {
    const database = { down: false };
    const guarded = failing(store, database, clock);
    const context = createTestContext({
      store: guarded,
      vault,
      clock,
      app,
      protocol: protocolOf(send),
      random,
      node,
      spoolFolder,
    });
    const renewals = createRenewals(context);
    return { context, renewals, database, renewDue: (room = 100) => renewDue(renewals, room) };
  };
  const main = start('one');

  const scene = {
    ...main,
    clock,
    store,
    vault,
    platform,
    app,
    spoolFolder,
    /** Refresh tokens in the order in which they were sent. */
    presented,
    /** What is answered where nothing is scripted. */
    behaves: (async (refreshToken) => platform.present(refreshToken)) as RawAnswer | Send,
    /** What is answered next, before anything else. */
    answerNext: (...answers: (RawAnswer | Send)[]): void => void script.push(...answers),
    startNode: start,
    async connect(input: Partial<Parameters<typeof seedGrant>[1]> = {}) {
      const refreshToken = platform.consent();
      const seeded = await seedGrant(main.context, { refreshToken, lifetime: knobs.lifetime, ...input });
      return { ...seeded, refreshToken };
    },
    grant: async (id: string): Promise<GrantRow> => (await grants.byId(store.db, id))!,
    row: async (id: string) => (await schedule.byGrant(store.db, id))!,
    gate: () => gates.find(store.db, { provider: app.provider, clientId: app.clientId }),
    /** What would be presented next, and what would be tried after it. */
    async tokens(id: string) {
      const grant = (await grants.byId(store.db, id))!;
      return { current: openCredentials(vault, grant).refreshToken, candidate: openCandidate(vault, grant) };
    },
    read: (connectionId: string, minValid?: number) =>
      readAccessToken(main.context, main.renewals, connectionId, { minValid }),
    /** Oldest first. */
    async events(connectionId: string) {
      const rows = await events.ofConnection(store.db, connectionId, { limit: 1000 });
      return rows.reverse().map(({ type, data, at }) => ({ type, at, data: JSON.parse(data) as object }));
    },
    eventTypes: async (connectionId: string) => (await scene.events(connectionId)).map(({ type }) => type),
    /** Moves to when a grant is due. */
    async advanceToDue(id: string): Promise<void> {
      const { due_at } = (await schedule.byGrant(store.db, id))!;
      clock.advance(Math.max(0, due_at! - clock.now()));
    },
  };
  return scene;
};

const renewDue = async (renewals: Renewals, room: number): Promise<number> => {
  const begun = await renewals.beginDue(room, () => {});
  await renewals.idle();
  return begun;
};

/** A store that fails, while `database.down`, as one does whose server is away. */
const failing = (store: Store, database: { down: boolean }, clock: ManualClock): Store => {
  const outages = createOutages(clock);
  const away = () => {
    if (!database.down) return;
    outages.fault();
    throw new EvergrantError('storage_unavailable');
  };
  const noting = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    outages.answered();
    return result;
  };
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      away();
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return {
    ...store,
    db: watchQueries(store.db, plugin),
    sinceOutage: outages.since,
    transaction: async (work) => {
      away();
      return noting(store.transaction((tx) => work(watchQueries(tx, plugin))));
    },
    write: async (work) => {
      away();
      return noting(store.write((tx) => work(watchQueries(tx, plugin))));
    },
  };
};

/** Lets what was begun run on, and moves the clock in small steps, until a condition holds. */
export const passUntil = async (
  clock: ManualClock,
  holds: () => boolean | Promise<boolean>,
  { step = 50 } = {},
): Promise<void> => {
  for (let steps = 0; !(await holds()); steps++) {
    if (steps > 10_000) throw new Error('what was waited for did not happen');
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(step);
  }
};
