import { Connection, isGrpcServiceError } from '@temporalio/client';
import { defaultGroup, type TemporalSettings } from '../../settings/index.ts';
import { type Target, targetOf } from './connection.ts';
import { groupQueue, shardId } from './contract.ts';

/** One thing that was looked at; `says` names the cure where it is not well. */
export interface Finding {
  ok: boolean;
  about: string;
  says: string;
}

/** How long the server may take to answer each question, in milliseconds. */
const patience = 5000;

/** A worker asks for work once in a minute at least; the server goes on listing those that died, for minutes. */
const lastSeen = 90_000;

/** A workflow task that was tried more often than that is not one whose worker has just died. */
const tries = 5;

/** Of gRPC. */
const codes = { notFound: 5, permissionDenied: 7, unauthenticated: 16 };

/** `TaskQueueType` and `WorkflowExecutionStatus` of Temporal's API. */
const workflows = 1;
const activities = 2;
const running = 1;

/**
 * Whether Temporal answers, the namespace is there, every shard runs, and workers take the work.
 *
 * @throws SettingsError for a profile or a file that cannot be read
 */
export const examineTemporal = async (settings: TemporalSettings): Promise<Finding[]> => {
  const target = targetOf(settings);
  try {
    const connection = await Connection.connect({ ...target.connection, connectTimeout: patience });
    try {
      return await examineServer(connection, target, settings);
    } finally {
      await connection.close();
    }
  } catch (error) {
    return [{ ok: false, about: 'Temporal', says: cureOf(error, target) }];
  }
};

const examineServer = async (
  connection: Connection,
  { connection: { address }, namespace }: Target,
  settings: TemporalSettings,
): Promise<Finding[]> => {
  const ask = <T>(question: () => Promise<T>): Promise<T> => connection.withDeadline(Date.now() + patience, question);
  await ask(() => connection.workflowService.describeNamespace({ namespace }));
  const findings = [{ ok: true, about: 'Temporal', says: `${address} answers, and has the namespace ${namespace}` }];
  for (let shard = 0; shard < settings.shards; shard++) {
    findings.push(await ask(() => examineShard(connection, namespace, settings, shard)));
  }
  for (const queue of queuesOf(settings)) findings.push(await ask(() => examineQueue(connection, namespace, queue)));
  return findings;
};

const examineShard = async (
  { workflowService }: Connection,
  namespace: string,
  { taskQueue }: TemporalSettings,
  shard: number,
): Promise<Finding> => {
  const workflowId = shardId(taskQueue, shard);
  const about = `shard ${shard}`;
  const start = 'start `evergrant worker` or `evergrant start`, which starts it';
  try {
    const found = await workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } });
    if (found.workflowExecutionInfo?.status !== running) {
      return { ok: false, about, says: `the workflow ${workflowId} does not run any more; ${start}` };
    }
    const attempt = found.pendingWorkflowTask?.attempt ?? 0;
    if (attempt <= tries) return { ok: true, about, says: `the workflow ${workflowId} runs` };
    const says = `the workflow ${workflowId} cannot go on, and was tried ${attempt} times: the log of the workers says why. After a change of version run a worker of the one before, too`;
    return { ok: false, about, says };
  } catch (error) {
    if (!isGrpcServiceError(error) || Number(error.code) !== codes.notFound) throw error;
    return { ok: false, about, says: `there is no workflow ${workflowId}; ${start}` };
  }
};

interface Queue {
  name: string;
  types: number[];
  /** The command that starts a worker for it. */
  command: string;
}

const queuesOf = ({ taskQueue, groups }: TemporalSettings): Queue[] => [
  { name: taskQueue, types: [workflows, activities], command: 'evergrant worker' },
  { name: groupQueue(taskQueue, defaultGroup), types: [activities], command: 'evergrant worker' },
  ...Object.keys(groups).map((group) => ({
    name: groupQueue(taskQueue, group),
    types: [activities],
    command: `evergrant worker --groups ${group}`,
  })),
];

const examineQueue = async (connection: Connection, namespace: string, queue: Queue): Promise<Finding> => {
  const polling = await Promise.all(queue.types.map((type) => pollersOf(connection, namespace, queue.name, type)));
  const least = Math.min(...polling);
  return {
    ok: least > 0,
    about: `task queue ${queue.name}`,
    says:
      least > 0
        ? `${least === 1 ? 'one worker polls' : `${least} workers poll`} it`
        : `no worker polls it, so its renewals wait; start \`${queue.command}\``,
  };
};

const pollersOf = async (
  { workflowService }: Connection,
  namespace: string,
  name: string,
  taskQueueType: number,
): Promise<number> => {
  const { pollers } = await workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType });
  const since = (Date.now() - lastSeen) / 1000;
  return (pollers ?? []).filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= since).length;
};

const cureOf = (error: unknown, { connection: { address }, namespace }: Target): string => {
  const code = isGrpcServiceError(error) ? Number(error.code) : null;
  if (code === codes.notFound) {
    return `${address} knows no namespace ${namespace}; make it with \`temporal operator namespace create --namespace ${namespace}\`, or mend TEMPORAL_NAMESPACE`;
  }
  if (code === codes.permissionDenied || code === codes.unauthenticated) {
    return `${address} refuses this client in the namespace ${namespace}; check TEMPORAL_API_KEY, or the certificate and key`;
  }
  const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
  return `${address} does not answer (${reason}); start it, or check TEMPORAL_ADDRESS and TEMPORAL_TLS. Until then renewals in the background wait, and reads renew what they need`;
};
