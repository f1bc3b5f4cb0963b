import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { configFor } from '../builtin.ts';
import { type Endpoints, endpointsOf } from '../endpoints.ts';
import { isLoopback } from '../origins.ts';
import type { NodeBindings, Sandbox, SandboxPlatform } from '../types.ts';
import { carryOut, readOrder } from './faults.ts';
import { deskPage } from './page.ts';

export interface DeskOptions {
  sandbox: Sandbox;
  platforms: SandboxPlatform[];
  /** Where the sandbox is reached, without a final slash: the base URL of the sandbox, too. */
  url: string;
}

export interface Desk {
  fetch: (request: Request, env?: NodeBindings) => Promise<Response>;
  entries(): DeskEntry[];
}

/** A platform as the desk shows it. */
export interface DeskEntry {
  id: string;
  name: string;
  /** Null: the platform knows clients without an app, or registers one at each instance. */
  client_id: string | null;
  client_secret: string | null;
  /** What a person names where the platform has many instances. */
  instance: string | null;
  endpoints: Endpoints;
  /** Where its faults are ordered. */
  control: string;
}

/**
 * The simulated platforms by themselves, for any client of OAuth: the platforms under their ids, a page at `/` and a
 * small API to make them misbehave.
 *
 * | request | answer |
 * | --- | --- |
 * | `GET /platforms` | every platform with its client and endpoints |
 * | `GET /evergrant.config.json` | the configuration with which Evergrant uses them |
 * | `GET /control/{id}` | what the platform was asked |
 * | `POST /control/{id}` | orders a fault: `{"fault": "revoke", "subject": "Ada Example"}` |
 */
export const createDesk = (options: DeskOptions): Desk => {
  const { sandbox, platforms, url } = options;
  const entries = () => platforms.map((platform) => entryOf(options, platform));
  const isPlayed = (id: string) => platforms.some(({ definition }) => definition.id === id);

  const app = new Hono<{ Bindings: NodeBindings | undefined }>();
  const guard = onlyFrom(url);
  app.get('/', guard, (c) => deskPage(url, entries(), c.req.query('done')));
  app.get('/platforms', guard, (c) => c.json({ data: entries() }));
  app.get('/evergrant.config.json', guard, (c) =>
    c.json({ providers: Object.fromEntries(platforms.map((one) => [one.definition.id, configFor(sandbox, one)])) }),
  );
  app.use('/control/:id', guard, bodyLimit({ maxSize: 16_384 }));
  app.get('/control/:id', (c) => {
    const id = c.req.param('id');
    if (!isPlayed(id)) return unknown(c);
    const control = sandbox.control(id);
    return c.json({ token_requests: control.tokenRequests(), log: control.log() });
  });
  app.post('/control/:id', async (c) => {
    const id = c.req.param('id');
    if (!isPlayed(id)) return unknown(c);
    const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false;
    const read = readOrder(isForm ? await c.req.parseBody() : await c.req.json().catch(() => null));
    if ('problem' in read) return c.json({ error: 'invalid_order', message: read.problem }, 422);
    const grants = carryOut(sandbox.control(id), read.order);
    return isForm ? c.redirect(`/?done=${id}#${id}`, 303) : c.json({ fault: read.order.fault, grants });
  });
  app.all('*', (c) => sandbox.fetch(c.req.raw, c.env));
  return { fetch: async (request, env) => app.fetch(request, env), entries };
};

const unknown = (c: Context) => c.json({ error: 'provider_unknown', message: 'It is not played here.' }, 404);

const entryOf = ({ sandbox, url }: DeskOptions, platform: SandboxPlatform): DeskEntry => {
  const { definition } = platform;
  const { id, name } = definition;
  const { clientId = null, clientSecret = null } = configFor(sandbox, platform);
  return {
    id,
    name,
    client_id: clientId,
    client_secret: clientSecret,
    instance: sandbox.instance(id),
    endpoints: endpointsOf(definition, sandbox.origins(id)),
    control: `${url}/control/${id}`,
  };
};

/** A foreign name that points here (DNS rebinding) gets nothing, and no page of another site gives orders. */
const onlyFrom = (url: string) => {
  const { port } = new URL(url);
  return async (c: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    const host = c.req.header('host') ?? new URL(c.req.url).host;
    const asked = URL.parse(`http://${host}`);
    if (!asked || !isLoopback(asked.href) || asked.port !== port) return c.text(`This is at ${url}/`, 421);
    const { origin, 'sec-fetch-site': site } = c.req.header();
    const isForeign =
      (origin !== undefined && origin !== asked.origin) || (site && !['same-origin', 'none'].includes(site));
    if (c.req.method !== 'GET' && isForeign) return c.text('This order came from another page.', 403);
    await next();
    return undefined;
  };
};
