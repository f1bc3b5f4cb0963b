import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { installation } from '../../store/index.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { json, problems } from '../schemas.ts';

const health = z.object({ status: z.literal('ok') });

/** Whether the process lives, and whether it can do its work. */
export const addHealthRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/healthz',
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
      summary: 'Whether the database answers',
      security: [],
      responses: { 200: json('It does', health), ...problems },
    }),
    async (c) => {
      await installation.get(deps.context.store.db, 'key_check');
      return c.json({ status: 'ok' as const }, 200);
    },
  );
};
