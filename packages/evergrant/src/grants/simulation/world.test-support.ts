import type { KyselyPlugin } from 'kysely';
import { TransportError } from '../../egress/types.ts';
import type { RawAnswer } from '../../protocols/types.ts';
import { connections, grants, journal, type Store, schedule } from '../../store/index.ts';
import type { ManualClock } from '../../testing/manual-clock.ts';
import { createMemoryPlatform, type PlatformKnobs } from '../../testing/memory-platform.ts';
import { watchQueries } from '../../testing/watch-queries.ts';
import type { Context } from '../context.ts';
import { openCandidate, openCredentials } from '../credentials.ts';
import { openAnswer } from '../journal.ts';
import { createRenewals, type Renewals } from '../renew.ts';
import { personOf, queueRevocation } from '../revocations.ts';
import { appOf, createTestContext, definitionOf, protocolOf, seedGrant, testVault } from '../test-support.ts';
import { requestDeadline } from '../timing.ts';

/*
 * A world in which several nodes of the real code renew grants at a platform in memory, over one database. Nothing
 * happens on the wire, to the clock or to a node unless the test makes it happen.
 */

export interface Scenario {
  knobs: PlatformKnobs;
  /** The platform's limit of requests at a time, if it declares one. */
  concurrency?: number;
  grants: number;
}

/** A node; it dies at the query that its fuse says, and has no effect afterwards. */
export interface Node {
  context: Context;
  renewals: Renewals;
  dead: boolean;
  fuse: number | null;
  /** New tokens that arrived here: should it die before they are durable, they are gone. */
  received: { account: Account; token: string }[];
}

/** A request on its way to the platform or, with an answer, back. */
export interface Wire {
  account: Account;
  node: Node;
  refreshToken: string;
  sentAt: number;
  answer: RawAnswer | null;
  resolve: (answer: RawAnswer) => void;
  reject: (error: Error) => void;
}

export interface Account {
  grantId: string;
  family: string;
  /** An answer with a new token died before anything durable held it. */
  ghost: boolean;
  deleted: boolean;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

export const createWorld = async (store: Store, clock: ManualClock, random: () => number, scenario: Scenario) => {
  const { knobs } = scenario;
  const platform = createMemoryPlatform(knobs, () => clock.now());
  const limits = scenario.concurrency === undefined ? {} : { limits: { concurrency: scenario.concurrency } };
  const app = appOf(definitionOf(knobs, limits));
  const vault = testVault();
  const accounts: Account[] = [];
  const violations: string[] = [];
  let wires: Wire[] = [];
  let started = 0;
  let ended = 0;

  const counted = async <T>(work: Promise<T>): Promise<T> => {
    started++;
    try {
      return await work;
    } finally {
      ended++;
    }
  };

  /** Counts queries and transactions under way, and lets a dead node change nothing. */
  const watched = (node: Node): Store => {
    const inside: KyselyPlugin = {
      transformQuery({ node: query }) {
        if (node.fuse !== null && node.fuse-- <= 0) node.dead = true;
        if (node.dead) throw new Error('this node is dead');
        return query;
      },
      transformResult: async ({ result }) => result,
    };
    const outside: KyselyPlugin = {
      transformQuery(query) {
        const transformed = inside.transformQuery(query);
        started++;
        return transformed;
      },
      async transformResult({ result }) {
        ended++;
        return result;
      },
    };
    // A transaction is counted as a whole: its commit, and what a group of them waits for, are no queries.
    return {
      ...store,
      db: watchQueries(store.db, outside),
      transaction: (work) => counted(store.transaction((tx) => work(watchQueries(tx, inside)))),
      write: (work) => counted(store.write((tx) => work(watchQueries(tx, inside)))),
    };
  };

  const send = async (node: Node, refreshToken: string): Promise<RawAnswer> => {
    const account = accounts.find(({ family }) => family === platform.familyOf(refreshToken))!;
    const row = await counted(schedule.byGrant(store.db, account.grantId));
    const marked = row?.mark_hash === vault.mac(refreshToken, 'mark');
    if (!account.deleted && !marked) violations.push('I2: a token left without its mark');
    if (wires.some((wire) => wire.refreshToken === refreshToken))
      violations.push('I7: a token was sent twice at a time');
    return new Promise((resolve, reject) => {
      wires.push({ account, node, refreshToken, sentAt: clock.now(), answer: null, resolve, reject });
    });
  };

  const startNode = (): Node => {
    const node = { dead: false, fuse: null, received: [] as Node['received'] } as Node;
    const protocol = protocolOf(
      (refreshToken) => send(node, refreshToken),
      (refreshToken) => refreshToken !== null && platform.revoke(refreshToken),
    );
    node.context = createTestContext({ store: watched(node), vault, clock, app, protocol, random });
    node.renewals = createRenewals(node.context);
    return node;
  };

  /** Outlives every node: what the test itself does. */
  const operator = createTestContext({ store, vault, clock, app, protocol: protocolOf(async () => silence), random });
  const nodes = [startNode(), startNode()];

  const addAccount = async (): Promise<void> => {
    const refreshToken = platform.consent();
    const owner = `owner${accounts.length % 2}`;
    const { grantId } = await seedGrant(operator, { refreshToken, lifetime: knobs.lifetime, owner });
    accounts.push({ grantId, family: platform.familyOf(refreshToken), ghost: false, deleted: false });
  };
  for (let count = 0; count < scenario.grants; count++) await addAccount();

  /** Every refresh token that something durable holds for an account. */
  const durableTokens = async (account: Account): Promise<string[]> => {
    const grant = await grants.byId(store.db, account.grantId);
    const stored = grant ? [openCredentials(vault, grant).refreshToken, openCandidate(vault, grant)] : [];
    const entries = await journal.unfinishedRenewals(store.db, Number.MAX_SAFE_INTEGER);
    const journalled = entries
      .filter((entry) => entry.grant_id === account.grantId)
      .map((entry) => newToken(openAnswer(operator, entry)));
    return [...stored, ...journalled].filter((token) => token !== null);
  };

  const take = (wire: Wire): void => {
    wires = wires.filter((other) => other !== wire);
  };

  return {
    scenario,
    platform,
    clock,
    store,
    operator,
    accounts,
    nodes,
    violations,
    durableTokens,
    wires: (answered: boolean): Wire[] => wires.filter((wire) => (wire.answer !== null) === answered),
    inFlight: () => wires.length,
    addAccount,

    /** The platform acts on a request; its answer is on the way. */
    process(wire: Wire): void {
      wire.answer = platform.present(wire.refreshToken);
    },
    deliver(wire: Wire): void {
      take(wire);
      const token = newToken(wire.answer!);
      if (token !== null) wire.node.received.push({ account: wire.account, token });
      wire.resolve(wire.answer!);
    },
    /** The platform answers without acting. */
    misanswer(wire: Wire, answer: RawAnswer): void {
      take(wire);
      wire.resolve(answer);
    },
    refuse(wire: Wire): void {
      take(wire);
      wire.reject(new TransportError('not_sent', 'connection refused'));
    },
    /** The connection breaks; what the platform answered is gone. */
    lose(wire: Wire): void {
      take(wire);
      if (wire.answer && newToken(wire.answer) !== null) wire.account.ghost = true;
      wire.reject(new TransportError('unknown', 'connection reset'));
    },
    /** Deadlines fire. */
    expireWires(): void {
      for (const wire of wires.filter(({ sentAt }) => clock.now() - sentAt > requestDeadline)) this.lose(wire);
    },
    /** A node ends without a word; another one starts in its place and recovers what it left. */
    async crash(node: Node): Promise<void> {
      node.dead = true;
      for (const wire of wires.filter((one) => one.node === node)) {
        if (wire.answer === null && random() < 0.5) this.process(wire);
        take(wire);
        if (wire.answer && newToken(wire.answer) !== null) wire.account.ghost = true;
      }
      await this.rest();
      for (const { account, token } of node.received) {
        if (platform.accepts(token) && !(await durableTokens(account)).includes(token)) account.ghost = true;
      }
      const fresh = startNode();
      nodes.splice(nodes.indexOf(node), 1, fresh);
      await fresh.renewals.recover();
    },
    async remove(account: Account): Promise<void> {
      account.deleted = true;
      await store.transaction(async (tx) => {
        const grant = (await grants.byId(tx, account.grantId))!;
        for (const connection of await connections.ofGrant(tx, grant.id)) await connections.remove(tx, connection.id);
        await grants.remove(tx, grant.id);
        await queueRevocation(operator, tx, personOf(grant), openCredentials(vault, grant));
      });
    },
    /** Lets what was begun run until everything waits for the wire, the clock or nothing. */
    async rest(): Promise<void> {
      for (let quiet = 0, last = -1; quiet < 3; ) {
        await new Promise((resolve) => setImmediate(resolve));
        quiet = started === ended && started === last ? quiet + 1 : 0;
        last = started;
      }
    },
  };
};

/** What a misbehaving platform says. */
export const silence: RawAnswer = { status: 503, headers: {}, body: '' };

/** The refresh token in an answer. */
export const newToken = (answer: RawAnswer): string | null =>
  answer.status === 200 && answer.body.startsWith('{')
    ? ((JSON.parse(answer.body) as { refresh_token?: string }).refresh_token ?? null)
    : null;
