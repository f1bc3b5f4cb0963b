import {
  builtinPlatform,
  builtinPlatforms,
  createDesk,
  createSandbox,
  type DeskEntry,
  sandboxPlatform,
} from '../sandbox/index.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Arguments } from './arguments.ts';
import { type Fetch, listen, stopListening } from './listen.ts';
import { type Output, table } from './output.ts';
import { stopSignal } from './signal.ts';

const defaultPort = 4100;

/** `evergrant sandbox`: serves the simulated platforms by themselves until it is told to stop. It reads no settings. */
export const sandbox = async ({ positionals, options }: Arguments, output: Output): Promise<number> => {
  const named = positionals.length > 0 ? positionals : ['sandbox', ...builtinPlatforms()];
  const platforms = named.map((id) => (id === sandboxPlatform.definition.id ? sandboxPlatform : builtinPlatform(id)));
  const ready = Promise.withResolvers<Fetch>();
  const listening = await listen(
    async (request, env) => (await ready.promise)(request, env),
    '127.0.0.1',
    options.port ?? defaultPort,
    'with --port',
  );
  const stopping = stopSignal();
  const url = `http://localhost:${listening.port}`;
  try {
    const played = createSandbox({
      baseUrl: url,
      platforms,
      clock: systemClock,
      ...(options.state === undefined ? {} : { stateFile: options.state }),
      ...(options.tokenLife === undefined ? {} : { lifetimes: { accessToken: options.tokenLife } }),
    });
    const desk = createDesk({ sandbox: played, platforms, url });
    ready.resolve(desk.fetch as Fetch);
    const { port } = listening;
    output.out(options.json ? JSON.stringify({ url, port, platforms: desk.entries() }) : greeting(url, desk.entries()));
  } catch (error) {
    await stopListening(listening.server, 0);
    throw error;
  }
  await stopping;
  await stopListening(listening.server, 0);
  return 0;
};

const greeting = (url: string, entries: DeskEntry[]): string => `
  The simulated platforms are at ${url}

  Endpoints, and buttons that make them misbehave   ${url}
  The same as data                                  ${url}/platforms
  Configuration for a service of Evergrant          ${url}/evergrant.config.json

${table([
  ['  ID', 'CLIENT ID', 'CLIENT SECRET'],
  ...entries.map(({ id, client_id, client_secret }) => [`  ${id}`, client_id ?? 'needs none', client_secret ?? '']),
])}
`;
