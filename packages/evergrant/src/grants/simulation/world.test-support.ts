import { TransportError } from '../../egress/types.ts';
import type { RawAnswer } from '../../protocols/types.ts';
import { connections, type GrantRow, grants, journal, type Store, schedule } from '../../store/index.ts';
import type { ManualClock } from '../../testing/manual-clock.ts';
import { createMemoryPlatform, type PlatformKnobs } from '../../testing/memory-platform.ts';
import type { Context } from '../context.ts';
import { openCandidate, openCredentials, openRefreshToken } from '../credentials.ts';
import { openAnswer } from '../journal.ts';
import { createRenewals, type Renewals } from '../renew.ts';
import { type Reserved, reserveDue } from '../reservation.ts';
import { personOf, queueRevocation } from '../revocations.ts';
import { appOf, createTestContext, definitionOf, protocolOf, seedGrant, testVault } from '../test-support.ts';
import { requestDeadline } from '../timing.ts';
import { createFate, createWatch, type Fate } from './node.test-support.ts';

/*
 * A world in which several nodes of the real code renew grants at a platform in memory, over one database. Nothing
 * happens on the wire, to the clock or to a node unless the test makes it happen.
 */

export interface Scenario {
  knobs: PlatformKnobs;
  /** The platform's limit of requests at a time, if it declares one. */
  concurrency?: number;
  /** And its limit of requests a second. */
  perSecond?: number;
  grants: number;
}

/** A process of the real code. */
export interface Node {
  context: Context;
  renewals: Renewals;
  fate: Fate;
  /** Answers with new tokens that arrived here and are not durable: should it die, they are gone. */
  received: Wire[];
}

/** A request on its way to the platform or, with an answer, back. */
export interface Wire {
  account: Account;
  node: Node;
  refreshToken: string;
  sentAt: number;
  /** Its node stood still since: the platform is done with it when its deadline is over, whoever still waits for it. */
  slept: boolean;
  /** Whether it was sent no earlier than the rules allow when another request may have spent the token. */
  patient: boolean;
  /** Its place among requests, and among them the moment from which on the database held its answer. */
  serial: number;
  durableFrom: number;
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
  const { concurrency, perSecond } = scenario;
  const isLimited = concurrency !== undefined || perSecond !== undefined;
  const limits = isLimited ? { limits: { concurrency, perSecond } } : {};
  const app = appOf(definitionOf(knobs, limits));
  const vault = testVault();
  const accounts: Account[] = [];
  const violations: string[] = [];
  /** Who presented a token first, and whom the newest token of a family was given. */
  const spenders = new Map<string, Wire>();
  const holders = new Map<string, Wire>();
  const reservations: [owner: string, reserved: Reserved[]][] = [];
  let wires: Wire[] = [];
  let serial = 0;
  const watch = createWatch();

  /** Whether the platform may still be at it, or its answer on the way. */
  const isUnderWay = (wire: Wire): boolean => !wire.slept || (wire.answer === null && !isOverdue(wire));
  const isOverdue = ({ sentAt }: Wire): boolean => clock.monotonic() - sentAt > requestDeadline;

  /** Where a second use revokes, the access token's life is spent before a token is presented that may be spent. */
  const isPatient = (grant: GrantRow | undefined): boolean =>
    !knobs.reuseRevokes || (grant?.expires_at ?? 0) <= clock.now() + 1000;

  /** An answer that came for a process that stood still and that nobody else has: whoever sent `wire` could not know. */
  const isUnknown = (answered: Wire, wire: Wire): boolean => answered.slept && wire.serial < answered.durableFrom;

  const send = async (node: Node, refreshToken: string): Promise<RawAnswer> => {
    const account = accounts.find(({ family }) => family === platform.familyOf(refreshToken))!;
    const row = await watch.counted(schedule.byGrant(store.db, account.grantId));
    const grant = await watch.counted(grants.byId(store.db, account.grantId));
    const marked = row?.mark_hash === vault.mac(refreshToken, 'mark');
    if (account.deleted) violations.push('I8: a request was sent for a grant that is deleted');
    else if (!marked) violations.push('I2: a token left without its mark');
    if (wires.some((wire) => wire.refreshToken === refreshToken && isUnderWay(wire)))
      violations.push('I7: a token was sent twice at a time');
    return new Promise((resolve, reject) => {
      const expected = { patient: isPatient(grant), serial: ++serial, durableFrom: Number.POSITIVE_INFINITY };
      const sent = { account, node, refreshToken, sentAt: clock.monotonic(), slept: false, answer: null };
      wires.push({ ...sent, ...expected, resolve, reject });
    });
  };

  const startNode = (): Node => {
    const fate = createFate(() => {
      for (const wire of [...wires.filter((one) => one.node === node), ...node.received]) wire.slept = true;
    });
    const node = { fate, received: [] as Node['received'] } as Node;
    const protocol = protocolOf(
      (refreshToken) => send(node, refreshToken),
      (refreshToken) => refreshToken !== null && platform.revoke(refreshToken),
    );
    node.context = createTestContext({ store: watch.guard(store, fate), vault, clock, app, protocol, random });
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
    const stored = grant ? [openRefreshToken(vault, grant), openCandidate(vault, grant)] : [];
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
    app,
    platform,
    clock,
    store,
    operator,
    accounts,
    nodes,
    violations,
    /** What was reserved, under its name. */
    reservations,
    async reserve(node: Node | undefined, room: number): Promise<void> {
      if (!node) return;
      const owner = `reservation ${reservations.length}`;
      reservations.push([owner, await reserveDue(node.context, room, owner, [])]);
    },
    durableTokens,
    wires: (answered: boolean): Wire[] => wires.filter((wire) => (wire.answer !== null) === answered),
    /** Requests that the platform has still to act on. */
    atPlatform: (): Wire[] => wires.filter((wire) => wire.answer === null && !isOverdue(wire)),
    awake: (): Node[] => nodes.filter(({ fate }) => !fate.asleep),
    inFlight: () => wires.filter(isUnderWay).length,
    addAccount,

    /** The platform acts on a request; its answer is on the way. */
    process(wire: Wire): void {
      wire.answer = platform.present(wire.refreshToken);
      const first = spenders.get(wire.refreshToken) ?? wire;
      spenders.set(wire.refreshToken, first);
      if (newToken(wire.answer) !== null) return void holders.set(wire.account.family, wire);
      const others = [first, holders.get(wire.account.family)].filter((other) => other && other !== wire);
      if (wire.patient && others.some((other) => isUnknown(other!, wire))) wire.account.ghost = true;
    },
    deliver(wire: Wire): void {
      take(wire);
      if (newToken(wire.answer) !== null) wire.node.received.push(wire);
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
      if (newToken(wire.answer) !== null) wire.account.ghost = true;
      wire.reject(new TransportError('unknown', 'connection reset'));
    },
    /** Deadlines fire, but not in a process that stands still: what it waits for is then over at the platform alone. */
    async expireWires(): Promise<void> {
      for (const wire of wires.filter(isOverdue)) if (!wire.node.fate.asleep) this.lose(wire);
    },
    async forgetDurable(node: Node): Promise<void> {
      for (const wire of [...node.received]) {
        if (!(await durableTokens(wire.account)).includes(newToken(wire.answer)!)) continue;
        wire.durableFrom = serial;
        node.received.splice(node.received.indexOf(wire), 1);
      }
    },
    sleep: ({ fate }: Node): void => watch.sleep(fate),
    /** A process goes on: of what lies ready, answers or fired deadlines, either may come first. */
    wake(node: Node): void {
      watch.wake(node.fate);
      for (const wire of wires.filter((one) => one.node === node && one.answer !== null)) {
        if (random() < 0.5) this.deliver(wire);
      }
    },
    /** A node ends without a word; another one starts in its place and recovers what it left. */
    async crash(node: Node): Promise<void> {
      node.fate.dead = true;
      watch.wake(node.fate);
      for (const wire of wires.filter((one) => one.node === node)) {
        if (wire.answer === null && !isOverdue(wire) && random() < 0.5) this.process(wire);
        take(wire);
        if (newToken(wire.answer) !== null) wire.account.ghost = true;
      }
      await watch.rest();
      await this.forgetDurable(node);
      for (const { account, answer } of node.received) if (platform.accepts(newToken(answer)!)) account.ghost = true;
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
    rest: () => watch.rest(),
  };
};

/** What a misbehaving platform says. */
export const silence: RawAnswer = { status: 503, headers: {}, body: '' };

/** The refresh token in an answer. */
export const newToken = (answer: RawAnswer | null): string | null =>
  answer?.status === 200 && answer.body.startsWith('{')
    ? ((JSON.parse(answer.body) as { refresh_token?: string }).refresh_token ?? null)
    : null;
