import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { EvergrantError } from '../../errors/index.ts';
import { authenticate, bearerOf } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { permissions } from '../keyring.ts';
import type { Session } from '../sessions.ts';

export const sessionSchema = z.object({
  key_id: z.string(),
  permissions: z.array(z.enum(permissions)),
  owner: z.string().nullable(),
  /** Its absolute end. */
  expires_at: z.string(),
  /** Whether simulated platforms are on. */
  sandbox: z.boolean(),
});

/**
 * Signing in to the dashboard with an API key, and out. As what people see in their browser, it is no part of the
 * document: a program has its key.
 */
export const addSessionRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { sessions, settings, audit } = deps;
  const body = ({ principal, expiresAt }: Session): z.infer<typeof sessionSchema> => ({
    key_id: principal.keyId,
    permissions: [...principal.permissions],
    owner: principal.owner,
    expires_at: new Date(expiresAt).toISOString(),
    sandbox: settings.sandbox === true,
  });

  app.post('/session', async (c) => {
    const key = bearerOf(c);
    // Another session is no credential for a new one: its end would be put off for ever.
    if (key === null) throw new EvergrantError('unauthenticated');
    const session = await sessions.begin(c, key, await authenticate(deps, c));
    audit.note('session.create', session.principal.keyId, session.id, { request: c.get('requestId') });
    return c.json(body(session), 201);
  });

  app.get('/session', async (c) => c.json(body(await sessions.read(c))));

  app.delete('/session', async (c) => {
    const session = await sessions.end(c);
    if (session) audit.note('session.end', session.principal.keyId, session.id, { request: c.get('requestId') });
    return c.body(null, 204);
  });
};
