import { isEvergrantError } from '../errors/index.ts';
import type { Context } from '../grants/context.ts';
import { requestDeadline } from '../grants/timing.ts';
import { type FlowRow, flows, journal } from '../store/index.ts';
import { resumeExchange } from './exchange.ts';

/** For so long the process that took a flow may still be waiting for the platform's answer, in milliseconds. */
const patience = requestDeadline + 5000;

/** Flows between the platform's answer to the browser and their end. */
export interface UnderWay {
  /** Carries a flow on to its end, whether or not anybody waits for it. */
  carry: (flowId: string, work: Promise<void>) => Promise<void>;
  /** Takes up flows whose process died; returns when they are begun. */
  recover: () => Promise<void>;
  /** Resolves when nothing is under way in this process. */
  idle: () => Promise<void>;
}

export const createUnderWay = (context: Context): UnderWay => {
  const works = new Map<string, Promise<void>>();

  const carry = (flowId: string, work: Promise<void>): Promise<void> => {
    const carried = work.finally(() => works.delete(flowId));
    works.set(flowId, carried);
    return carried;
  };

  /**
   * An answer that is durable can be finished by any process, for one of them wins the commit. Without one the flow may
   * belong to a process that lives and waits for the platform.
   */
  const mayTakeUp = async (flow: FlowRow): Promise<boolean> =>
    flow.grant_id !== null ||
    flow.updated_at + patience <= context.clock.now() ||
    (await journal.byFlow(context.store.db, flow.id, 'exchange')) !== undefined;

  return {
    carry,
    async recover() {
      for (const flow of await flows.interrupted(context.store.db)) {
        if (works.has(flow.id) || !(await mayTakeUp(flow))) continue;
        carry(flow.id, resumeExchange(context, flow)).catch((error: unknown) => {
          const code = isEvergrantError(error) ? error.code : 'internal';
          context.logger.error({ flow: flow.id, error_code: code }, 'an interrupted flow could not be finished');
        });
      }
    },
    async idle() {
      await Promise.allSettled(works.values());
    },
  };
};
