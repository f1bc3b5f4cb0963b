import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { EvergrantError } from '../../errors/index.ts';
import { authorize, bearerOf, requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { startedFlow } from '../examples.ts';
import { connectSchema, flowBody, flowSchema, startedFlowSchema } from '../flow-schemas.ts';
import { limitedByKey } from '../limits.ts';
import { createRoute } from '../route.ts';
import { asNumber, json, jsonBody, problems, queryNumber } from '../schemas.ts';

const flowParameter = z.object({
  flow: z.string().openapi({ description: 'The id of the flow', examples: [startedFlow.id] }),
});
const keyOrStatusToken: Record<string, string[]>[] = [{ apiKey: ['connections:read'] }, { statusToken: [] }];
const longestWait = 60;
const waitQuery = z.strictObject({
  wait: queryNumber
    .pipe(z.number().min(0).max(longestWait))
    .optional()
    .openapi({
      ...asNumber('number', 0, longestWait),
      description: 'For how many seconds to hold the answer until the status changes',
      examples: [25],
    }),
});
const choiceSchema = z
  .strictObject({ account_ids: z.array(z.string().max(300)).min(1).max(500) })
  .openapi('AccountChoice', { examples: [{ account_ids: ['u_7k3m9q2x'] }] });

/** POST /v1/connect, GET /v1/connect/{flow} and POST /v1/connect/{flow}/accounts. */
export const addConnectRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { flows, settings } = deps;

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/connect',
      operationId: 'connect',
      summary: 'Begin to connect an account',
      security: [{ apiKey: ['connections:write'] }],
      middleware: [requires(deps, 'connections:write'), limitedByKey(deps, 'flowStart')],
      request: { body: jsonBody(connectSchema) },
      responses: { 201: json('The flow has begun; open its url in the browser', startedFlowSchema), ...problems },
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { owner, keyId } = c.get('principal');
      if (owner !== null && owner !== body.owner) {
        throw new EvergrantError('permission_denied', { detail: 'This key is bound to another owner' });
      }
      const flow = await flows.start({
        provider: body.provider,
        owner: body.owner,
        scopes: body.scopes,
        returnTo: body.return_to,
        connectionId: body.connection_id,
        instance: body.instance,
        metadata: body.metadata,
        skipConfirmation: body.skip_confirmation,
      });
      const { id, status, url } = flow;
      deps.audit.note('flow.start', keyId, id, { request: c.get('requestId'), owner: body.owner });
      return c.json({ id, status, url, status_token: flow.statusToken, expires_at: flow.expiresAt }, 201);
    },
  );

  // From a browser the status is read with the flow's own token, from the pages that a flow may return to.
  app.use(
    '/v1/connect/:flow',
    cors({
      origin: [...deps.returnOrigins],
      allowMethods: ['GET'],
      allowHeaders: ['Authorization'],
      maxAge: 600,
    }),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/connect/{flow}',
      operationId: 'getFlow',
      summary: 'Read a flow, waiting for its status to change',
      security: keyOrStatusToken,
      middleware: readsFlow(deps),
      request: {
        params: flowParameter,
        query: waitQuery,
      },
      responses: { 200: json('The flow', flowSchema), ...problems },
    }),
    async (c) => {
      const { flow } = c.req.valid('param');
      const wait = (c.req.valid('query').wait ?? 0) * 1000;
      return c.json(flowBody(await flows.status(flow, wait), settings.publicUrl), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/connect/{flow}/accounts',
      operationId: 'chooseAccounts',
      summary: 'Choose accounts',
      security: [{ apiKey: ['connections:write'] }],
      middleware: requires(deps, 'connections:write'),
      request: {
        params: flowParameter,
        body: jsonBody(choiceSchema),
      },
      responses: { 200: json('The flow', flowSchema), ...problems },
    }),
    async (c) => {
      const { flow } = c.req.valid('param');
      await ensureOwnFlow(deps, flow, c.get('principal').owner);
      await flows.choose(flow, c.req.valid('json').account_ids);
      deps.audit.note('flow.choose', c.get('principal').keyId, flow, { request: c.get('requestId') });
      return c.json(flowBody(await flows.status(flow), settings.publicUrl), 200);
    },
  );
};

/** Lets an API key pass, or the flow's own status token; on another flow that one is as if there were no such flow. */
const readsFlow =
  (deps: HttpDependencies): MiddlewareHandler<HttpEnv> =>
  async (c, next) => {
    const flowId = c.req.param('flow') ?? '';
    const credential = bearerOf(c);
    if (credential?.startsWith('eg_')) {
      const { owner } = await authorize(deps, c, 'connections:read');
      await ensureOwnFlow(deps, flowId, owner);
    } else {
      const token = credential === null ? 'invalid' : await deps.flows.checkStatusToken(flowId, credential);
      if (token === 'invalid') throw new EvergrantError('unauthenticated');
      if (token === 'other_flow') throw new EvergrantError('flow_not_found');
    }
    await next();
  };

const ensureOwnFlow = async (deps: HttpDependencies, flowId: string, owner: string | null): Promise<void> => {
  const flow = await deps.flows.existing(flowId);
  if (owner !== null && flow.owner !== owner) throw new EvergrantError('flow_not_found');
};
