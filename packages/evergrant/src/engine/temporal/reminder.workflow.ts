import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { Activities, ReminderInput } from './contract.ts';

export const reconnected = defineSignal('reconnected');
export const deleted = defineSignal('deleted');

const day = 86_400_000;

const { remind } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '5 minutes' },
});

/**
 * Says again and again that a connection needs a person, until it has been reconnected or deleted. The row is asked at
 * each reminder, so that a signal which never came only leaves the workflow open for longer.
 *
 * @returns how it ended, and how often it reminded
 */
export const reauthReminder = async ({
  connectionId,
  generation,
  since,
  days,
}: ReminderInput): Promise<{ end: 'reconnected' | 'deleted' | 'over' | 'spent'; reminders: number }> => {
  let end: 'reconnected' | 'deleted' | null = null;
  setHandler(reconnected, () => {
    end = 'reconnected';
  });
  setHandler(deleted, () => {
    end = 'deleted';
  });
  let reminders = 0;
  for (const after of days) {
    const left = since + after * day - Date.now();
    // One that is past, because workers were away, is passed over: the next one is soon enough.
    if (left <= 0) continue;
    if (await condition(() => end !== null, left)) return { end: end!, reminders };
    if ((await remind({ connectionId, generation, days: after })) === 'over') return { end: 'over', reminders };
    reminders++;
  }
  return { end: end ?? 'spent', reminders };
};
