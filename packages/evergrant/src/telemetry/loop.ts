import type { Clock } from './clock.ts';

export interface Loop {
  /** Works now, or once more when it is just working. */
  poke(): void;
  /** Begins nothing more; resolves when the work under way has ended. */
  stop(): Promise<void>;
}

/**
 * Does the same work again and again.
 *
 * @param work gives whether there is more to do at once
 * @param interval milliseconds between the end of the work and its next beginning
 * @param failed hears of what the work threw; it is done again after the interval
 */
export const startLoop = (
  clock: Clock,
  interval: number,
  work: () => Promise<boolean>,
  failed: (error: unknown) => void,
): Loop => {
  let stopped = false;
  let poked = false;
  let wake = () => {};

  const rest = (): Promise<void> =>
    new Promise((resolve) => {
      if (stopped || poked) return resolve();
      const cancel = clock.after(interval, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });

  const run = async (): Promise<void> => {
    while (!stopped) {
      poked = false;
      try {
        if (await work()) continue;
      } catch (error) {
        failed(error);
      }
      await rest();
    }
  };

  const running = run();
  return {
    poke() {
      poked = true;
      wake();
    },
    async stop() {
      stopped = true;
      wake();
      await running;
    },
  };
};
