import type { Pool } from 'pg';

/** Tells the other processes on the same database what changed. A hint only: what it loses, polling finds. */
export interface Hints {
  publish(id: string): void;
  close(): Promise<void>;
}

const channel = 'evergrant';

/** Between two tries to listen, in milliseconds. */
const reconnectPause = 2000;

/** Hints go out together, because each NOTIFY serialises commits. */
const gatherFor = 5;

/** Ids in one payload, which holds 8,000 bytes. */
const largest = 150;

/** Hints over LISTEN and NOTIFY. The listening connection is renewed when it breaks. */
export const listenForHints = (pool: Pool, heard: (id: string) => void): Hints => {
  const stopListening = listen(pool, heard);
  const waiting = new Set<string>();
  let sending: Promise<void> | null = null;

  /** One at a time: while the database is away, hints must not queue up for the connections that work waits for. */
  const send = async (): Promise<void> => {
    while (waiting.size > 0) {
      const ids = [...waiting].slice(0, largest);
      for (const id of ids) waiting.delete(id);
      try {
        await pool.query(notify, [channel, ids.join(' ')]);
      } catch {
        waiting.clear();
      }
    }
    sending = null;
  };

  return {
    publish(id) {
      waiting.add(id);
      sending ??= new Promise<void>((resolve) => setTimeout(resolve, gatherFor)).then(send);
    },
    async close() {
      await sending;
      await stopListening();
    },
  };
};

/** Without waiting for the disk: a hint that a crash of the server loses has nobody left who waits for it. */
const notify = `select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`;

/** @returns stops listening */
const listen = (pool: Pool, heard: (id: string) => void): (() => Promise<void>) => {
  let closed = false;
  let wake = () => {};

  /** Listens until the connection breaks, or is no longer wanted. */
  const listenOnce = async (): Promise<void> => {
    const client = await pool.connect();
    const broken = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      wake = resolve;
    });
    try {
      client.on('notification', ({ payload }) => payload?.split(' ').forEach(heard));
      await client.query(`listen ${channel}`);
      if (!closed) await broken;
    } finally {
      client.release(true);
    }
  };

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, reconnectPause).unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const keepListening = async (): Promise<void> => {
    while (!closed) {
      await listenOnce().catch(() => {});
      if (!closed) await pause();
    }
  };

  const listening = keepListening();
  return async () => {
    closed = true;
    wake();
    await listening;
  };
};
