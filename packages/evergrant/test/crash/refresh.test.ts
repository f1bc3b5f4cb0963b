import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectBody } from '../support/api.ts';
import { holdCommits, query, releaseCommits, type StoredGrant, storedGrants, tamper } from '../support/database.ts';
import { connectPerson, createStubWorld, type StubWorld } from '../support/stub.ts';
import { until } from '../support/wait.ts';

let world: StubWorld;

beforeEach(async () => {
  world = await createStubWorld();
});
afterEach(() => world.dispose());

const grants = (): StoredGrant[] => storedGrants(world.installation.database, world.encryptionKeys);

const journalled = (): string[] =>
  query<{ grant_id: string }>(world.installation.database, "select grant_id from journal where kind = 'refresh'").map(
    (row) => row.grant_id,
  );

describe('a process that is killed while it renews', () => {
  test('finishes from the journal what was answered and not committed', async () => {
    const { installation, stub } = world;
    const { api } = installation;
    const first = await installation.start();
    const { id } = await connectPerson(world, 'Ada Example');
    holdCommits(installation.database, 'refresh');
    const call = api.refresh(id).catch(() => 'cut off');
    await until('the journal entry', () => journalled().length === 1);
    await first.kill();
    expect(await call).toBe('cut off');
    expect(grants()).toMatchObject([{ generation: 1 }]);
    // The platform has rotated: what is stored outside of the journal is worth nothing any more.
    expect(stub.control.chain(grants()[0]!.refreshToken)).toBe(false);

    releaseCommits(installation.database);
    const second = await installation.start();
    expect(grants()).toMatchObject([{ generation: 2, status: 'active' }]);
    expect(stub.control.chain(grants()[0]!.refreshToken)).toBe(true);
    expect(journalled()).toEqual([]);
    expect(second.output()).toContain('finished an answer from the journal');
    expect(stub.control.tokenRequests().refresh).toBe(1);
    expect(expectBody(await api.refresh(id))).toMatchObject({ status: 'active', token: { generation: 3 } });
  });

  test.each([
    ['rotated', { delayMs: 600_000 }, { status: 'reauth_required', reason: 'lost_rotation' }],
    ['did nothing', { fault: 'hang' }, { status: 'active', reason: null, token: { generation: 2 } }],
  ] as const)('repeats an unheard request once, when the token has ended: the platform %s', async (_, answer, end) => {
    const { installation, stub } = world;
    const { api } = installation;
    const first = await installation.start();
    const { id } = await connectPerson(world, 'Ada Example');
    const before = expectBody(await api.token(id));
    stub.control.answerNext(answer);
    void api.refresh(id).catch(() => {});
    await until('the request', () => stub.control.tokenRequests().refresh === 1);
    await first.kill();

    // As if a lease's length had passed: nobody can still report what became of the request.
    pass(31, 'lease_until', 'mark_at', 'due_at');
    const second = await installation.start();
    const { problem, headers } = await api.refresh(id);
    expect([502, 503, 504]).toContain(problem?.status);
    // The token has nearly two minutes to live, and a second use of the refresh token might end them.
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(60);
    expect(expectBody(await api.token(id))).toEqual(before);
    expect(stub.control.tokenRequests().refresh).toBe(1);
    await second.kill();

    // As if the token had ended.
    pass(120, 'lease_until', 'mark_at', 'due_at', 'retry_at');
    tamper(installation.database, 'update grants set issued_at = issued_at - 120000, expires_at = expires_at - 120000');
    await installation.start();
    const connection = await until('the end of doubt', async () => {
      const current = expectBody(await api.connection(id));
      return current.status === 'reauth_required' || current.token.generation > 1 ? current : null;
    });
    expect(connection).toMatchObject(end);
    expect(stub.control.tokenRequests().refresh).toBe(2);
  });
});

/** Moves times of the schedule into the past, as if so many seconds had gone by. */
const pass = (seconds: number, ...columns: string[]): void =>
  tamper(
    world.installation.database,
    `update schedule set ${columns.map((column) => `${column} = ${column} - ${seconds * 1000}`).join(', ')}`,
  );
