import { type Client, isGrpcServiceError, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { Logger } from '../../telemetry/logger.ts';
import { defaultTuning, noTotals, type ShardInput, shardId } from './contract.ts';
import type { refreshShard } from './workflows.ts';

/** How workflows are found in Temporal's UI. They are set at the start and never changed. */
export const attributes = {
  shard: defineSearchAttributeKey('EvergrantShard', 'INT'),
  provider: defineSearchAttributeKey('EvergrantProvider', 'KEYWORD'),
  reason: defineSearchAttributeKey('EvergrantReason', 'KEYWORD'),
};

/** `IndexedValueType` of Temporal's API. */
const indexedTypes = { KEYWORD: 2, INT: 3 };

/** gRPC status codes. */
const invalidArgument = 3;

export type Starting = (pairs: SearchAttributePair[]) => Promise<unknown>;

/**
 * Registers the search attributes where that is allowed, and starts workflows with them where the server knows them.
 * Temporal Cloud lets only its own tools register any.
 */
export const createStarter = async (client: Client, namespace: string, logger: Logger) => {
  let known = true;
  try {
    await client.connection.withDeadline(Date.now() + 10_000, async () => register(client, namespace));
  } catch {
    logger.debug({}, 'search attributes could not be registered at Temporal; they may be there already');
  }
  return async (pairs: SearchAttributePair[], start: Starting): Promise<void> => {
    try {
      await start(known ? pairs : []);
    } catch (error) {
      if (!known || !isGrpcServiceError(error) || Number(error.code) !== invalidArgument) throw error;
      known = false;
      logger.warn({}, 'Temporal does not know the search attributes of Evergrant; workflows start without them');
      await start([]);
    }
  };
};

export type Starter = Awaited<ReturnType<typeof createStarter>>;

const register = async (client: Client, namespace: string): Promise<void> => {
  const { operatorService } = client.connection as unknown as OperatorConnection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(attributes).filter(({ name }) => customAttributes?.[name] == null);
  if (missing.length === 0) return;
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, indexedTypes[type]])),
  });
};

/** What of a connection the types of the client leave out. */
interface OperatorConnection {
  operatorService: {
    listSearchAttributes(of: { namespace: string }): Promise<{ customAttributes?: Record<string, unknown> | null }>;
    addSearchAttributes(of: { namespace: string; searchAttributes: Record<string, number> }): Promise<unknown>;
  };
}

/**
 * Starts the shards that do not run.
 *
 * @param after `start`: of a process, which starts every one of them; `check`: one that an operator has stopped stays so
 */
export const ensureShards = async (
  client: Client,
  starter: Starter,
  { taskQueue, shards, logger }: { taskQueue: string; shards: number; logger: Logger },
  after: 'start' | 'check',
): Promise<void> => {
  for (let shard = 0; shard < shards; shard++) {
    const workflowId = shardId(taskQueue, shard);
    if (after === 'check') {
      const status = await statusOf(client.workflow.getHandle(workflowId));
      if (status === 'RUNNING' || status === 'COMPLETED') continue;
      logger.warn({ shard, status }, 'a shard did not run; it is started again');
    }
    const input: ShardInput = { shard, taskQueue, tuning: defaultTuning, paused: [], totals: noTotals };
    await starter([{ key: attributes.shard, value: shard }], (typedSearchAttributes) =>
      client.workflow.start<typeof refreshShard>('refreshShard', {
        workflowId,
        taskQueue,
        args: [input],
        typedSearchAttributes,
        // Never one that terminates: it could hit between a platform's rotation and our commit.
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: 'Finds grants whose renewal is due, and has them renewed',
      }),
    );
  }
};

const statusOf = async (handle: WorkflowHandle): Promise<string> => {
  try {
    return (await handle.describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'NOT_FOUND';
    throw error;
  }
};
