import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import type { AuditAction } from '../audit.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { delivery, webhook } from '../examples.ts';
import { createRoute } from '../route.ts';
import { connectionId, idOf, json, jsonBody, pageOf, pageQuery, problems } from '../schemas.ts';
import { refuseBound } from './keys.ts';
import {
  changesSchema,
  createdSchema,
  deliveryBody,
  deliverySchema,
  endpointBody,
  endpointSchema,
  newEndpointSchema,
  replayOf,
  replaySchema,
  sentBody,
  sentSchema,
  testSchema,
} from './webhook-schemas.ts';

const security = [{ apiKey: ['admin'] }];
const idParameter = idOf('webhook', webhook.id);

const deliveriesQuery = z.strictObject({
  status: z.enum(['pending', 'delivered', 'failed']).optional().openapi({ description: 'Only those with this status' }),
  ...pageQuery,
});

/** They concern every owner. */
const forAdmins = (deps: HttpDependencies): MiddlewareHandler<HttpEnv>[] => [
  requires(deps, 'admin'),
  (c, next) => {
    refuseBound(c.get('principal'));
    return next();
  },
];

const noted = (deps: HttpDependencies, c: HonoContext<HttpEnv>, action: AuditAction, id: string): void =>
  deps.audit.note(action, c.get('principal').keyId, id, { request: c.get('requestId') });

/** Webhooks: endpoints, and what is delivered to them. */
export const addWebhookRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  addMaking(app, deps);
  addReading(app, deps);
  addChanging(app, deps);
  addDeliveries(app, deps);
  addReplays(app, deps);
};

const addMaking = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { endpoints } = deps.webhooks;
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/webhooks',
      operationId: 'createWebhook',
      summary: 'Make a webhook; its secret is shown by this answer and never again',
      security,
      middleware: forAdmins(deps),
      request: { body: jsonBody(newEndpointSchema) },
      responses: { 201: json('The webhook', createdSchema), ...problems },
    }),
    async (c) => {
      const { secret, ...made } = await endpoints.create(c.req.valid('json'));
      noted(deps, c, 'webhook.create', made.id);
      return c.json({ ...endpointBody(made), secret: secret.reveal() }, 201);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/webhooks/{id}/rotate-secret',
      operationId: 'rotateWebhookSecret',
      summary: 'Make a new secret; the previous one signs beside it for a day',
      security,
      middleware: forAdmins(deps),
      request: { params: idParameter },
      responses: { 200: json('The webhook', createdSchema), ...problems },
    }),
    async (c) => {
      const { secret, ...rotated } = await endpoints.rotateSecret(c.req.valid('param').id);
      noted(deps, c, 'webhook.update', rotated.id);
      return c.json({ ...endpointBody(rotated), secret: secret.reveal() }, 200);
    },
  );
};

const addReading = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { endpoints } = deps.webhooks;
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/webhooks',
      operationId: 'listWebhooks',
      summary: 'List webhooks, newest first',
      security,
      middleware: forAdmins(deps),
      request: { query: z.strictObject(pageQuery) },
      responses: { 200: json('A page of webhooks', pageOf(endpointSchema)), ...problems },
    }),
    async (c) => {
      const page = await endpoints.list(c.req.valid('query'));
      return c.json({ data: page.data.map(endpointBody), next_cursor: page.nextCursor }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/webhooks/{id}',
      operationId: 'getWebhook',
      summary: 'Read a webhook',
      security,
      middleware: forAdmins(deps),
      request: { params: idParameter },
      responses: { 200: json('The webhook', endpointSchema), ...problems },
    }),
    async (c) => c.json(endpointBody(await endpoints.get(c.req.valid('param').id)), 200),
  );
};

const addChanging = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { endpoints } = deps.webhooks;
  app.openapi(
    createRoute({
      method: 'patch',
      path: '/v1/webhooks/{id}',
      operationId: 'updateWebhook',
      summary: 'Change where it leads and what is sent, or switch it off and on',
      security,
      middleware: forAdmins(deps),
      request: { params: idParameter, body: jsonBody(changesSchema) },
      responses: { 200: json('The webhook', endpointSchema), ...problems },
    }),
    async (c) => {
      const changed = await endpoints.update(c.req.valid('param').id, c.req.valid('json'));
      noted(deps, c, 'webhook.update', changed.id);
      return c.json(endpointBody(changed), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/webhooks/{id}',
      operationId: 'deleteWebhook',
      summary: 'Remove a webhook with everything that waits for it',
      security,
      middleware: forAdmins(deps),
      request: { params: idParameter },
      responses: { 204: { description: 'Removed' }, ...problems },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await endpoints.remove(id);
      noted(deps, c, 'webhook.delete', id);
      return c.body(null, 204);
    },
  );
};

const addDeliveries = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { deliveries } = deps.webhooks;
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/webhooks/{id}/deliveries',
      operationId: 'listWebhookDeliveries',
      summary: 'List what was, is and will be delivered, newest first',
      security,
      middleware: forAdmins(deps),
      request: {
        params: idParameter,
        query: deliveriesQuery,
      },
      responses: { 200: json('A page of deliveries', pageOf(deliverySchema)), ...problems },
    }),
    async (c) => {
      const page = await deliveries.list(c.req.valid('param').id, c.req.valid('query'));
      return c.json({ data: page.data.map(deliveryBody), next_cursor: page.nextCursor }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/connections/{id}/deliveries',
      operationId: 'listConnectionDeliveries',
      summary: 'List what webhooks were and will be told of a connection, newest first',
      security,
      middleware: forAdmins(deps),
      request: { params: connectionId, query: z.strictObject(pageQuery) },
      responses: { 200: json('A page of deliveries', pageOf(sentSchema)), ...problems },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await deps.connections.get(id);
      const page = await deliveries.listOfConnection(id, c.req.valid('query'));
      return c.json({ data: page.data.map(sentBody), next_cursor: page.nextCursor }, 200);
    },
  );
};

const addReplays = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { deliveries } = deps.webhooks;
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/webhooks/{id}/deliveries/{delivery}/replay',
      operationId: 'replayWebhookDelivery',
      summary: 'Send one delivery once more',
      security,
      middleware: forAdmins(deps),
      request: {
        params: idParameter.extend({
          delivery: z.string().openapi({ description: 'The id of the delivery', examples: [delivery.id] }),
        }),
      },
      responses: { 202: json('The delivery', deliverySchema), ...problems },
    }),
    async (c) => {
      const { id, delivery: one } = c.req.valid('param');
      const replayed = await deliveries.replayOne(id, one);
      noted(deps, c, 'webhook.update', id);
      return c.json(deliveryBody(replayed), 202);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/webhooks/{id}/replay',
      operationId: 'replayWebhook',
      summary: 'Send once more what was given up, or every event of a time',
      security,
      middleware: forAdmins(deps),
      request: { params: idParameter, body: jsonBody(replaySchema) },
      responses: { 202: json('How many will be sent', z.object({ replayed: z.int() })), ...problems },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const replayed = await deliveries.replay(id, replayOf(c.req.valid('json')));
      noted(deps, c, 'webhook.update', id);
      return c.json({ replayed }, 202);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/webhooks/{id}/test',
      operationId: 'testWebhook',
      summary: 'Send an event of the type webhook.test now',
      security,
      middleware: forAdmins(deps),
      request: { params: idParameter },
      responses: { 200: json('What became of it', testSchema), ...problems },
    }),
    async (c) => {
      const { delivered, status, error, answer } = await deps.webhooks.test(c.req.valid('param').id);
      return c.json({ delivered, status, error, answer }, 200);
    },
  );
};
