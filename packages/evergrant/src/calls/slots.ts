import { randomUUID } from 'node:crypto';
import { EvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import type { App } from '../protocols/types.ts';
import { callSlots } from '../store/index.ts';
import { sleep } from '../telemetry/clock.ts';

/** How long a call may wait for its turn, in milliseconds. */
const longestWait = 30_000;
/** A holder that died gives its slot back after so long. */
const lease = 30_000;
const pause = 100;

export interface Slots {
  /**
   * Waits until the app may have one more call under way (`maxConcurrentJob`), over all nodes.
   *
   * @returns gives the slot back
   * @throws EvergrantError `provider_rate_limited` when none became free in time
   */
  take(app: App, signal?: AbortSignal): Promise<() => Promise<void>>;
}

/**
 * The limit of calls at a time, kept in the database. Of one process only as many calls compete there as could be
 * under way at once; the others wait in its memory, in order.
 */
export const createSlots = (context: Context): Slots => {
  const turns = new Map<string, Turns>();
  return {
    async take(app, signal) {
      const most = app.definition.maxConcurrentJob;
      if (most === undefined) return async () => {};
      const name = `${app.provider} ${app.clientId}`;
      const turn = turns.get(name) ?? new Turns(most);
      turns.set(name, turn);
      const waitUntil = context.clock.monotonic() + longestWait;
      await turn.wait(expiry(context, app, waitUntil, signal));
      try {
        const release = await takeSlot(context, app, most, waitUntil, signal);
        return async () => {
          turn.end();
          await release();
        };
      } catch (error) {
        turn.end();
        throw error;
      }
    },
  };
};

const expiry = (context: Context, app: App, waitUntil: number, signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    context.clock.after(waitUntil - context.clock.monotonic(), () => reject(tooBusy(app)));
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

/** Who waits in this process, first come, first served. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  async wait(given: Promise<never>): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      given.catch(() => {});
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    try {
      await Promise.race([promise, given]);
    } catch (error) {
      const place = this.#waiting.indexOf(resolve);
      // It may have been called up in the moment in which it left.
      if (place === -1) this.end();
      else this.#waiting.splice(place, 1);
      throw error;
    }
  }

  end(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

const takeSlot = async (
  context: Context,
  app: App,
  most: number,
  waitUntil: number,
  signal: AbortSignal | undefined,
): Promise<() => Promise<void>> => {
  const { store, clock, logger } = context;
  const key = { provider: app.provider, clientId: app.clientId };
  const holder = randomUUID();
  for (;;) {
    signal?.throwIfAborted();
    const now = await store.now(store.db);
    const held = new Set(await callSlots.held(store.db, key, now));
    const free = Array.from({ length: most }, (_, index) => index + 1).filter((slot) => !held.has(slot));
    const slot = free[Math.floor(context.random() * free.length)];
    const mine = slot === undefined ? null : { ...key, slot, holder };
    if (mine && (await callSlots.take(store.db, mine, now, now + lease))) {
      let over = false;
      const extend = async (): Promise<void> => {
        if (over) return;
        await callSlots.hold(store.db, mine, (await store.now(store.db)) + lease);
      };
      const beat = (): void => {
        clock.after(lease / 3, () => {
          if (over) return;
          extend().then(beat, beat);
        });
      };
      beat();
      return async () => {
        over = true;
        // A slot that cannot be given back now is free by itself soon.
        await callSlots
          .hold(store.db, mine, 0)
          .catch(() => logger.warn({ provider: app.provider }, 'the end of a call could not be noted'));
      };
    }
    if (clock.monotonic() >= waitUntil) throw tooBusy(app);
    await sleep(clock, pause * (0.5 + context.random()));
  }
};

const tooBusy = (app: App): EvergrantError =>
  new EvergrantError('provider_rate_limited', {
    provider: app.provider,
    detail: `As many calls are under way as ${app.definition.name} takes at a time (${app.definition.maxConcurrentJob})`,
    retryAfter: 5,
  });
