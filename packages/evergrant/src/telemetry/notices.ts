import { EventEmitter } from 'node:events';
import type { Clock } from './clock.ts';

/** Wakes those in this process who wait for a row to change. A hint only: who waits reads the row again. */
export interface Notices {
  changed(id: string): void;
  /** Resolves at the next change of `id`, or after so many milliseconds. */
  wait(id: string, milliseconds: number): Promise<void>;
  /** Calls back at every change of `id`. */
  on(id: string, callback: () => void): void;
}

export const createNotices = (clock: Clock): Notices => {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  return {
    changed: (id) => void emitter.emit(id),
    on: (id, callback) => void emitter.on(id, callback),
    wait: (id, milliseconds) =>
      new Promise((resolve) => {
        const done = () => {
          cancel();
          emitter.off(id, done);
          resolve();
        };
        const cancel = clock.after(milliseconds, done);
        emitter.on(id, done);
      }),
  };
};
