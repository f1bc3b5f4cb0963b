import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { CallRequest } from '../../calls/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { createRoute } from '../route.ts';
import { callerText, connectionId, json, jsonBody, problemSchema, problems } from '../schemas.ts';

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
      operationId: `${method}AtPlatform`,
      summary: 'Make this request at the platform, signed',
      description:
        "Method, path, query and body go to the provider's API, with the connection's token. Status, body and headers " +
        'of the platform come back; `evergrant-upstream-status` tells them from our own problems. HEAD and OPTIONS do too.',
      security: [{ apiKey: ['calls:write'] }],
      request: {
        params: connectionId.extend({
          path: z.string().openapi({
            description: "Added to the base address of the platform's API, slashes as they are, and the query with it",
            examples: ['v2/userinfo'],
          }),
        }),
        ...(method === 'get' ? {} : { body: { content: { '*/*': { schema: z.unknown() } } } }),
      },
      responses: {
        default: {
          description: 'What the platform answered; without `evergrant-upstream-status` it is a problem of ours',
          content: { '*/*': { schema: z.unknown() }, 'application/problem+json': { schema: problemSchema } },
        },
      },
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

const signSchema = z
  .strictObject({
    method: z.string().regex(/^[A-Za-z]{1,16}$/),
    url: callerText
      .pipe(z.string().max(8192))
      .openapi({ description: "Absolute, on one of the hosts of the platform's API" }),
    body: z.string().optional().openapi({ description: 'Exactly what will be sent' }),
    nonce: callerText.pipe(z.string().min(1).max(1024)).optional().openapi({
      description: 'The `DPoP-Nonce` of the last answer of the platform, where tokens are bound to a key (RFC 9449)',
    }),
  })
  .openapi('RequestToSign', { examples: [{ method: 'GET', url: 'https://api.acme.example/v2/userinfo' }] });

const signedSchema = z
  .object({
    headers: z.record(z.string(), z.string()),
    url: z.string().optional().openapi({ description: 'Given where the platform reads the token there' }),
  })
  .openapi('SignedRequest', {
    examples: [{ headers: { authorization: 'Bearer at_W41UPs5ioTt8HESyODB4FqbkJ8LrV5mff4g' } }],
  });

const addSigning = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/connections/{id}/sign',
      operationId: 'sign',
      summary: 'Sign a request that the application makes itself',
      security: [{ apiKey: ['tokens:read'] }],
      middleware: requires(deps, 'tokens:read'),
      request: { params: connectionId, body: jsonBody(signSchema) },
      responses: {
        200: json('The headers to send', signedSchema),
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
