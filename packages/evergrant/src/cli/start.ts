import { type Evergrant, startEvergrant } from '../evergrant.ts';
import { sessionCookie } from '../http/sessions.ts';
import { createTryPage, type Sandbox } from '../sandbox/index.ts';
import { isLoopback } from '../settings/url.ts';
import { systemClock } from '../telemetry/clock.ts';
import { createLogger } from '../telemetry/log.ts';
import type { Arguments } from './arguments.ts';
import { buildDashboard } from './dashboard.ts';
import { type Fetch, listen, stopListening } from './listen.ts';
import { readSettings } from './open.ts';
import type { Output } from './output.ts';
import { stopSignal } from './signal.ts';
import { simulatedPlatforms, withSandbox } from './simulated.ts';

/** `evergrant start`: serves until it is told to stop, then finishes what it sent. */
export const start = async (args: Arguments, output: Output): Promise<number> => {
  const { settings: read, warnings } = await readSettings(args);
  const { settings, sandbox } = withSandbox(read);
  const logger = createLogger({ level: settings.logLevel });
  // The port comes first: an API key that is made is shown once, and a port in use must not swallow it.
  const ready = Promise.withResolvers<Fetch>();
  let answer: Fetch = async (request, env) => (await ready.promise)(request, env);
  const listening = await listen((request, env) => answer(request, env), settings.host, settings.port);
  // Heard before anybody can know that it is ready: whoever stops it then stops it in order.
  const stopping = stopSignal();
  let evergrant: Evergrant;
  try {
    if (settings.dashboard) await buildDashboard(logger);
    evergrant = await startEvergrant(settings, { logger });
    answer = routes(evergrant, sandbox);
    ready.resolve(answer);
  } catch (error) {
    await stopListening(listening.server, 0);
    throw error;
  }
  for (const warning of warnings) logger.warn({}, warning);
  output.out(greeting(evergrant, sandbox !== null, listening.port, args.options.json));
  const signal = await stopping;
  logger.info({ signal }, 'stopping: what was sent is finished first');
  evergrant.endStreams();
  await stopListening(listening.server);
  await evergrant.close();
  return 0;
};

/** The product's routes, with the simulated platforms and the page to try them beside it. */
const routes = (evergrant: Evergrant, sandbox: Sandbox | null): Fetch => {
  if (!sandbox) return evergrant.handler;
  const { publicUrl } = evergrant.settings;
  const base = new URL(publicUrl).pathname.replace(/\/$/, '');
  const names = ['sandbox', ...simulatedPlatforms.map(({ definition }) => definition.id)];
  const tryPage = createTryPage({
    evergrant,
    providers: names.map((id) => ({ id, name: evergrant.catalogue.get(id).definition.name })),
    publicUrl,
    clock: systemClock,
    links: [
      ...(evergrant.settings.dashboard
        ? [
            {
              href: `${base}/sign-in`,
              words: 'The dashboard: sign in with the API key that was shown at the first start',
            },
          ]
        : []),
      { href: `${base}/openapi.json`, words: 'Description of the API (OpenAPI)' },
    ],
  });
  const { name: session } = sessionCookie(publicUrl);
  const isSignedIn = (request: Request): boolean =>
    evergrant.settings.dashboard && (request.headers.get('cookie') ?? '').includes(`${session}=`);
  return (request, env) => {
    const path = new URL(request.url).pathname.slice(base.length);
    if (path.startsWith('/sandbox/')) return sandbox.fetch(request, env);
    // Whoever has not signed in yet finds something to try at the front door; it needs no key.
    const isFront = path === '' || path === '/';
    return path.startsWith('/try/') || (isFront && !isSignedIn(request))
      ? tryPage.fetch(request)
      : evergrant.handler(request, env);
  };
};

const greeting = (evergrant: Evergrant, hasSandbox: boolean, port: number, json: boolean): string => {
  const { settings, newApiKey, newKeyFile } = evergrant;
  const data = settings.database.kind === 'sqlite' ? settings.database.path : 'PostgreSQL';
  if (json) {
    return JSON.stringify({ url: settings.publicUrl, port, api_key: newApiKey?.reveal() ?? null, data });
  }
  const lines = [
    '',
    `  Evergrant is ready at ${settings.publicUrl}`,
    ...(isElsewhere(settings.publicUrl, port)
      ? [
          `  It listens on port ${port}. Unless something passes ${settings.publicUrl} on to it, set PUBLIC_URL=http://localhost:${port}`,
        ]
      : []),
    '',
    ...(newApiKey ? [`  API key   ${newApiKey.reveal()}   (shown this once)`] : []),
    `  Data      ${data}`,
    ...(newKeyFile
      ? [`  Key       ${newKeyFile}   (back it up apart from the data: without it no token can be read)`]
      : []),
    ...(hasSandbox ? ['', `  Simulated platforms are on: open ${settings.publicUrl} and connect an account.`] : []),
    '',
  ];
  return lines.join('\n');
};

/** Whoever sets PORT alone would look in vain at what PUBLIC_URL is by default. */
const isElsewhere = (publicUrl: string, port: number): boolean => {
  const { hostname, protocol, port: named } = new URL(publicUrl);
  return isLoopback(hostname) && Number(named || (protocol === 'https:' ? 443 : 80)) !== port;
};
