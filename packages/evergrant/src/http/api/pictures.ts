import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { EvergrantError, isEvergrantError } from '../../errors/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import type { Picture } from '../pictures.ts';
import { createRoute } from '../route.ts';
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
      const { id } = c.req.valid('param');
      const { account, provider } = await deps.connections.get(id, c.get('principal'));
      const fetched = async (url: string | null): Promise<Picture> => {
        if (url === null) throw new EvergrantError('not_found');
        return deps.pictures.fetch(url, trustedOrigins(deps, provider));
      };
      const { type, bytes } = await fetched(account.picture).catch(async (error: unknown) => {
        // At many platforms the address of a picture ends after hours or weeks.
        const isGone = isEvergrantError(error, 'not_found') && account.picture !== null;
        if (!isGone || !(await deps.reread(id))) throw error;
        return fetched((await deps.connections.get(id, c.get('principal'))).account.picture);
      });
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
