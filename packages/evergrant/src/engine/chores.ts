import { isEvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import { createRest } from './rest.ts';

/** Between two rounds of what is done now and then, in milliseconds. */
const choreInterval = 15_000;

/** What a process does beside renewals, whatever decides when these begin. */
export interface Chores {
  /** Starts no further one and resolves when the running one has ended. */
  stop(): Promise<void>;
}

/**
 * Beside the renewals: a platform that lets a revocation wait must not hold up what is due, nor a load that never ends
 * the chores. Their failures are logged.
 */
export const startChores = (context: Context, chores: (() => Promise<void>)[]): Chores => {
  let stopped = false;
  const rest = createRest(context.clock, () => stopped);
  const work = async (): Promise<void> => {
    while (!stopped) {
      for (const chore of chores) {
        await chore().catch((error: unknown) =>
          logFault(context, error, 'a chore of the engine failed; it comes again'),
        );
      }
      await rest.rest(choreInterval, () => false);
    }
  };
  const running = work();
  return {
    async stop() {
      stopped = true;
      rest.wake();
      await running;
    },
  };
};

export const logFault = ({ logger }: Context, error: unknown, message: string): void => {
  logger.error({ error_code: isEvergrantError(error) ? error.code : 'internal', error }, message);
};
