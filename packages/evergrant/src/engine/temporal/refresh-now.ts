import type { Client } from '@temporalio/client';
import { EvergrantError, errorCodes } from '../../errors/index.ts';
import type { Context } from '../../grants/context.ts';
import { reauthError } from '../../grants/failure.ts';
import type { RenewalOutcome } from '../../grants/renew.ts';
import { grants } from '../../store/index.ts';
import { logFault } from '../chores.ts';
import type { Wanted } from '../types.ts';
import { type RefreshNowInput, type RefreshNowResult, type RefreshOneResult, refreshNowId } from './contract.ts';
import type { refreshNow } from './workflows.ts';

/** How long the caller of a read waits at most, in milliseconds: as long as for a renewal that another process sends. */
const patience = 22_000;

/** How long the server may take to begin with it, in milliseconds. */
const startPatience = 5000;

/** How soon it is worth asking again, in milliseconds. */
const pause = 5000;

/**
 * Has a grant renewed by the workers of a group. All who wait for the same token wait for one workflow.
 *
 * @param client null while Temporal is not reached
 */
export const renewBy = async (
  context: Context,
  client: Client | null,
  { taskQueue, group, ...wanted }: RefreshNowInput,
): Promise<RenewalOutcome> => {
  if (!client) return unreached(context, `Temporal does not answer, and only the workers of ${group} may renew this`);
  const result = await inTime(context, async () => {
    const start = () =>
      client.workflow.start<typeof refreshNow>('refreshNow', {
        workflowId: refreshNowId(taskQueue, wanted.grantId, wanted.generation),
        taskQueue,
        args: [{ taskQueue, group, ...wanted }],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowExecutionTimeout: '2 minutes',
        staticSummary: 'Renews a token that somebody waits for',
      });
    return (await client.withDeadline(Date.now() + startPatience, start)).result();
  });
  if (result === 'late') return unreached(context, `No answer in time from the workers of ${group}`);
  if (result.kind === 'unattended') return unreached(context, `No worker of ${group} took it`);
  return outcomeOf(context, wanted, result);
};

/** @returns `late` when nobody waits any more, or Temporal could not be asked */
const inTime = async (context: Context, work: () => Promise<RefreshNowResult>): Promise<RefreshNowResult | 'late'> => {
  const late = Promise.withResolvers<'late'>();
  const cancel = context.clock.after(patience, () => late.resolve('late'));
  try {
    return await Promise.race([work(), late.promise]);
  } catch (error) {
    logFault(context, error, 'a renewal could not be handed to Temporal');
    return 'late';
  } finally {
    cancel();
  }
};

/** Nothing is known to have been sent from here: whoever holds a token that lives goes on with it. */
const unreached = ({ clock }: Context, detail: string): RenewalOutcome => ({
  kind: 'waiting',
  until: clock.now() + pause,
  error: new EvergrantError('engine_stalled', { detail, retryAfter: pause / 1000 }),
});

/** What a worker tells of a renewal: what is in a history for days holds nothing but a code. */
export const resultOf = (outcome: RenewalOutcome): RefreshOneResult => ({
  kind: outcome.kind,
  ...('until' in outcome ? { until: outcome.until } : {}),
  ...('error' in outcome ? { code: outcome.error.code, retryAfter: outcome.error.retryAfter } : {}),
});

const outcomeOf = async (context: Context, { grantId }: Wanted, result: RefreshOneResult): Promise<RenewalOutcome> => {
  const { kind, until = context.clock.now() + pause } = result;
  switch (kind) {
    case 'busy':
    case 'too_young':
      return { kind, until };
    case 'waiting':
      return { kind, until, error: errorOf(result) };
    case 'failed':
      return { kind, error: errorOf(result) };
    case 'ended': {
      const grant = await grants.byId(context.store.db, grantId);
      return { kind, error: grant ? reauthError(grant) : errorOf(result) };
    }
    case 'renewed':
    case 'superseded':
    case 'not_renewable':
    case 'gone':
      return { kind };
  }
};

/** A worker of a later version may know codes that this one does not. */
const errorOf = ({ code, retryAfter }: RefreshOneResult): EvergrantError =>
  new EvergrantError(errorCodes.find((one) => one === code) ?? 'refresh_in_progress', { retryAfter });
