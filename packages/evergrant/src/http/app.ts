import { randomUUID } from 'node:crypto';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { matchedRoutes } from 'hono/route';
import { EvergrantError } from '../errors/index.ts';
import { usualMethod } from '../telemetry/metrics.ts';
import { type Span, untraced } from '../telemetry/tracing.ts';
import { addCallRoutes, isCall } from './api/calls.ts';
import { addConnectRoutes } from './api/connect.ts';
import { addConnectionRoutes } from './api/connections.ts';
import { addEventRoutes } from './api/events.ts';
import { addHealthRoutes } from './api/health.ts';
import { addImportRoute } from './api/import.ts';
import { addKeyRoutes } from './api/keys.ts';
import { addOverviewRoutes } from './api/overview.ts';
import { addPictureRoutes } from './api/pictures.ts';
import { addProviderAppRoutes } from './api/provider-apps.ts';
import { addProviderRoutes } from './api/providers.ts';
import { addSessionRoutes } from './api/session.ts';
import { addSettingsRoute } from './api/settings.ts';
import { addTokenRead, addTokenRoutes } from './api/tokens.ts';
import { addWebhookRoutes } from './api/webhooks.ts';
import { addDashboard } from './dashboard.ts';
import type { HttpDependencies, HttpEnv } from './deps.ts';
import { addDocument } from './document.ts';
import { addHostedRoutes, type Hosted } from './hosted.ts';
import { invalidRequest, problem, toEvergrantError } from './problems.ts';

const largestBody = 256 * 1024;

/**
 * Answers a request.
 *
 * @param connection what the server knows of it, as `@hono/node-server` hands it on (`c.env`): whose address it is. Without
 *   it nothing is limited by address
 */
export type Handler = (request: Request, connection?: object) => Promise<Response>;

/** Every route, as one function from request to answer. It never throws. */
export const createHttp = (deps: HttpDependencies): Handler => {
  const app = createRoutes(deps);
  const base = new URL(deps.settings.publicUrl).pathname.replace(/\/$/, '');
  return async (request, connection) => app.fetch(base === '' ? request : withoutBase(request, base), connection);
};

/** Every route, at paths without the one of `PUBLIC_URL`. */
export const createRoutes = (deps: HttpDependencies): OpenAPIHono<HttpEnv> => {
  const app = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error.issues);
    },
  });
  if (deps.context.tracing !== untraced) app.use(trace(deps));
  app.use(measure(deps), introduce(deps));
  addTokenRead(app, deps);
  app.use((c, next) => {
    setHeaders(c);
    return next();
  }, checkBody(deps));
  addConnectRoutes(app, deps);
  addImportRoute(app, deps);
  addConnectionRoutes(app, deps);
  addTokenRoutes(app, deps);
  addCallRoutes(app, deps);
  addProviderRoutes(app, deps);
  addProviderAppRoutes(app, deps);
  addKeyRoutes(app, deps);
  addEventRoutes(app, deps);
  addWebhookRoutes(app, deps);
  addOverviewRoutes(app, deps);
  addPictureRoutes(app, deps);
  addSettingsRoute(app, deps);
  if (deps.settings.dashboard) addSessionRoutes(app, deps);
  addHealthRoutes(app, deps);
  addDocument(app, deps);
  const hosted = addHostedRoutes(app, deps);
  addDashboard(app, deps);
  answerFaults(app, deps, hosted);
  return app;
};

/** How long requests take, by the pattern of their route. A stream counts until it begins. */
const measure = ({ context: { clock, metrics } }: HttpDependencies): MiddlewareHandler<HttpEnv> => {
  return async (c, next) => {
    const begun = clock.monotonic();
    await next();
    metrics.answered(c.req.method, patternOf(c), c.res.status, clock.monotonic() - begun);
  };
};

const patternOf = (c: HonoContext<HttpEnv>): string | null =>
  matchedRoutes(c).findLast(({ path }) => path !== '/*')?.path ?? null;

/** A span for each request, in the trace of its sender. It ends where its answer begins. */
const trace = ({ context: { tracing } }: HttpDependencies): MiddlewareHandler<HttpEnv> => {
  return (c, next) => {
    const method = usualMethod(c.req.method);
    return tracing.span({ name: method, kind: 'server', header: (name) => c.req.header(name) }, async (span) => {
      await next();
      describe(span, method, c);
    });
  };
};

/** By the conventions of OpenTelemetry for HTTP servers. The path that was asked for is left out: it may hold a link. */
const describe = (span: Span, method: string, c: HonoContext<HttpEnv>): void => {
  const [route, { status }] = [patternOf(c), c.res];
  span.rename(route === null ? method : `${method} ${route}`);
  span.set({
    'http.request.method': method,
    'http.route': route ?? undefined,
    'http.response.status_code': status,
    'evergrant.request_id': c.get('requestId'),
  });
  if (status >= 500) span.fail(String(status));
};

/** Gives every request an id that joins what the caller sees with the log, and lays out the headers of its answer. */
const introduce = ({ settings }: HttpDependencies): MiddlewareHandler<HttpEnv> => {
  const always = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...(settings.publicUrl.startsWith('https:')
      ? { 'strict-transport-security': 'max-age=63072000; includeSubDomains' }
      : {}),
  };
  return (c, next) => {
    const requestId = `req_${randomUUID()}`;
    c.set('requestId', requestId);
    c.set('headers', { 'x-request-id': requestId, ...always });
    return next();
  };
};

/** Sets what was laid out; before the answer is made, for afterwards each header would copy the whole answer. */
const setHeaders = (c: HonoContext<HttpEnv>): void => {
  for (const [name, value] of Object.entries(c.get('headers'))) c.header(name, value);
};

/** Looks at bodies only where there may be one: only to ask for it makes the server build a whole standard Request. */
const checkBody = (deps: HttpDependencies): MiddlewareHandler<HttpEnv> => {
  const limit = bodyLimit({
    maxSize: largestBody,
    onError: (c) => problem(deps, c, new EvergrantError('payload_too_large')),
  });
  return (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD' || isCall(c.req.path)) return next();
    return limit(c, () => {
      if (c.req.path.startsWith('/v1/')) refuseOtherTypes(c);
      return next();
    });
  };
};

/** A body that is not declared as JSON is refused before it is read. */
const refuseOtherTypes = (c: HonoContext<HttpEnv>): void => {
  const type = c.req.header('content-type');
  const length = c.req.header('content-length');
  // Behind node:http every DELETE has a body stream; whether it carries anything the headers say (RFC 9112 section 6.3).
  const announced = length === undefined ? (c.req.header('transfer-encoding') ?? type) !== undefined : length !== '0';
  const hasBody = c.req.raw.body !== null && announced;
  if (hasBody && !/^application\/json\s*(?:;|$)/i.test(type ?? '')) throw new EvergrantError('unsupported_media_type');
};

const answerFaults = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies, hosted: Hosted): void => {
  app.onError((error, c) => {
    const ours = toEvergrantError(deps, c, error);
    setHeaders(c);
    return hosted.serves(c.req.path) ? hosted.errorPage(c, ours) : problem(deps, c, ours);
  });
  const refuseMethod = methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      const answer = problem(deps, c, new EvergrantError('method_not_allowed'));
      answer.headers.set('allow', methods.join(', '));
      return answer;
    },
  });
  const notFound = (c: HonoContext<HttpEnv>) =>
    c.req.path.startsWith('/v1/') || !hosted.wantsPage(c)
      ? problem(deps, c, new EvergrantError('not_found'))
      : hosted.notFoundPage(c);
  // Asked only where no route answers: before the routes it would cost every request.
  app.notFound(async (c) => {
    await refuseMethod(c, async () => {
      c.res = notFound(c);
    });
    return c.res;
  });
};

/** With a path in PUBLIC_URL, requests may come with it or, from a proxy that strips it, without. */
const withoutBase = (request: Request, base: string): Request => {
  const url = new URL(request.url);
  if (url.pathname !== base && !url.pathname.startsWith(`${base}/`)) return request;
  url.pathname = url.pathname.slice(base.length) || '/';
  return new Request(url, request);
};
