import { useSyncExternalStore } from 'react';

/*
 * One clock for everything that counts down. It goes by the server's time: nobody's computer decides when a token ends.
 */

let skew = 0;
let current = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

const tick = (): void => {
  current = Date.now() + skew;
  for (const listener of listeners) listener();
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
};

/** @param header `Date` of an answer, exact to a second */
export const noteServerTime = (header: string | null): void => {
  const difference = Date.parse(header ?? '') - Date.now();
  if (Number.isNaN(difference) || Math.abs(difference - skew) < 2000) return;
  skew = Math.abs(difference) < 2000 ? 0 : difference;
};

/** Milliseconds since the epoch at the server, now. */
export const serverNow = (): number => Date.now() + skew;

/** The same, again every second. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => current);
