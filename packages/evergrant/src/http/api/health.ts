import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { keyCheck } from '../../grants/reseal.ts';
import { installation } from '../../store/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { json, problems } from '../schemas.ts';

const health = z.object({ status: z.literal('ok') }).openapi('Health', { examples: [{ status: 'ok' }] });

/** Whether the process lives, whether it can do its work, and how it fares. */
export const addHealthRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/healthz',
      operationId: 'checkHealth',
      summary: 'Whether the process lives',
      security: [],
      responses: { 200: json('It does', health), ...problems },
    }),
    (c) => c.json({ status: 'ok' as const }, 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/readyz',
      operationId: 'checkReadiness',
      summary: 'Whether the database answers',
      security: [],
      responses: { 200: json('It does', health), ...problems },
    }),
    async (c) => {
      await installation.get(deps.context.store.db, keyCheck);
      return c.json({ status: 'ok' as const }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/metrics',
      operationId: 'readMetrics',
      summary: 'Prometheus metrics',
      security: deps.settings.publicMetrics ? [] : [{ apiKey: ['admin'] }],
      middleware: deps.settings.publicMetrics ? [] : [requires(deps, 'admin')],
      responses: {
        200: { description: 'Prometheus text', content: { 'text/plain; version=0.0.4': { schema: z.string() } } },
        ...problems,
      },
    }),
    async (c) => {
      const { contentType, body } = await deps.context.metrics.expose();
      return c.text(body, 200, { 'content-type': contentType });
    },
  );
};
