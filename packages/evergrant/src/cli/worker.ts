import type { Role } from '../engine/temporal/load.ts';
import { type Evergrant, startEvergrant } from '../evergrant.ts';
import { defaultGroup, type Settings } from '../settings/index.ts';
import { createLogger } from '../telemetry/log.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { type Fetch, listen, stopListening } from './listen.ts';
import { readSettings, withUnusedKey } from './open.ts';
import type { Output } from './output.ts';
import { stopSignal } from './signal.ts';

/** `evergrant worker`: renews for the Temporal engine, apart from the API, until it is told to stop. */
export const worker = async (args: Arguments, output: Output): Promise<number> => {
  const { settings, warnings } = await readSettings(args);
  if (settings.engine !== 'temporal') {
    throw new UsageError(`evergrant worker needs ENGINE=temporal, and it is ${settings.engine}`);
  }
  const role = roleOf(settings, args.options.groups);
  const logger = createLogger({ level: settings.logLevel });
  const stopping = stopSignal();
  const evergrant = await startEvergrant(withUnusedKey(settings), { logger, role });
  const { port } = args.options;
  const listening = port === undefined ? null : await listen(watching(evergrant), settings.host, port);
  for (const warning of warnings) logger.warn({}, warning);
  output.out(
    args.options.json
      ? JSON.stringify({ task_queue: settings.temporal.taskQueue, port: listening?.port ?? null, ...role })
      : `Evergrant renews for ${role.groups.join(', ')}${role.decides ? ', and decides what is due' : ''}`,
  );
  logger.info({ signal: await stopping }, 'stopping: what was sent is finished first');
  if (listening) await stopListening(listening.server);
  await evergrant.close();
  return 0;
};

/** A worker is looked after as a server is, and serves nothing else. */
const watching =
  (evergrant: Evergrant): Fetch =>
  (request) =>
    /\/(healthz|readyz|metrics)$/.test(new URL(request.url).pathname)
      ? evergrant.handler(request)
      : new Response(null, { status: 404 });

/** Who is placed for some groups may hold their secrets only, so others look for what is due. */
const roleOf = ({ temporal }: Settings, groups: string[] | undefined): Role => {
  const known = [defaultGroup, ...Object.keys(temporal.groups)];
  const unknown = groups?.find((group) => !known.includes(group));
  if (unknown !== undefined) {
    throw new UsageError(`There is no group "${unknown}"; TEMPORAL_GROUPS knows ${known.join(', ')}`);
  }
  return groups === undefined ? { decides: true, groups: [defaultGroup] } : { decides: false, groups };
};
