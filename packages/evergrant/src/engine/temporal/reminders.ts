import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Context } from '../../grants/context.ts';
import { day } from '../../grants/timing.ts';
import { connections, events } from '../../store/index.ts';
import { idAt } from '../../telemetry/ids.ts';
import { reminderDays, reminderId } from './contract.ts';
import { attributes, type Starter } from './shards.ts';
import type { reauthReminder } from './workflows.ts';

/** How many are started at a time. */
const most = 200;

/**
 * How far back the timeline is looked through for connections that need nobody any more, in milliseconds: longer than
 * from one look to the next, and than the clocks of nodes differ. A signal that comes twice finds nobody the second time.
 */
const lookBack = 120_000;

const endings: Record<string, 'reconnected' | 'deleted'> = {
  'connection.recovered': 'reconnected',
  'connection.deleted': 'deleted',
};

/** Keeps one reminder running for each connection that needs a person. */
export const createReminders = (context: Context, client: Client, starter: Starter, taskQueue: string) => {
  const longest = Math.max(...reminderDays) * day;
  let place = { since: context.clock.now() - longest, id: '' };

  const start = async ({ id, provider, reason, generation, since }: connections.WaitingRow): Promise<void> => {
    const pairs = [
      { key: attributes.provider, value: provider },
      { key: attributes.reason, value: reason ?? 'revoked_or_expired' },
    ];
    try {
      await starter(pairs, (typedSearchAttributes) =>
        client.workflow.start<typeof reauthReminder>('reauthReminder', {
          workflowId: reminderId(taskQueue, id, generation),
          taskQueue,
          args: [{ connectionId: id, generation, since, days: reminderDays }],
          typedSearchAttributes,
          workflowIdConflictPolicy: 'USE_EXISTING',
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          staticSummary: 'Reminds that a connection must be connected again',
        }),
      );
    } catch (error) {
      // It has said everything already.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };

  const begin = async (): Promise<void> => {
    for (;;) {
      const found = await connections.waiting(context.store.db, place, most);
      for (const one of found) {
        await start(one);
        place = { since: one.since, id: one.id };
      }
      if (found.length < most) return;
    }
  };

  const end = async (): Promise<void> => {
    const after = idAt('evt', context.clock.now() - lookBack);
    for (const event of await events.ofTypes(context.store.db, Object.keys(endings), after, 5000)) {
      const open = `WorkflowId STARTS_WITH "${reminderId(taskQueue, event.connection_id!, 0).replace(/0$/, '')}" AND ExecutionStatus = "Running"`;
      for await (const { workflowId } of client.workflow.list({ query: open })) {
        await client.workflow
          .getHandle(workflowId)
          .signal(endings[event.type]!)
          .catch((error: unknown) => {
            if (!(error instanceof WorkflowNotFoundError)) throw error;
          });
      }
    }
  };

  return {
    /** Starts and ends what the rows call for. */
    async reconcile(): Promise<void> {
      await begin();
      await end();
    },
  };
};
