import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { EvergrantError } from '../../errors/index.ts';
import { toProblem } from '../../errors/problem.ts';
import type { AuditAction } from '../audit.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { connection } from '../examples.ts';
import { createRoute } from '../route.ts';
import {
  callerText,
  connectionBody,
  connectionId,
  connectionSchema,
  connectionStatus,
  eventBody,
  eventSchema,
  json,
  jsonBody,
  pageOf,
  pageQuery,
  problemSchema,
  problems,
  renewalBody,
  renewalSchema,
  updateSchema,
} from '../schemas.ts';

const disconnectQuery = z.strictObject({
  revoke: z
    .enum(['true', 'false'])
    .transform((value) => value === 'true')
    .optional()
    .openapi({ type: 'boolean', enum: undefined, description: 'False leaves the platform alone', default: true }),
});

/** Everything under /v1/connections but tokens, calls and signing. */
export const addConnectionRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  addReading(app, deps);
  addRenewals(app, deps);
  addPreview(app, deps);
  addChanging(app, deps);
};

const addReading = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/connections',
      operationId: 'listConnections',
      summary: 'List connections, newest first',
      security: [{ apiKey: ['connections:read'] }],
      middleware: requires(deps, 'connections:read'),
      request: {
        query: z.strictObject({
          owner: callerText
            .optional()
            .openapi({ description: 'Only those of this owner', examples: [connection.owner] }),
          provider: callerText
            .optional()
            .openapi({ description: 'Only those of this platform', examples: [connection.provider] }),
          status: connectionStatus.optional().openapi({ param: { description: 'Only those with this status' } }),
          q: callerText
            .max(200)
            .optional()
            .openapi({ description: "Part of the account's name or user name, or of the owner", examples: ['ada'] }),
          ...pageQuery,
        }),
      },
      responses: { 200: json('A page of connections', pageOf(connectionSchema)), ...problems },
    }),
    async (c) => {
      const { owner: wanted, ...query } = c.req.valid('query');
      const { owner: bound } = c.get('principal');
      // What another owner has does not exist for a bound key.
      if (bound !== null && wanted !== undefined && wanted !== bound) {
        return c.json({ data: [], next_cursor: null }, 200);
      }
      const page = await deps.connections.list({ ...query, owner: bound ?? wanted });
      return c.json({ data: page.data.map(connectionBody), next_cursor: page.nextCursor }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/connections/{id}',
      operationId: 'getConnection',
      summary: 'Read a connection',
      security: [{ apiKey: ['connections:read'] }],
      middleware: requires(deps, 'connections:read'),
      request: { params: connectionId },
      responses: { 200: json('The connection', connectionSchema), ...problems },
    }),
    async (c) => c.json(connectionBody(await deps.connections.get(c.req.valid('param').id, c.get('principal'))), 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/connections/{id}/events',
      operationId: 'listConnectionEvents',
      summary: 'Read the timeline of a connection, newest first',
      security: [{ apiKey: ['connections:read'] }],
      middleware: requires(deps, 'connections:read'),
      request: { params: connectionId, query: z.strictObject(pageQuery) },
      responses: { 200: json('A page of events', pageOf(eventSchema)), ...problems },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const page = await deps.connections.listEvents(id, c.req.valid('query'), c.get('principal'));
      return c.json({ data: page.data.map(eventBody), next_cursor: page.nextCursor }, 200);
    },
  );
};

const addRenewals = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/connections/{id}/renewals',
      operationId: 'listRenewals',
      summary: 'Read the last renewals of a connection, newest first',
      security: [{ apiKey: ['connections:read'] }],
      middleware: requires(deps, 'connections:read'),
      request: { params: connectionId },
      responses: { 200: json('Renewals', pageOf(renewalSchema)), ...problems },
    }),
    async (c) => {
      const renewals = await deps.connections.listRenewals(c.req.valid('param').id, c.get('principal'));
      return c.json({ data: renewals.map(renewalBody), next_cursor: null }, 200);
    },
  );
};

export const disconnectionSchema = z
  .object({
    siblings: z.array(connectionSchema).openapi({ description: 'Those on the same grant; they go on' }),
    at_platform: z.enum(['revoked', 'kept_for_others', 'not_possible']).openapi({
      description: 'Whether its tokens are revoked at the platform, or why they are not',
    }),
  })
  .openapi('Disconnection', { examples: [{ siblings: [], at_platform: 'revoked' }] });

const addPreview = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/connections/{id}/disconnection',
      operationId: 'previewDisconnection',
      summary: 'Read what disconnecting would do',
      security: [{ apiKey: ['connections:read'] }],
      middleware: requires(deps, 'connections:read'),
      request: { params: connectionId },
      responses: { 200: json('What it would do', disconnectionSchema), ...problems },
    }),
    async (c) => {
      const preview = await deps.connections.previewDisconnect(c.req.valid('param').id, c.get('principal'));
      return c.json({ siblings: preview.siblings.map(connectionBody), at_platform: preview.atPlatform }, 200);
    },
  );
};

const addChanging = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'patch',
      path: '/v1/connections/{id}',
      operationId: 'updateConnection',
      summary: 'Change metadata, or switch the connection off and on',
      security: [{ apiKey: ['connections:write'] }],
      middleware: requires(deps, 'connections:write'),
      request: { params: connectionId, body: jsonBody(updateSchema) },
      responses: { 200: json('The connection', connectionSchema), ...problems },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const changed = await deps.connections.update(id, c.req.valid('json'), c.get('principal'));
      noted(deps, c, 'connection.update', id);
      return c.json(connectionBody(changed), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/connections/{id}',
      operationId: 'disconnect',
      summary: 'Disconnect, and revoke at the platform',
      security: [{ apiKey: ['connections:write'] }],
      middleware: requires(deps, 'connections:write'),
      request: { params: connectionId, query: disconnectQuery },
      responses: {
        204: { description: 'Disconnected' },
        200: json(
          'Disconnected; the platform has not confirmed the revocation yet',
          z.object({ warnings: z.array(problemSchema) }),
        ),
        ...problems,
      },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      const { revoke } = c.req.valid('query');
      const { revocationConfirmed } = await deps.connections.disconnect(id, { revoke, ...c.get('principal') });
      noted(deps, c, 'connection.disconnect', id);
      if (revocationConfirmed) return c.body(null, 204);
      const warning = new EvergrantError('revocation_unconfirmed', { connectionId: id });
      const body = toProblem(warning, deps.settings.publicUrl, c.get('requestId'));
      return c.json({ warnings: [body as z.infer<typeof problemSchema>] }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/connections/{id}/refresh',
      operationId: 'refresh',
      summary: 'Renew now',
      security: [{ apiKey: ['connections:write'] }],
      middleware: requires(deps, 'connections:write'),
      request: { params: connectionId },
      responses: { 200: json('The connection', connectionSchema), ...problems },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      noted(deps, c, 'connection.refresh', id);
      return c.json(connectionBody(await deps.connections.refresh(id, c.get('principal'))), 200);
    },
  );
};

/** Puts a change into the audit. */
const noted = (deps: HttpDependencies, c: HonoContext<HttpEnv>, action: AuditAction, id: string): void =>
  deps.audit.note(action, c.get('principal').keyId, id, { request: c.get('requestId') });
