import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { isoTime } from '../../grants/read.ts';
import { connections } from '../../store/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { overview } from '../examples.ts';
import { createRoute } from '../route.ts';
import { json, problems, time } from '../schemas.ts';

const count = z.int();

export const overviewSchema = z
  .object({
    connections: z.object({
      total: count,
      statuses: z.object({ active: count, limited: count, degraded: count, reauth_required: count, disabled: count }),
      providers: z.array(
        z.object({
          provider: z.string(),
          total: count,
          troubled: count.openapi({ description: 'Those that are limited, degraded or must be reconnected' }),
        }),
      ),
    }),
    renewals: z.object({
      done: z.array(z.object({ at: time, renewed: count, failed: count })),
      due: z.array(z.object({ at: time, count })),
      overdue: z.object({ count, oldest: time.nullable() }),
    }),
  })
  .openapi('Overview', { examples: [overview] });

/** How everything fares, in numbers. */
export const addOverviewRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/overview',
      operationId: 'getOverview',
      summary: 'Count connections by status and platform, and renewals by hour',
      security: [{ apiKey: ['connections:read'] }],
      middleware: requires(deps, 'connections:read'),
      responses: { 200: json('The numbers; those of renewals are up to 15 seconds old', overviewSchema), ...problems },
    }),
    async (c) => {
      const owner = c.get('principal').owner ?? undefined;
      const { store, clock } = deps.context;
      const counts = await connections.counts(store.db, { owner }, clock.now());
      const { done, due, overdue } = await deps.renewalOverview(owner);
      return c.json(
        {
          connections: connectionFigures(counts),
          renewals: {
            done: done.map((hour) => ({ ...hour, at: isoTime(hour.at) })),
            due: due.map((hour) => ({ ...hour, at: isoTime(hour.at) })),
            overdue: { count: overdue.count, oldest: isoTime(overdue.oldest) },
          },
        },
        200,
      );
    },
  );
};

type Counts = Awaited<ReturnType<typeof connections.counts>>;

const connectionFigures = (counts: Counts): z.infer<typeof overviewSchema>['connections'] => {
  const sum = (wanted: (row: Counts[number]) => boolean): number =>
    counts.reduce((total, row) => (wanted(row) ? total + row.count : total), 0);
  const ofStatus = (status: string): number => sum((row) => row.status === status);
  const isTroubled = ({ status }: Counts[number]): boolean => status !== 'active' && status !== 'disabled';
  return {
    total: sum(() => true),
    statuses: {
      active: ofStatus('active'),
      limited: ofStatus('limited'),
      degraded: ofStatus('degraded'),
      reauth_required: ofStatus('reauth_required'),
      disabled: ofStatus('disabled'),
    },
    providers: [...new Set(counts.map(({ provider }) => provider))].map((provider) => ({
      provider,
      total: sum((row) => row.provider === provider),
      troubled: sum((row) => row.provider === provider && isTroubled(row)),
    })),
  };
};
