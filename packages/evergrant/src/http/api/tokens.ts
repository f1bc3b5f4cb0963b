import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { readAccessToken, replaceRejected } from '../../grants/read.ts';
import { authorize, requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { count } from '../limits.ts';
import { invalidRequest } from '../problems.ts';
import { createRoute } from '../route.ts';
import { asNumber, connectionId, json, jsonBody, problems, queryNumber, tokenBody, tokenSchema } from '../schemas.ts';

const tokenQuery = z.strictObject({
  min_valid: queryNumber
    .pipe(z.number().min(0))
    .optional()
    .openapi({
      ...asNumber('number', 0),
      description: 'For how many seconds more it must live; a minute, or half of a short life, when left out',
      examples: [300],
    }),
});
const rejectedSchema = z
  .strictObject({ generation: z.int().min(1).openapi({ description: 'The one that was refused' }) })
  .openapi('RejectedToken', { examples: [{ generation: 1 }] });

const reading = createRoute({
  method: 'get',
  path: '/v1/connections/{id}/token',
  operationId: 'getAccessToken',
  summary: 'Read a valid token',
  security: [{ apiKey: ['tokens:read'] }],
  request: { params: connectionId, query: tokenQuery },
  responses: { 200: json('A token that lives long enough', tokenSchema), ...problems },
});

/**
 * The token read, the route that is called most. It checks key, limit and query itself, since the middlewares that would
 * are a tenth of its cost, and answers with the headers as they were laid out: in a `Headers` they would be another tenth.
 */
export const addTokenRead = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.get(reading.getRoutingPath(), async (c) => {
    const { owner, keyId } = await authorize(deps, c, 'tokens:read');
    count(deps.limits.tokenRead, keyId);
    const query = tokenQuery.safeParse(c.req.query());
    if (!query.success) throw invalidRequest(query.error.issues);
    const options = { minValid: query.data.min_valid, owner, leaves: true };
    const id = c.req.param('id');
    const token = await readAccessToken(deps.context, deps.renewals, id, options);
    deps.audit.tally('token.read', keyId, id);
    const headers = { ...c.get('headers'), 'content-type': 'application/json' };
    return new Response(JSON.stringify(tokenBody(token)), { headers });
  });
};

/** What else is about tokens, and the description of {@link addTokenRead}. */
export const addTokenRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openAPIRegistry.registerPath(reading);
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/connections/{id}/token/rejected',
      operationId: 'reportRejected',
      summary: 'Report that the platform answered 401 to a token',
      security: [{ apiKey: ['tokens:read'] }],
      middleware: requires(deps, 'tokens:read'),
      request: { params: connectionId, body: jsonBody(rejectedSchema) },
      responses: { 200: json('A newer token', tokenSchema), ...problems },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { owner, keyId } = c.get('principal');
      const { generation } = c.req.valid('json');
      const token = await replaceRejected(deps.context, deps.renewals, id, generation, { owner, leaves: true });
      deps.audit.tally('token.rejected', keyId, id);
      return c.json(tokenBody(token), 200);
    },
  );
};
