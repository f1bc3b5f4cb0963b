import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { EvergrantError } from '../../errors/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { connectionId, problems } from '../schemas.ts';

/** A picture is no document: opened by itself, not even an SVG with a script in it does anything. */
const harmless = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** The pictures of accounts, fetched by us. */
export const addPictureRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/connections/{id}/picture',
      operationId: 'getConnectionPicture',
      summary: "Read the account's picture, so that the platform does not see who looks at it",
      security: [{ apiKey: ['connections:read'] }],
      middleware: requires(deps, 'connections:read'),
      request: { params: connectionId },
      responses: { 200: { description: 'The picture', content: { 'image/*': { schema: z.string() } } }, ...problems },
    }),
    async (c) => {
      const { account, provider } = await deps.connections.get(c.req.valid('param').id, c.get('principal'));
      if (account.picture === null) throw new EvergrantError('not_found');
      const { type, bytes } = await deps.pictures.fetch(account.picture, trustedOrigins(deps, provider));
      return c.body(bytes, 200, {
        'content-type': type,
        'cache-control': 'private, max-age=3600',
        'content-security-policy': harmless,
        'cross-origin-resource-policy': 'same-origin',
      }) as never;
    },
  );
};

/** None where the provider is no longer configured: its pictures are still out there. */
const trustedOrigins = (deps: HttpDependencies, provider: string): ReadonlySet<string> => {
  try {
    return deps.providerApps.catalogue.get(provider).trustedOrigins;
  } catch {
    return new Set();
  }
};
