import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { type AppTest, testApp } from '../../connections/app-credentials.ts';
import type { AppDescription } from '../../grants/provider-apps.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { appTest, newProviderApp, provider, providerApp } from '../examples.ts';
import { createRoute } from '../route.ts';
import { callerText, errorCode, idOf, json, jsonBody, problemSchema, problems, time } from '../schemas.ts';
import { refuseBound } from './keys.ts';

export const appSchema = z
  .object({
    provider: z.string(),
    client_id: z.string(),
    has_client_secret: z.boolean(),
    has_next_client_secret: z.boolean(),
    scopes: z.array(z.string()).openapi({ description: 'What a flow asks for unless it is narrowed' }),
    redirect_uri: z.string(),
    source: z
      .enum(['settings', 'api'])
      .openapi({ description: '`api`: it was set by this call, and stands before one from the settings' }),
    updated_at: time.nullable().openapi({ description: 'Null: it comes from the settings' }),
  })
  .openapi('ProviderApp', { examples: [providerApp] });

const secret = callerText.pipe(z.string().min(1).max(4000));

const newAppSchema = z
  .strictObject({
    client_id: callerText.pipe(z.string().min(1).max(1000)),
    client_secret: secret
      .nullable()
      .optional()
      .openapi({ description: 'Left out, the one that is known for this client id stays; null: the app has none' }),
    next_client_secret: secret
      .nullable()
      .optional()
      .openapi({ description: 'Tried where the first one is refused, and then put in its place' }),
    scopes: z
      .array(callerText.pipe(z.string().min(1).max(300)))
      .min(1)
      .max(100)
      .optional()
      .openapi({ description: "Left out: what the settings say, else the platform's required ones" }),
    redirect_uri: z
      .string()
      .max(2000)
      .optional()
      .openapi({ description: 'The standard redirect URI, with or without a final slash' }),
  })
  .openapi('NewProviderApp', { examples: [newProviderApp] });

export const appTestSchema = z
  .object({
    result: z.enum(['accepted', 'refused', 'unknown']).openapi({
      description: '`unknown`: the platform answers in the same way whatever the credentials are, or not at all',
    }),
    error_code: z.union([errorCode, z.null()]).openapi({ description: 'Null: it took them' }),
    upstream: problemSchema.shape.upstream.unwrap().nullable().openapi({ description: 'What it said itself' }),
  })
  .openapi('ProviderAppTest', { examples: [appTest] });

const appBody = (app: AppDescription): z.infer<typeof appSchema> => ({
  provider: app.provider,
  client_id: app.clientId,
  has_client_secret: app.hasClientSecret,
  has_next_client_secret: app.hasNextClientSecret,
  scopes: app.scopes,
  redirect_uri: app.redirectUri,
  source: app.source,
  updated_at: app.updatedAt,
});

const params = idOf('platform', provider.id);

/** The app of a platform: set, shown and taken back at run time, by keys that are bound to no owner. */
export const addProviderAppRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { providerApps, audit } = deps;
  const guarded = { security: [{ apiKey: ['admin'] }], middleware: requires(deps, 'admin') };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/providers/{id}/app',
      operationId: 'getProviderApp',
      summary: 'Read which app a platform is reached with; never its secrets',
      ...guarded,
      request: { params },
      responses: { 200: json('The app', appSchema), ...problems },
    }),
    async (c) => {
      refuseBound(c.get('principal'));
      return c.json(appBody(providerApps.get(c.req.valid('param').id)), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'put',
      path: '/v1/providers/{id}/app',
      operationId: 'setProviderApp',
      summary: 'Set the app of a platform, at once and without a restart',
      ...guarded,
      request: { params, body: jsonBody(newAppSchema) },
      responses: { 200: json('The app', appSchema), ...problems },
    }),
    async (c) => {
      refuseBound(c.get('principal'));
      const { id } = c.req.valid('param');
      const body = c.req.valid('json');
      const set = await providerApps.set(id, {
        clientId: body.client_id,
        clientSecret: body.client_secret,
        nextClientSecret: body.next_client_secret,
        scopes: body.scopes,
        redirectUri: body.redirect_uri,
      });
      audit.note('app.update', c.get('principal').keyId, id, { request: c.get('requestId') });
      return c.json(appBody(set), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/providers/{id}/app',
      operationId: 'removeProviderApp',
      summary: 'Take back an app that was set: that of the settings counts again',
      ...guarded,
      request: { params },
      responses: { 204: { description: 'Taken back' }, ...problems },
    }),
    async (c) => {
      refuseBound(c.get('principal'));
      const { id } = c.req.valid('param');
      await providerApps.remove(id);
      audit.note('app.delete', c.get('principal').keyId, id, { request: c.get('requestId') });
      return c.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/providers/{id}/app/test',
      operationId: 'testProviderApp',
      summary: 'Ask a platform whether it takes the credentials of its app; nobody has to consent',
      ...guarded,
      request: { params },
      responses: { 200: json('What it thinks of them', appTestSchema), ...problems },
    }),
    async (c) => {
      refuseBound(c.get('principal'));
      const { result, errorCode, upstream } = await testApp(deps.context, c.req.valid('param').id);
      return c.json({ result, error_code: errorCode, upstream: upstreamBody(upstream) }, 200);
    },
  );
};

const upstreamBody = (upstream: AppTest['upstream']): z.infer<typeof appTestSchema>['upstream'] =>
  upstream && {
    status: upstream.status,
    code: upstream.code,
    description: upstream.description,
    request_id: upstream.requestId,
  };
