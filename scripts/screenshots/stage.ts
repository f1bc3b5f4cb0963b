import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createEvergrant, type Evergrant } from '../../packages/evergrant/src/evergrant.ts';
import { builtinProviders } from '../../packages/evergrant/src/providers/builtin.ts';
import { providerFixtures } from '../../packages/evergrant/src/providers/fixtures.ts';
import { createSandbox, type Decision, type Sandbox } from '../../packages/evergrant/src/sandbox/index.ts';
import { createBrowser } from '../../packages/evergrant/test/security/browser.ts';
import { createTestClock } from '../../packages/evergrant/test/security/clock.ts';
import { cast } from './cast.ts';

/*
 * An Evergrant that has been in use for a day: the product with its engine, its HTTP API and simulated platforms, in this
 * process, whose clock is moved from yesterday to now.
 */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const history = 25 * hour;
const step = 5 * minute;

/** Platforms that are set up, with how many seconds their access tokens live. */
const platforms: Record<string, number> = {
  x: 7200,
  linkedin: (60 * day) / 1000,
  facebook: (60 * day) / 1000,
  youtube: 3600,
  tiktok: (24 * hour) / 1000,
  slack: (12 * hour) / 1000,
  threads: (60 * day) / 1000,
  twitch: 4 * 3600,
  pinterest: (30 * day) / 1000,
};

export interface Stage {
  url: string;
  apiKey: string;
  evergrant: Evergrant;
  sandbox: Sandbox;
  /** Connects an account as a person would; the ids of its connections. */
  connect: (provider: string, owner: string, decision?: Decision) => Promise<string[]>;
  close(): Promise<void>;
}

/** Sets the stage, and plays a day on it. */
export const startStage = async (): Promise<Stage> => {
  const clock = createTestClock();
  const apiKey = `eg_${randomBytes(24).toString('hex')}`;
  const receiver = await listen(createServer(receive));
  const server = createServer();
  const url = await listen(server);
  const sandbox = createSandbox({
    baseUrl: `${url}/sandbox`,
    clock,
    lifetimes: { accessToken: 3600, code: 600 },
    platforms: Object.keys(platforms).map((id) => ({
      definition: builtinProviders[id]!,
      fixture: providerFixtures[id]!,
    })),
  });
  clock.advance(-history);
  const evergrant = await createEvergrant(
    {
      apiKey,
      publicUrl: url,
      database: 'sqlite::memory:',
      returnUrls: [receiver],
      branding: { name: 'Northwind' },
      providers: Object.fromEntries(Object.keys(platforms).map((id) => [id, appOf(sandbox, id)])),
    },
    { clock },
  );
  const product = getRequestListener((request, env) =>
    new URL(request.url).pathname.startsWith('/sandbox/')
      ? sandbox.fetch(request, env)
      : evergrant.handler(request, env),
  );
  server.on('request', (request, response) => void product(request, response));
  for (const [id, accessTokenSeconds] of Object.entries(platforms)) sandbox.control(id).behave({ accessTokenSeconds });

  const connect: Stage['connect'] = async (provider, owner, decision) => {
    const flow = await evergrant.connect({ provider, owner, skipConfirmation: true });
    const browser = createBrowser(url, url, () => {});
    const { location } = await browser.get(flow.url);
    await browser.follow(await sandbox.consent(location!, decision));
    const chosen = await evergrant.getFlow(flow.id);
    if (chosen.status === 'choosing') {
      const free = chosen.accounts.filter(({ unavailable }) => unavailable === null);
      await evergrant.chooseAccounts(
        flow.id,
        free.map(({ id }) => id),
      );
    }
    return (await evergrant.getFlow(flow.id)).connections.map(({ id }) => id);
  };

  /** Moves the clock, and waits whenever something was due. */
  const pass = async (time: number): Promise<void> => {
    for (let left = time; left > 0; left -= step) {
      clock.advance(Math.min(left, step));
      // A renewal that is under way when time moves on would seem to have taken minutes.
      for (let quiet = 0, looks = 0; quiet < 4 && looks < 40; looks++) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        quiet = isQuiet(sandbox) && (await evergrant.inspect()).backlog.due === 0 ? quiet + 1 : 0;
      }
    }
  };

  const stage: Stage = {
    url,
    apiKey,
    evergrant,
    sandbox,
    connect,
    async close() {
      await evergrant.close();
      server.closeAllConnections();
      server.close();
    },
  };
  await play(stage, receiver, pass);
  return stage;
};

/** What happens in a day. */
const play = async (
  { evergrant, sandbox, connect }: Stage,
  receiver: string,
  pass: (time: number) => Promise<void>,
): Promise<void> => {
  await evergrant.webhooks.endpoints.create({ url: `${receiver}/hooks/evergrant` });
  const important = ['connection.reauth_required', 'connection.recovered', 'provider.app_invalid'] as const;
  await evergrant.webhooks.endpoints.create({ url: `${receiver}/alerts`, events: [...important] });
  await evergrant.keys.create({ name: 'scheduler', permissions: ['connections:read', 'tokens:read'] });
  await evergrant.keys.create({ name: 'onboarding', permissions: ['connections:write'] });
  await evergrant.keys.create({ name: 'acme studio', permissions: ['connections:read'], owner: 'acme-studio' });
  for (const [index, { name, owner, on }] of cast.entries()) {
    for (const provider of on) await connect(provider, owner, { name });
    if (index % 4 === 3) await pass(step);
  }
  const [offeredLess] = await connect('linkedin', 'user_7731', {
    name: 'Wanjiru Kamau',
    scopes: ['openid', 'profile'],
  });
  await evergrant.updateConnection(offeredLess!, { metadata: { plan: 'pro' } });
  await pass(4 * hour);
  sandbox.control('twitch').outage(true);
  await pass(hour);
  sandbox.control('twitch').outage(false);
  await pass(9 * hour);
  sandbox.control('youtube').revokeGrant('Noor Haddad');
  sandbox.control('x').revokeGrant('Jonas Lindqvist');
  await pass(5 * hour);
  const [off] = (await evergrant.listConnections({ provider: 'twitch' })).data;
  await evergrant.updateConnection(off!.id, { disabled: true });
  sandbox.control('slack').revokeGrant('Priya Raman');
  await pass(5 * hour);
  const refused = { status: 401, body: { error: 'invalid_client' }, times: 1000 };
  sandbox.control('pinterest').answerNext(refused);
  const [pin] = (await evergrant.listConnections({ provider: 'pinterest' })).data;
  await evergrant.refresh(pin!.id).catch(() => {});
  sandbox.control('youtube').outage(true);
  // To the present, whatever it took to come here.
  await pass(history - (4 + 1 + 9 + 5 + 5) * hour - Math.floor(cast.length / 4) * step);
};

/** An application that takes what it is told, but for what its other half misses now and then. */
const receive = (request: IncomingMessage, response: ServerResponse): void => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const isMissed = request.url === '/alerts' && Buffer.concat(chunks).includes('youtube');
    response.writeHead(isMissed ? 503 : 204).end(isMissed ? 'Service Unavailable' : undefined);
  });
};

const listen = async (server: ReturnType<typeof createServer>): Promise<string> => {
  server.listen(0, 'localhost');
  await once(server, 'listening');
  server.unref();
  return `http://localhost:${(server.address() as AddressInfo).port}`;
};

const isQuiet = (sandbox: Sandbox): boolean =>
  Object.keys(platforms).every((id) =>
    sandbox
      .control(id)
      .log()
      .every(({ outcome }) => outcome !== null),
  );

const appOf = (sandbox: Sandbox, id: string) => ({
  ...sandbox.appFor(id),
  origins: sandbox.origins(id),
  definition: sandbox.overrides(id),
});
