import type { StartEngine } from '../../src/engine/choose.ts';
import { startChores } from '../../src/engine/chores.ts';
import { startEngine } from '../../src/engine/embedded/loop.ts';
import { createRest } from '../../src/engine/rest.ts';
import { nextWake } from '../../src/engine/wake.ts';
import { release, reserveDue } from '../../src/grants/reservation.ts';

/*
 * What a shard and its workers do of the Temporal engine, in one process and on a clock that is moved by hand: reserves
 * what is due, and takes it over in batches.
 */

const maxInFlight = 1000;
const size = 50;
const limitPause = 250;
const idle = 15_000;

export const startInTwoSteps: StartEngine = (context, renewals, chores) => {
  let [stopped, inFlight, serial] = [false, 0, 0];
  const rest = createRest(context.clock, () => stopped);
  const choring = startChores(context, chores);

  const carryOut = async (owner: string, batch: Awaited<ReturnType<typeof reserveDue>>): Promise<void> => {
    inFlight += batch.length;
    try {
      await renewals.carryOut(owner, batch);
    } catch {
      await release(context, owner, batch).catch(() => {});
    } finally {
      inFlight -= batch.length;
      rest.wake();
    }
  };

  const pass = async (): Promise<void> => {
    const owner = `run/${++serial}`;
    const reserved = await reserveDue(context, maxInFlight - inFlight, owner, []);
    while (reserved.length > 0) void carryOut(owner, reserved.splice(0, size));
    const now = context.clock.now();
    const next = (await nextWake(context, now, idle)) - now;
    const before = inFlight;
    await rest.rest(next > 0 ? next : limitPause, () => next <= 0 && before > 0 && 2 * inFlight <= before);
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        await pass();
      } catch {
        await rest.rest(1000, () => false);
      }
    }
  };
  const running = run();
  return {
    poke() {},
    async stop() {
      stopped = true;
      rest.wake();
      await choring.stop();
      await running;
      await renewals.idle();
    },
  };
};

/** Every way in which what is due comes to be sent. */
export const engines: [name: string, start: StartEngine][] = [
  ['the embedded engine', startEngine],
  ['a claim in two steps', startInTwoSteps],
];
