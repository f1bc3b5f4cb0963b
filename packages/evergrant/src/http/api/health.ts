import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { EvergrantError } from '../../errors/index.ts';
import { keyCheck } from '../../grants/reseal.ts';
import { installation } from '../../store/index.ts';
import { verifyCheck } from '../../vault/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { json, problems } from '../schemas.ts';

const health = z.object({ status: z.literal('ok') }).openapi('Health', { examples: [{ status: 'ok' }] });

const readiness = z
  .object({
    status: z.literal('ok'),
    database: z.literal('ok'),
    key: z.literal('ok'),
    engine: z
      .enum(['ok', 'none', 'away'])
      .describe(
        '`none` where no engine runs in this process; `away` while Temporal does not answer: reads still renew',
      ),
  })
  .openapi('Readiness', { examples: [{ status: 'ok', database: 'ok', key: 'ok', engine: 'ok' }] });

/** The loop of the engine comes round every 15 seconds, or after a statement that the database left unanswered for 30. */
const stalledAfter = 60_000;

/**
 * Whether the database answers, the key opens what it holds, and the engine of this process, if it has one, goes on.
 *
 * @throws EvergrantError `storage_unavailable`, `storage_key_unavailable` or `engine_stalled`
 */
const checkReadiness = async (deps: HttpDependencies): Promise<z.infer<typeof readiness>> => {
  const { context, engine, isWorker } = deps;
  const { store, vault, clock } = context;
  const check = await installation.get(store.db, keyCheck);
  if (!check) throw new EvergrantError('storage_unavailable', { detail: 'The database was emptied' });
  verifyCheck(vault, check);
  const isConnected = engine()?.isConnected?.();
  if (isConnected === false && isWorker) {
    throw new EvergrantError('engine_stalled', { detail: 'Temporal does not answer; it is tried again by itself' });
  }
  if (isConnected !== undefined) {
    return { status: 'ok', database: 'ok', key: 'ok', engine: isConnected ? 'ok' : 'away' };
  }
  const beat = engine()?.lastBeat?.();
  if (beat === undefined) return { status: 'ok', database: 'ok', key: 'ok', engine: 'none' };
  const silence = clock.monotonic() - beat;
  if (silence <= stalledAfter) return { status: 'ok', database: 'ok', key: 'ok', engine: 'ok' };
  throw new EvergrantError('engine_stalled', {
    detail: `The engine has not come round for ${Math.floor(silence / 1000)} seconds`,
  });
};

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
      summary: 'Whether the database answers, the key fits and the engine of this process goes on',
      security: [],
      responses: { 200: json('All do', readiness), ...problems },
    }),
    async (c) => c.json(await checkReadiness(deps), 200),
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
