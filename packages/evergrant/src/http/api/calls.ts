import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { CallRequest } from '../../calls/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { callerText, json, jsonBody, problems } from '../schemas.ts';

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Requests to platforms, made by us or signed for the application. */
export const addCallRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  addCalls(app, deps);
  addSigning(app, deps);
};

/** Whether a path is that of a call, whose body may be of any type and size. */
export const isCall = (path: string): boolean => callPath.test(path);

const callPath = /^\/v1\/connections\/[^/]+\/api(?=\/|$)/;

const addCalls = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  for (const method of methods) {
    app.openAPIRegistry.registerPath({
      method,
      path: '/v1/connections/{id}/api/{path}',
      summary: 'Make this request at the platform, signed',
      description:
        "Method, path, query and body go to the provider's API, with the connection's token. Status, body and headers " +
        'of the platform come back; `evergrant-upstream-status` tells them from our own problems.',
      security: [{ apiKey: ['calls:write'] }],
      request: { params: z.object({ id: z.string(), path: z.string() }) },
      responses: { default: { description: 'What the platform answered' } },
    });
  }
  app.all('/v1/connections/:id/api/*', requires(deps, 'calls:write'), async (c) => {
    const { owner, keyId } = c.get('principal');
    const url = new URL(c.req.url);
    const request: CallRequest = {
      method: c.req.raw.method,
      target: url.pathname.replace(callPath, '') + url.search,
      headers: c.req.raw.headers,
      body: c.req.raw.body,
      signal: c.req.raw.signal,
    };
    const answer = await deps.calls.call(c.req.param('id'), request, { owner });
    deps.audit.tally('connection.call', keyId, c.req.param('id'));
    return c.newResponse(answer.body, answer.status as 200, Object.fromEntries(listed(answer.headers)));
  });
};

/** Headers that came more than once stay so. */
const listed = (headers: Headers): Map<string, string | string[]> => {
  const byName = Map.groupBy(headers, ([name]) => name);
  return new Map(
    [...byName].map(([name, pairs]) => {
      const values = pairs.map(([, value]) => value);
      return [name, values.length === 1 ? values[0]! : values];
    }),
  );
};

const signSchema = z.strictObject({
  method: z.string().regex(/^[A-Za-z]{1,16}$/),
  url: callerText.pipe(z.string().max(8192)),
  body: z.string().optional(),
});

const addSigning = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/connections/{id}/sign',
      summary: 'Sign a request that the application makes itself',
      security: [{ apiKey: ['tokens:read'] }],
      middleware: requires(deps, 'tokens:read'),
      request: { params: z.object({ id: z.string() }), body: jsonBody(signSchema) },
      responses: {
        200: json(
          'The headers to send, and the address where the platform reads the token there',
          z.object({ headers: z.record(z.string(), z.string()), url: z.string().optional() }),
        ),
        ...problems,
      },
    }),
    async (c) => {
      const { owner, keyId } = c.get('principal');
      const { id } = c.req.valid('param');
      const signed = await deps.calls.sign(id, c.req.valid('json'), { owner });
      deps.audit.tally('connection.sign', keyId, id);
      return c.json(signed, 200);
    },
  );
};
