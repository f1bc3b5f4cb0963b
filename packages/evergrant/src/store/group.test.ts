import { describe, expect, it } from 'vitest';
import { createGroupCommit, createPace, gather } from './group.ts';

/** A database that says what was committed, and in which transactions. */
const createDatabase = (parallel = 1) => {
  const transactions: unknown[][] = [];
  const state = { underWay: 0, most: 0, away: false };
  const committed: unknown[] = [];
  const write = createGroupCommit(async (work) => {
    const written: unknown[] = [];
    state.underWay++;
    state.most = Math.max(state.most, state.underWay);
    try {
      if (state.away) throw new Error('the database is away');
      const result = await work({ put: (value: unknown) => written.push(value) } as never);
      await new Promise((resolve) => setImmediate(resolve));
      transactions.push(written);
      committed.push(...written);
      return result;
    } finally {
      state.underWay--;
    }
  }, parallel);
  const put = (value: unknown, fails = false) =>
    write(async (tx) => {
      (tx as unknown as { put(value: unknown): void }).put(value);
      if (fails) throw new Error(`${String(value)} is wrong`);
      return value;
    });
  return { put, write, transactions, committed, state };
};

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('pieces of work that come together', () => {
  it('are committed together, each with its own result, when all of them are durable', async () => {
    const { put, transactions, committed } = createDatabase();
    const durable = numbers(5).map((number) => put(number).then((result) => [result, committed.includes(number)]));
    expect(await Promise.all(durable)).toEqual(numbers(5).map((number) => [number, true]));
    expect(transactions).toEqual([numbers(5)]);
  });

  it('are committed in order, fifty at a time', async () => {
    const { put, transactions } = createDatabase();
    await Promise.all(numbers(105).map((number) => put(number)));
    expect(transactions.map(({ length }) => length)).toEqual([50, 50, 5]);
    expect(transactions.flat()).toEqual(numbers(105));
  });

  it('wait for nobody: a single one is committed at once', async () => {
    const { put, transactions } = createDatabase();
    await put(1);
    await put(2);
    expect(transactions).toEqual([[1], [2]]);
  });

  it('gather while a transaction is under way', async () => {
    const { put, transactions } = createDatabase();
    const first = put(1);
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, put(2), put(3)]);
    expect(transactions).toEqual([[1], [2, 3]]);
  });
});

describe('the pause after a group', () => {
  it('is as long as the group took, and five milliseconds at most', () => {
    let now = 1000;
    const pace = createPace(() => now);
    expect(pace.pause()).toBeLessThanOrEqual(0);
    pace.took(3);
    expect(pace.pause()).toBe(3);
    now += 2;
    expect(pace.pause()).toBe(1);
    now += 1;
    expect(pace.pause()).toBe(0);
    pace.took(200);
    expect(pace.pause()).toBe(5);
  });

  it('lets what comes meanwhile go together', async () => {
    const groups: number[][] = [];
    const add = gather<number, number>(
      async (group) => {
        groups.push(group);
        return group;
      },
      1,
      { pause: () => (groups.length === 0 ? 0 : 50), took: () => {} },
    );
    expect(await add(1)).toBe(1);
    expect(await Promise.all([add(2), Promise.resolve().then(() => add(3)), add(4)])).toEqual([2, 3, 4]);
    expect(groups).toEqual([[1], [2, 4, 3]]);
  });
});

describe('a piece of work that fails', () => {
  it('takes nobody with it, and leaves nothing behind', async () => {
    const { put, committed } = createDatabase();
    const results = await Promise.allSettled([put(1), put(2, true), put(3), put(4, true)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(results[1]).toMatchObject({ reason: { message: '2 is wrong' } });
    expect(committed).toEqual([1, 3]);
  });

  it('is tried once when it came alone', async () => {
    const { write } = createDatabase();
    let tries = 0;
    const work = write(async () => {
      tries++;
      throw new Error('wrong');
    });
    await expect(work).rejects.toThrow('wrong');
    expect(tries).toBe(1);
  });

  it('does not stop what comes after it', async () => {
    const { put, state, committed } = createDatabase();
    state.away = true;
    const lost = await Promise.allSettled(numbers(30).map((number) => put(number)));
    expect(lost.every(({ status }) => status === 'rejected')).toBe(true);
    state.away = false;
    await put('later');
    expect(committed).toEqual(['later']);
  });
});

describe('transactions under way at the same time', () => {
  it('are one, where the database takes one writer', async () => {
    const { put, state } = createDatabase(1);
    await Promise.all(numbers(100).map((number) => put(number)));
    expect(state.most).toBe(1);
  });

  it('are as many as it takes, where it takes several', async () => {
    const { put, state, committed } = createDatabase(4);
    await Promise.all(
      numbers(600).map(async (number) => {
        for (let turn = 0; turn < number % 7; turn++) await new Promise((resolve) => setImmediate(resolve));
        return put(number);
      }),
    );
    expect(state.most).toBeGreaterThan(1);
    expect(state.most).toBeLessThanOrEqual(4);
    expect(committed).toHaveLength(600);
  });
});
