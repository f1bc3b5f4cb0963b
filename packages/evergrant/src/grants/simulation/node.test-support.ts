import type { KyselyPlugin } from 'kysely';
import type { Store } from '../../store/index.ts';
import { watchQueries } from '../../testing/watch-queries.ts';

/** What may happen to a process: it dies at a query, and has no effect afterwards; or it stands still, and then goes on. */
export interface Fate {
  dead: boolean;
  /** Queries until it dies; null: it lives. */
  fuse: number | null;
  asleep: boolean;
  /** Queries outside of a transaction until it falls asleep; null: it stays awake. */
  nap: number | null;
  /** Called as it falls asleep. */
  onSleep: () => void;
}

export const createFate = (onSleep: () => void): Fate => ({
  dead: false,
  fuse: null,
  asleep: false,
  nap: null,
  onSleep,
});

/** Counts what is under way, over all nodes, and gives each node a store that knows of its fate. */
export const createWatch = () => {
  const sleepers = new Map<Fate, (() => void)[]>();
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

  /** A process that sleeps in a transaction keeps all others from SQLite; so it does so between them only. */
  const passSleep = async (fate: Fate): Promise<void> => {
    if (fate.nap !== null && fate.nap-- <= 0) sleep(fate);
    while (fate.asleep) {
      await new Promise<void>((resolve) => {
        sleepers.set(fate, [...(sleepers.get(fate) ?? []), resolve]);
      });
    }
  };

  const sleep = (fate: Fate): void => {
    fate.nap = null;
    fate.asleep = true;
    fate.onSleep();
  };

  const wake = (fate: Fate): void => {
    fate.asleep = false;
    for (const goOn of sleepers.get(fate) ?? []) goOn();
    sleepers.delete(fate);
  };

  const guard = (store: Store, fate: Fate): Store => {
    const inside: KyselyPlugin = {
      transformQuery({ node }) {
        if (fate.fuse !== null && fate.fuse-- <= 0) fate.dead = true;
        if (fate.dead) throw new Error('this node is dead');
        return node;
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
    const db = watchQueries(store.db, outside);
    const execute = db.executeQuery.bind(db);
    // A transaction is counted as a whole: its commit, and what a group of them waits for, are no queries.
    const guarded =
      (run: Store['transaction']): Store['transaction'] =>
      async (work) => {
        await passSleep(fate);
        return counted(run((tx) => work(watchQueries(tx, inside))));
      };
    return {
      ...store,
      db: Object.assign(db, {
        executeQuery: (async (...query) => {
          await passSleep(fate);
          return execute(...query);
        }) as typeof db.executeQuery,
      }),
      transaction: guarded((work) => store.transaction(work)),
      write: guarded((work) => store.write(work)),
    };
  };

  return {
    counted,
    guard,
    sleep,
    wake,
    /** Lets what was begun run until everything waits for the wire, the clock, a sleeper or nothing. */
    async rest(): Promise<void> {
      for (let quiet = 0, last = -1; quiet < 3; ) {
        await new Promise((resolve) => setImmediate(resolve));
        quiet = started === ended && started === last ? quiet + 1 : 0;
        last = started;
      }
    },
  };
};
