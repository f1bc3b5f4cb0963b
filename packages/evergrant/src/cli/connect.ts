import openInBrowser from 'open';
import type { Flow } from '../connections/flow-view.ts';
import type { Connection } from '../connections/view.ts';
import { EvergrantError } from '../errors/index.ts';
import type { Evergrant } from '../evergrant.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { listen, stopListening } from './listen.ts';
import { openInstallation } from './open.ts';
import type { Output } from './output.ts';

/**
 * `evergrant connect PROVIDER --owner O`: opens the browser, waits for the flow's end, prints the connection. The
 * platform's answer comes to this process unless a server already listens on the port.
 */
export const connect = async (args: Arguments, output: Output): Promise<number> => {
  const [provider] = args.positionals;
  const { owner, scopes } = args.options;
  if (!provider || !owner) throw new UsageError('evergrant connect needs a provider and --owner');
  const evergrant = await openInstallation(args);
  const { host, port } = evergrant.settings;
  const listening = await listen(evergrant.handler, host, port).catch(() => null);
  try {
    const started = await evergrant.connect({ provider, owner, scopes, skipConfirmation: true });
    output.err(`Open this address to connect ${provider}:\n${started.url}`);
    if (!args.options.noOpen) await openInBrowser(started.url).catch(() => {});
    print(await untilEnd(evergrant, started.id, output), args, output);
    return 0;
  } finally {
    if (listening) await stopListening(listening.server, 500);
    await evergrant.close();
  }
};

const untilEnd = async (evergrant: Evergrant, flowId: string, output: Output): Promise<Connection[]> => {
  let flow: Flow;
  let told = false;
  do {
    flow = await evergrant.getFlow(flowId, { wait: 1000 });
    if (flow.status === 'choosing' && !told) {
      output.err('Choose the accounts to connect in the browser');
      told = true;
    }
  } while (flow.status === 'pending' || flow.status === 'choosing');
  if (flow.status === 'connected') return flow.connections;
  throw flow.error ?? new EvergrantError('flow_expired');
};

const print = (connections: Connection[], args: Arguments, output: Output): void => {
  if (args.options.json) {
    output.out(JSON.stringify(connections));
    return;
  }
  for (const { id, account, status, scopes } of connections) {
    output.out(`${id}  ${account.name ?? account.username ?? account.id}  ${status}`);
    if (scopes.missing.length > 0) output.err(`Not granted: ${scopes.missing.join(', ')}`);
  }
};
