import { ActivityFailure, CancellationScope, log, proxyActivities } from '@temporalio/workflow';
import { type GroupActivities, groupQueue, type RefreshNowInput, type RefreshNowResult } from './contract.ts';

/** Has one grant renewed by the workers of its group, for those who wait for its token. The row decides the rest. */
export const refreshNow = async ({ taskQueue, group, ...wanted }: RefreshNowInput): Promise<RefreshNowResult> => {
  const { refreshOne } = proxyActivities<GroupActivities>({
    taskQueue: groupQueue(taskQueue, group),
    // Whoever waits has a token that still lives, or must hear that nobody is there.
    scheduleToStartTimeout: '10 seconds',
    startToCloseTimeout: '1 minute',
    retry: { maximumAttempts: 1 },
    // Before the batches that wait for a worker.
    priority: { priorityKey: 1 },
  });
  try {
    return await CancellationScope.nonCancellable(() => refreshOne(wanted));
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('nobody renewed what somebody waits for', { group });
    return { kind: 'unattended' };
  }
};
