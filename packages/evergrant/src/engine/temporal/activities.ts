import { ApplicationFailure, activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { isEvergrantError } from '../../errors/index.ts';
import type { Context } from '../../grants/context.ts';
import { awaitRenewal } from '../../grants/read.ts';
import { remindOfReauth } from '../../grants/reminding.ts';
import type { Renewals } from '../../grants/renew.ts';
import { type Reserved, type ReservedOfProvider, release, reserveDue, reservedBy } from '../../grants/reservation.ts';
import type { TemporalSettings } from '../../settings/index.ts';
import { logFault } from '../chores.ts';
import { nextWake } from '../wake.ts';
import type { Activities, Batch, BatchResult, Claimed, GroupActivities, ReservedGrant } from './contract.ts';
import { groupsOf } from './groups.ts';
import { resultOf } from './refresh-now.ts';

/** Grants of a batch whose requests are under way at the same time. */
const together = 50;

/**
 * How often a batch says that it is alive, in milliseconds. Each beat that reaches the server is billed as an action, so
 * batches that take no longer send none.
 */
const beat = 12_000;

/** The longest look ahead in the schedule, in milliseconds. */
const horizon = 300_000;

/** What runs on the task queue itself: decides what is to be renewed, and sends nothing. */
export const createActivities = (context: Context, settings: TemporalSettings): Activities => {
  const groupOf = groupsOf(settings);
  return {
    claimDue: ({ shard, room, batch, paused }) =>
      guarded(context, async (): Promise<Claimed> => {
        if (shard >= settings.shards) return { batches: [], nextIn: horizon, surplus: true };
        const { workflowExecution, activityId, attempt } = activityInfo();
        // The same at every attempt: what an earlier one reserved, and could not tell, is found under it.
        const owner = `${workflowExecution!.runId}/${activityId}`;
        const found = attempt > 1 ? await reservedBy(context, owner) : [];
        const reserved = found.length > 0 ? found : await reserveDue(context, room, owner, paused);
        const now = context.clock.now();
        const next = await nextWake(context, now, horizon, paused);
        return { batches: batchesOf(reserved, owner, batch, groupOf), nextIn: Math.max(0, next - now), surplus: false };
      }),
    releaseLeases: ({ owner, grants }) => guarded(context, () => release(context, owner, grants.map(toReserved))),
    remind: (input) => guarded(context, async () => ((await remindOfReauth(context, input)) ? 'reminded' : 'over')),
  };
};

/** What runs on the task queue of a group: sends. */
export const createGroupActivities = (context: Context, renewals: Renewals): GroupActivities => ({
  refreshBatch: ({ owner, grants }) =>
    guarded(context, async () => {
      const stopping = cancellationSignal();
      const result: BatchResult = { renewed: 0, failed: 0, ended: 0 };
      const beating = setInterval(() => heartbeat(result), beat);
      try {
        const waiting = grants.map(toReserved);
        while (waiting.length > 0 && !stopping.aborted) {
          count(result, await renewals.carryOut(owner, waiting.splice(0, together)));
        }
        // Nobody stops what was sent; what was not goes back at once.
        if (waiting.length > 0) await release(context, owner, waiting);
        return result;
      } finally {
        clearInterval(beating);
      }
    }),
  refreshOne: ({ grantId, generation, mode }) =>
    guarded(context, async () => resultOf(await awaitRenewal(context, renewals, grantId, generation, mode))),
});

const batchesOf = (
  reserved: ReservedOfProvider[],
  owner: string,
  size: number,
  groupOf: (provider: string) => string,
): Batch[] =>
  [...Map.groupBy(reserved, ({ provider }) => groupOf(provider))].flatMap(([group, ofGroup]) =>
    Array.from({ length: Math.ceil(ofGroup.length / size) }, (_, index) => ({
      owner,
      group,
      grants: ofGroup.slice(index * size, (index + 1) * size).map(toGrant),
    })),
  );

const toGrant = ({ grantId, dueAt, probe }: Reserved): ReservedGrant => ({
  id: grantId,
  due: dueAt,
  ...(probe ? { probe: true as const } : {}),
});

const toReserved = ({ id, due, probe }: ReservedGrant): Reserved => ({
  grantId: id,
  dueAt: due,
  probe: probe === true,
});

const count = (result: BatchResult, settled: Awaited<ReturnType<Renewals['carryOut']>>): void => {
  for (const one of settled) {
    if (one?.kind === 'renewed') result.renewed++;
    else if (one?.kind === 'ended') result.ended++;
    else if (one?.kind !== 'superseded') result.failed++;
  }
};

/** A failure stands in the history for as long as Temporal keeps it: nothing but our code for it may get there. */
const guarded = async <T>(context: Context, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    logFault(context, error, 'an activity of the Temporal engine failed');
    const type = isEvergrantError(error) ? error.code : 'internal';
    const failure = ApplicationFailure.create({ message: 'The work failed; the log of the worker says how', type });
    // Its trace would name the paths of this machine.
    failure.stack = '';
    throw failure;
  }
};
