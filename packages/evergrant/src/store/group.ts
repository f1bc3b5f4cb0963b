import type { Transaction } from 'kysely';
import type { Database } from './schema.ts';

type Work<T> = (tx: Transaction<Database>) => Promise<T>;
type Run = <T>(work: Work<T>) => Promise<T>;

/** So many keep SQLite, and with it the event loop, busy for less than 5 ms; more only raise the tail of the waiting time. */
const largestGroup = 50;

/** How long a group may be waited for at most, in milliseconds. */
const longestPause = 5;

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/** When the next group may begin. */
interface Pace {
  /** Milliseconds from now. */
  pause(): number;
  took(milliseconds: number): void;
}

/**
 * After a group as long a pause as it took: while there is much to commit half of the time goes into gathering it, which
 * makes few large groups of many small ones, and while there is little nobody waits.
 */
export const createPace = (now = () => performance.now()): Pace => {
  let free = 0;
  return {
    pause: () => free - now(),
    took(milliseconds) {
      free = now() + Math.min(milliseconds, longestPause);
    },
  };
};

export const withoutPause: Pace = { pause: () => 0, took: () => {} };

/**
 * Commits pieces of work that come at about the same time in one transaction, which costs one sync to disk instead of
 * many. Each is durable when its promise resolves. A piece that fails takes nobody with it: then each gets a
 * transaction of its own.
 *
 * @param run executes one transaction
 * @param parallel how many groups may be under way; more than one only where the database takes several writers
 * @param pace when the next group may begin
 */
export const createGroupCommit = (run: Run, parallel: number, pace: Pace = withoutPause): Run => {
  const commit = gather<Work<unknown>, unknown>(
    (group) =>
      run(async (tx) => {
        const results: unknown[] = [];
        for (const work of group) results.push(await work(tx));
        return results;
      }),
    parallel,
    pace,
  );
  return <T>(work: Work<T>) => commit(work) as Promise<T>;
};

/**
 * Gathers what comes at about the same time, to be done at once. When a group fails, each of it is tried alone.
 *
 * @param act does a whole group; gives a result for each, in order
 * @param parallel how many groups may be under way
 * @param pace when the next group may begin
 */
export const gather = <Item, Result>(
  act: (group: Item[]) => Promise<Result[]>,
  parallel: number,
  pace = withoutPause,
): ((item: Item) => Promise<Result>) => {
  const queue: Waiting<Item, Result>[] = [];
  let active = 0;
  let scheduled = false;

  const flush = async (): Promise<void> => {
    scheduled = false;
    if (active >= parallel || queue.length === 0) return;
    const group = queue.splice(0, largestGroup);
    active++;
    schedule();
    const begun = performance.now();
    try {
      await settleAll(act, group);
    } finally {
      active--;
      pace.took(performance.now() - begun);
      schedule();
    }
  };

  // What one turn of the event loop brings together is one group at least.
  const schedule = (): void => {
    if (scheduled || queue.length === 0 || active >= parallel) return;
    scheduled = true;
    const pause = pace.pause();
    if (pause < 1) setImmediate(() => void flush());
    else setTimeout(() => void flush(), pause);
  };

  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      schedule();
    });
};

const settleAll = async <Item, Result>(
  act: (group: Item[]) => Promise<Result[]>,
  group: Waiting<Item, Result>[],
): Promise<void> => {
  try {
    const results = await act(group.map(({ item }) => item));
    for (const [index, { resolve }] of group.entries()) resolve(results[index]!);
  } catch (error) {
    if (group.length === 1) group[0]!.reject(error);
    // At once and not in turn: where the database is away, each of them waits for it.
    else {
      await Promise.all(
        group.map(({ item, resolve, reject }) => act([item]).then(([result]) => resolve(result!), reject)),
      );
    }
  }
};
