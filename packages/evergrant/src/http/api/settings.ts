import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { describeSettings } from '../../settings/index.ts';
import { version } from '../../telemetry/version.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { serverSettings } from '../examples.ts';
import { createRoute } from '../route.ts';
import { json, problems } from '../schemas.ts';
import { refuseBound } from './keys.ts';

export const settingsSchema = z
  .object({
    version: z.string().openapi({ description: 'Of Evergrant' }),
    settings: z.array(
      z.object({
        name: z.string().openapi({ description: 'The variable that sets it' }),
        value: z.string().nullable().openapi({
          description: 'As it would be written in that variable; null: it is not set, or it is a secret',
        }),
        secret: z.boolean().openapi({ description: 'Whether its value is never shown' }),
        source: z
          .enum(['environment', 'configuration', 'default'])
          .openapi({ description: '`configuration`: the file, or what the library was given' }),
      }),
    ),
  })
  .openapi('Settings', { examples: [serverSettings] });

/** With which settings this process runs: to be seen, not to be changed. */
export const addSettingsRoute = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/settings',
      operationId: 'listSettings',
      summary: 'List the settings of the process that answers, and where each comes from; never a secret',
      security: [{ apiKey: ['admin'] }],
      middleware: requires(deps, 'admin'),
      responses: { 200: json('The settings', settingsSchema), ...problems },
    }),
    (c) => {
      refuseBound(c.get('principal'));
      return c.json({ version, settings: describeSettings(deps.settings) }, 200);
    },
  );
};
