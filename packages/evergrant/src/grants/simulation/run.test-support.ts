import { type Store, schedule } from '../../store/index.ts';
import { createManualClock } from '../../testing/manual-clock.ts';
import { gateKey } from '../gate.ts';
import { release } from '../reservation.ts';
import { tryDueRevocations } from '../revocations.ts';
import { leaseDuration } from '../timing.ts';
import { checkEnd, checkSafety, createWitness } from './invariants.test-support.ts';
import { createRandom } from './random.test-support.ts';
import { createWorld, type Scenario, silence, type World } from './world.test-support.ts';

export interface Run {
  /** Empty: every invariant held after every step. */
  violations: string[];
  /** What was done, to be read when one did not. */
  steps: string[];
  lost: number;
  ghosts: number;
}

/** Plays one seed: so many random steps, then peace, then the reckoning. */
export const play = async (
  open: (clock: ReturnType<typeof createManualClock>) => Promise<Store>,
  seed: number,
  scenario: Scenario & { steps: number },
): Promise<Run> => {
  const random = createRandom(seed);
  const clock = createManualClock();
  const store = await open(clock);
  try {
    const world = await createWorld(store, clock, random, scenario);
    const decreased = createWitness();
    const steps: string[] = [];
    for (let step = 0; step < scenario.steps; step++) {
      steps.push(await takeStep(world, random));
      await world.rest();
      await world.expireWires();
      for (const node of [...world.nodes]) if (node.fate.dead) await world.crash(node);
      await world.rest();
      for (const node of world.nodes) await world.forgetDurable(node);
      const violations = await checkSafety(world, decreased);
      if (violations.length > 0) return { violations, steps, lost: 0, ghosts: 0 };
    }
    await makePeace(world);
    const violations = [...(await checkSafety(world, decreased)), ...(await checkEnd(world))];
    const ghosts = world.accounts.filter(({ ghost, deleted }) => ghost && !deleted).length;
    return { violations, steps, lost: 0, ghosts };
  } finally {
    await store.close();
  }
};

type Action = [weight: number, name: string, act: (world: World, random: () => number) => unknown];

const pick = <T>(items: readonly T[], random: () => number): T | undefined =>
  items[Math.floor(random() * items.length)];
const living = (world: World) => world.accounts.filter(({ deleted }) => !deleted);
const ignore = (): void => {};

const misanswers = [
  silence,
  { status: 429, headers: {}, body: '' },
  { status: 500, headers: {}, body: 'oops' },
  { status: 200, headers: {}, body: '<html>' },
  { status: 401, headers: {}, body: '{"error":"invalid_client"}' },
];

const actions: Action[] = [
  [6, 'a little time passes', (world, random) => world.clock.advance(random() * 5000)],
  [2, 'some time passes', (world, random) => world.clock.advance(random() * 60_000)],
  [0.5, 'much time passes', (world, random) => world.clock.advance(random() * world.scenario.knobs.lifetime)],
  // Nodes judge leases by one clock, the database's, which is corrected now and then by a little: less than what a lease
  // lasts longer than the latest answer.
  [0.3, 'the wall clock jumps', (world, random) => world.clock.jump(random() * 800 - 400 - drift(world))],
  [
    5,
    'a node takes what is due',
    (world, random) => void pick(world.awake(), random)?.renewals.beginDue(3, ignore).catch(ignore),
  ],
  [
    3,
    'a node reserves what is due for others',
    (world, random) => void world.reserve(pick(world.awake(), random), 3).catch(ignore),
  ],
  [
    4,
    'a node takes over what was reserved',
    (world, random) => {
      // It stays among them: a batch may be sent out twice, or long after its leases are over.
      const reservation = pick(world.reservations, random);
      if (reservation)
        void pick(world.awake(), random)
          ?.renewals.carryOut(...reservation)
          .catch(ignore);
    },
  ],
  [
    1,
    'what was reserved is given back',
    (world, random) => {
      const [reservation, node] = [pick(world.reservations, random), pick(world.awake(), random)];
      if (reservation && node) void release(node.context, ...reservation).catch(ignore);
    },
  ],
  [
    5,
    'somebody reads',
    (world, random) => {
      const account = pick(living(world), random);
      const mode = random() < 0.5 ? 'reader' : 'person';
      if (account) pick(world.awake(), random)?.renewals.renew(account.grantId, mode).catch(ignore);
    },
  ],
  [10, 'the platform acts', (world, random) => on(world, pick(world.atPlatform(), random), 'process')],
  [8, 'an answer arrives', (world, random) => on(world, pick(attended(world, true), random), 'deliver')],
  [
    1,
    'a connection breaks',
    (world, random) => on(world, pick([...attended(world, true), ...attended(world, false)], random), 'lose'),
  ],
  [1, 'a connection is refused', (world, random) => on(world, pick(attended(world, false), random), 'refuse')],
  [
    1.5,
    'the platform answers nonsense',
    (world, random) => {
      const wire = pick(attended(world, false), random);
      if (wire) world.misanswer(wire, pick(misanswers, random)!);
    },
  ],
  [0.7, 'a node crashes', (world, random) => world.crash(pick(world.nodes, random)!)],
  [
    2,
    'a node will crash at a later query',
    (world, random) => {
      const node = pick(world.nodes, random)!;
      node.fate.fuse ??= Math.floor(random() * 15);
    },
  ],
  [1, 'a node stands still', (world, random) => on(world, pick(world.awake(), random), 'sleep')],
  [
    1,
    'a node will stand still at a later query',
    (world, random) => {
      const node = pick(world.awake(), random);
      if (node) node.fate.nap ??= Math.floor(random() * 8);
    },
  ],
  [
    3,
    'a node goes on',
    (world, random) =>
      on(
        world,
        pick(
          world.nodes.filter(({ fate }) => fate.asleep),
          random,
        ),
        'wake',
      ),
  ],
  [
    1,
    'a node looks for what others left',
    (world, random) => void pick(world.awake(), random)?.renewals.recover(leaseDuration).catch(ignore),
  ],
  [0.2, 'an account is connected', (world) => world.addAccount()],
  [
    0.2,
    'an account is disconnected',
    async (world, random) => {
      const account = pick(living(world), random);
      if (account) await world.remove(account);
    },
  ],
];

const drift = ({ clock }: World): number => clock.now() - clock.monotonic() - clock.start;

/** Requests whose process would notice what becomes of them. */
const attended = (world: World, answered: boolean) => world.wires(answered).filter(({ node }) => !node.fate.asleep);

const on = <What extends 'process' | 'deliver' | 'lose' | 'refuse' | 'sleep' | 'wake'>(
  world: World,
  it: Parameters<World[What]>[0] | undefined,
  what: What,
): unknown => it && (world[what] as (it: unknown) => unknown)(it);

const deck = actions.flatMap((action) => Array<Action>(action[0] * 10).fill(action));

const takeStep = async (world: World, random: () => number): Promise<string> => {
  const [, name, act] = pick(deck, random)!;
  await act(world, random);
  return name;
};

/** To when the next grant is due; a blocked app waits for its probe. */
const untilDue = async ({ store, clock, app }: World): Promise<number> => {
  const due = (await schedule.nextDue(store.db, gateKey(app))) ?? Number.POSITIVE_INFINITY;
  return Math.min(Math.max(due - clock.now(), 5000), leaseDuration);
};

/** Faults cease: every request is answered at once, and the engine goes on for several lifetimes. */
const makePeace = async (world: World): Promise<void> => {
  for (const node of [...world.nodes]) {
    Object.assign(node.fate, { fuse: null, nap: null });
    if (node.fate.asleep) world.wake(node);
    if (node.fate.dead) await world.crash(node);
  }
  const until = world.clock.now() + 3 * world.scenario.knobs.lifetime + 10 * leaseDuration;
  while (world.clock.now() < until) {
    const [node] = world.nodes;
    await node!.renewals.recover(0);
    await node!.renewals.beginDue(50, ignore);
    await world.rest();
    await world.expireWires();
    for (const wire of world.wires(false)) world.process(wire);
    for (const wire of world.wires(true)) world.deliver(wire);
    await world.rest();
    world.clock.advance(await untilDue(world));
  }
  await tryDueRevocations(world.nodes[0]!.context);
  await schedule.removeLapsed(world.store.db, world.clock.now());
  await world.rest();
};
