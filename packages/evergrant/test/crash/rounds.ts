import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { query, type StoredGrant, storedGrants } from '../support/database.ts';
import type { Service } from '../support/evergrant.ts';
import { seededRandom } from '../support/random.ts';
import { connectPerson, createStubWorld, type StubWorld } from '../support/stub.ts';

/** What became of renewals whose process was killed. */
export type Fate =
  /** Stored before the kill. */
  | 'committed'
  /** In the journal at the kill, stored at the next start. */
  | 'recovered'
  /** The platform never saw the request. */
  | 'not sent'
  /** The platform rotated, and its answer was not written when the process died. */
  | 'died on the wire'
  /** The answer was written, and the process died before it stood in the journal. */
  | 'died unread';

/** Renewals that run at once in each round. */
const accounts = 4;

/** The platform answers within so many milliseconds, and the kill comes so long after one of its answers. */
const [slowestAnswer, latestKill] = [20, 30];

/**
 * Kills a service with SIGKILL while it renews, over and over, and judges by the platform's own books after each
 * restart: a stored refresh token that the platform refuses is allowed only where its answer had not become durable.
 *
 * @returns how often each fate befell a renewal
 */
export const runKillRounds = async (rounds: number, seed: number): Promise<Record<Fate, number>> => {
  const world = await createStubWorld();
  try {
    const random = seededRandom(seed);
    const tally = { committed: 0, recovered: 0, 'not sent': 0, 'died on the wire': 0, 'died unread': 0 };
    let alive: string[] = [];
    let service = await world.installation.start();
    for (let round = 1; round <= rounds; round++) {
      const trace = `seed ${seed}, round ${round}`;
      while (alive.length < accounts) alive.push((await connectPerson(world, `Person ${round} ${alive.length}`)).id);
      const before = grantsOf(world);
      await killWhileRenewing(world, alive, random, service);
      const atKill = grantsOf(world);
      const journal = journalled(world);
      service = await world.installation.start();
      const fates = judge(world, { before, atKill, journal, after: grantsOf(world), trace });

      const served = grantIds(world);
      for (const id of alive) {
        tally[fates.get(served.get(id)!)!]++;
        // Whatever became of the renewal: an access token that lives is handed out.
        expect((await world.installation.api.token(id)).status, trace).toBe(200);
      }
      // With an attempt of unknown outcome a grant waits for its token's end, which is longer than this test.
      alive = alive.filter((id) => ['committed', 'recovered'].includes(fates.get(served.get(id)!)!));
    }
    const presented = world.stub.renewals().map((renewal) => renewal.presented);
    expect(new Set(presented).size, `seed ${seed}: a refresh token was sent twice`).toBe(presented.length);
    return tally;
  } finally {
    await world.dispose();
  }
};

const grantsOf = ({ installation, encryptionKeys }: StubWorld): Map<string, StoredGrant> =>
  new Map(storedGrants(installation.database, encryptionKeys).map((grant) => [grant.id, grant]));

const journalled = ({ installation }: StubWorld): Set<string> =>
  new Set(
    query<{ grant_id: string }>(installation.database, "select grant_id from journal where kind = 'refresh'").map(
      (row) => row.grant_id,
    ),
  );

/** The grant of each connection. */
const grantIds = ({ installation }: StubWorld): Map<string, string> =>
  new Map(
    query<{ id: string; grant_id: string }>(installation.database, 'select id, grant_id from connections').map(
      (row) => [row.id, row.grant_id],
    ),
  );

const killWhileRenewing = async (
  { installation, stub }: StubWorld,
  connectionIds: string[],
  random: () => number,
  service: Service,
): Promise<void> => {
  const written = Promise.withResolvers<void>();
  let missing = 1 + Math.floor(random() * connectionIds.length);
  const stopListening = stub.onWritten(() => {
    missing -= 1;
    if (missing === 0) written.resolve();
  });
  stub.control.answerNext(...connectionIds.map(() => ({ delayMs: Math.floor(random() * slowestAnswer) })));
  const calls = connectionIds.map((id) => installation.api.refresh(id).catch(() => null));
  await written.promise;
  stopListening();
  await pause(Math.floor(random() * (latestKill + 1)));
  await service.kill();
  await Promise.all(calls);
};

interface Snapshots {
  before: Map<string, StoredGrant>;
  atKill: Map<string, StoredGrant>;
  journal: Set<string>;
  after: Map<string, StoredGrant>;
  trace: string;
}

const judge = ({ stub }: StubWorld, { before, atKill, journal, after, trace }: Snapshots): Map<string, Fate> => {
  const fates = new Map<string, Fate>();
  for (const [id, old] of before) {
    const renewal = stub.renewals().find(({ presented }) => presented === old.refreshToken);
    const committed = atKill.get(id)!.generation > old.generation;
    const durable = committed || journal.has(id);
    const now = after.get(id)!;
    expect(now, trace).toMatchObject({ status: 'active', generation: old.generation + (durable ? 1 : 0) });
    const lost = renewal !== undefined && !durable;
    expect(stub.control.chain(now.refreshToken), `${trace}: ${JSON.stringify({ durable, lost })}`).toBe(!lost);
    if (committed) fates.set(id, 'committed');
    else if (durable) fates.set(id, 'recovered');
    else if (!lost) fates.set(id, 'not sent');
    else fates.set(id, renewal.written ? 'died unread' : 'died on the wire');
  }
  return fates;
};
