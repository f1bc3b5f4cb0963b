import type { Clock } from '../telemetry/clock.ts';

/** A pause that ends when its time is over, or when it is woken with a reason to. */
export const createRest = (clock: Clock, stopped: () => boolean) => {
  let wake = () => {};
  return {
    wake: () => wake(),
    rest: (milliseconds: number, until: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const isOver = () => stopped() || until();
        if (isOver()) return resolve();
        const done = () => {
          cancel();
          wake = () => {};
          resolve();
        };
        const cancel = clock.after(milliseconds, done);
        wake = () => {
          if (isOver()) done();
        };
      }),
  };
};
