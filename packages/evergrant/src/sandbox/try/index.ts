import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { catalogue, type ErrorCode, isEvergrantError } from '../../errors/index.ts';
import { isLoopback } from '../origins.ts';
import { listing, type Notice, tryPage } from './page.ts';
import type { EvergrantForTrying, TryPageOptions } from './types.ts';

export type { ConnectionView, EvergrantForTrying, TryPageOptions } from './types.ts';

/** To whom connections made here belong. */
const owner = 'sandbox';

/**
 * The page at `/` while the sandbox is on: connecting in three clicks, and a list that shows connections being renewed.
 * It takes no credentials, so it answers only under the host of `publicUrl`, and its forms only to itself.
 *
 * @returns a handler for `/` and everything below `/try/`, under the path of `publicUrl`; other paths get 404
 */
export const createTryPage = (given: TryPageOptions): { fetch: (request: Request) => Promise<Response> } => {
  const publicUrl = given.publicUrl.replace(/\/+$/, '');
  const base = new URL(publicUrl).pathname.replace(/\/$/, '');
  const links = [{ href: `${base}/openapi.json`, words: 'Description of the API (OpenAPI)' }];
  const options = { links, ...given, publicUrl, base };
  const back = backTo(base);
  const { evergrant, providers } = options;
  const list = async () => (await evergrant.listConnections({ owner, limit: 50 })).data;
  const own = async (id: string) => (await list()).some((connection) => connection.id === id);

  const app = new Hono({ strict: false }).basePath(base);
  app.use(onlyUnder(publicUrl));
  app.use(bodyLimit({ maxSize: 4096 }));
  app.onError((error, c) => back(c, isEvergrantError(error) ? error.code : 'internal'));

  app.get('/', async (c) => tryPage(options, await list(), await noticeOf(c, evergrant)));

  app.get('/try/connections', async (c) => {
    const { now, cards, shell } = listing(options, await list());
    c.header('cache-control', 'no-store');
    return c.json({ now, connections: cards.map(({ id, html }) => ({ id, html: html.toString() })), shell });
  });

  app.post('/try/connect', async (c) => {
    const { provider, connection } = await c.req.parseBody();
    const known = providers.find(({ id }) => id === provider);
    if (!known) return back(c, 'provider_unknown');
    const reconnects = typeof connection === 'string' && connection !== '';
    const flow = await evergrant.connect({
      provider: known.id,
      owner,
      skipConfirmation: true,
      returnTo: `${publicUrl}/#connections`,
      ...(reconnects ? { connectionId: connection } : {}),
    });
    return c.redirect(flow.url, 303);
  });

  app.post('/try/connections/:id/:action{refresh|disconnect}', async (c) => {
    const { id, action } = c.req.param();
    if (!(await own(id))) return back(c, 'connection_not_found');
    await evergrant[action as 'refresh' | 'disconnect'](id);
    return back(c);
  });

  return { fetch: async (request) => app.fetch(request) };
};

/**
 * A foreign name that points here (DNS rebinding) gets nothing; another name of this computer is sent to the right one.
 * A write must come from this page itself.
 */
const onlyUnder = (publicUrl: string) => {
  const { host, origin } = new URL(publicUrl);
  return async (c: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    const asked = c.req.header('host') ?? new URL(c.req.url).host;
    if (asked !== host) {
      if (c.req.method === 'GET' && isLoopback(`http://${asked}`)) return c.redirect(`${publicUrl}/`, 302);
      return c.text(`This page is at ${publicUrl}/`, 421);
    }
    if (c.req.method !== 'GET' && !isFromHere(c, origin)) return c.text('This form was sent by another page.', 403);
    await next();
    return undefined;
  };
};

const isFromHere = (c: Context, origin: string): boolean => {
  const site = c.req.header('sec-fetch-site');
  return site ? site === 'same-origin' : c.req.header('origin') === origin;
};

/** Back on the page; for its script, only what went wrong. */
const backTo =
  (base: string) =>
  (c: Context, error?: ErrorCode): Response => {
    if (c.req.header('accept') === 'application/json') {
      return c.json(error ? { error: `${catalogue[error].title}.` } : {});
    }
    return c.redirect(`${base}/${error ? `?error=${error}` : ''}`, 303);
  };

/** How a flow ended, as its return address tells, or why a button did nothing. */
const noticeOf = async (c: Context, evergrant: EvergrantForTrying): Promise<Notice | null> => {
  const error = c.req.query('error');
  if (error && Object.hasOwn(catalogue, error)) return notice(error as ErrorCode);
  const { status, flow } = c.req.query();
  if (status === 'connected') return { words: 'Connected. Now watch the token below.', code: null };
  return status === 'failed' ? notice(await failureOf(evergrant, flow), 'Not connected. ') : null;
};

const notice = (code: ErrorCode, words = ''): Notice => {
  const { title, cure } = catalogue[code];
  return { words: `${words}${title}. ${cure}`, code };
};

/** Why a flow of this page failed. The address could name any flow; of another one nothing is told. */
const failureOf = async (evergrant: EvergrantForTrying, flowId = ''): Promise<ErrorCode> => {
  try {
    const flow = await evergrant.getFlow(flowId);
    return (flow.owner === owner && flow.error?.code) || 'flow_not_found';
  } catch {
    return 'flow_not_found';
  }
};
