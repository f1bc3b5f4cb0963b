import { setTimeout as pause } from 'node:timers/promises';
import openInBrowser from 'open';
import type { Flow } from '../connections/flow-view.ts';
import type { Connection } from '../connections/view.ts';
import { EvergrantError } from '../errors/index.ts';
import type { Evergrant } from '../evergrant.ts';
import { connectionBody } from '../http/schemas.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { listen, stopListening } from './listen.ts';
import { openWithSandbox } from './open.ts';
import type { Output } from './output.ts';

/**
 * `evergrant connect PROVIDER --owner O`: opens the browser, waits for the flow's end, prints the connection. The
 * platform's answer comes to this process unless a server already listens on the port.
 */
export const connect = async (args: Arguments, output: Output): Promise<number> => {
  const [provider] = args.positionals;
  const { owner, scopes, instance } = args.options;
  if (!provider || !owner) throw new UsageError('evergrant connect needs a provider and --owner');
  const { evergrant, sandbox } = await openWithSandbox(args);
  const { host, port, publicUrl } = evergrant.settings;
  const simulation = new URL(`${publicUrl}/sandbox/`).pathname;
  const result = watchResult(evergrant, (request) =>
    sandbox && new URL(request.url).pathname.startsWith(simulation)
      ? sandbox.fetch(request)
      : evergrant.handler(request),
  );
  const listening = await listen((request) => result.handler(request), host, port).catch(() => null);
  try {
    const started = await evergrant.connect({ provider, owner, scopes, instance, skipConfirmation: true });
    output.err(`Open this address to connect ${provider}:\n${started.url}`);
    if (!args.options.noOpen) await openInBrowser(started.url).catch(() => {});
    const flow = await untilEnd(evergrant, started.id, output);
    if (listening && flow.status !== 'expired') await result.shown();
    if (flow.status !== 'connected') throw flow.error ?? new EvergrantError('flow_expired');
    print(flow.connections, args, output);
    return 0;
  } finally {
    if (listening) await stopListening(listening.server, 500);
    await evergrant.close();
  }
};

/** The browser needs so long at most from the platform's answer to the page with the result, in milliseconds. */
const pagePatience = 5000;

/** A flow ends before the browser asks for the page that says so; until then somebody must serve it. */
const watchResult = (evergrant: Evergrant, answer: (request: Request) => Promise<Response>) => {
  const page = Promise.withResolvers<void>();
  return {
    async handler(request: Request): Promise<Response> {
      const response = await answer(request);
      const flowId = /\/connect\/done\/(\w+)$/.exec(new URL(request.url).pathname)?.[1];
      const flow = flowId === undefined ? null : await evergrant.getFlow(flowId).catch(() => null);
      if (flow && hasEnded(flow)) page.resolve();
      return response;
    },
    shown: (): Promise<void> => Promise.race([page.promise, pause(pagePatience, undefined, { ref: false })]),
  };
};

const hasEnded = ({ status }: Flow): boolean => status !== 'pending' && status !== 'choosing';

const untilEnd = async (evergrant: Evergrant, flowId: string, output: Output): Promise<Flow> => {
  let flow: Flow;
  let told = false;
  do {
    flow = await evergrant.getFlow(flowId, { wait: 1000 });
    if (flow.status === 'choosing' && !told) {
      output.err('Choose the accounts to connect in the browser');
      told = true;
    }
  } while (!hasEnded(flow));
  return flow;
};

const print = (connections: Connection[], args: Arguments, output: Output): void => {
  if (args.options.json) {
    output.out(JSON.stringify(connections.map(connectionBody)));
    return;
  }
  for (const { id, account, status, scopes } of connections) {
    output.out(`${id}  ${account.name ?? account.username ?? account.id}  ${status}`);
    if (scopes.missing.length > 0) output.err(`Not granted: ${scopes.missing.join(', ')}`);
  }
};
