import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { ImportInput } from '../../connections/import.ts';
import { EvergrantError } from '../../errors/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { importing } from '../examples.ts';
import { limitedByKey } from '../limits.ts';
import { createRoute } from '../route.ts';
import { callerText, connectionBody, connectionSchema, json, jsonBody, metadata, problems } from '../schemas.ts';

const token = z.string().min(1).max(20_000);

/** Tokens of another system, as a request brings them and as a line of `evergrant import` does. */
export const importSchema = z
  .strictObject({
    provider: z.string().min(1).max(63),
    owner: callerText.pipe(z.string().min(1).max(200)),
    access_token: token
      .optional()
      .openapi({ description: 'May be left out where there is a refresh token: then it is renewed first' }),
    refresh_token: token.optional(),
    expires_at: z.string().datetime({ offset: true }).optional().openapi({
      description:
        'When the access token ends. Left out: it has no end that is known. In the past: it is renewed first',
    }),
    scopes: z
      .array(callerText.pipe(z.string().min(1).max(300)))
      .max(100)
      .optional()
      .openapi({ description: 'What was granted. Left out: what the app asks for, unless the platform tells' }),
    token_secret: token.optional().openapi({ description: 'Of OAuth 1.0a, required there' }),
    instance: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .openapi({ description: 'Host of the server, at platforms that have many' }),
    account_id: callerText
      .pipe(z.string().min(1).max(300))
      .optional()
      .openapi({ description: 'Which account to connect, where the tokens reach several' }),
    client_id: callerText
      .pipe(z.string().min(1).max(1000))
      .optional()
      .openapi({ description: 'The app that made the tokens. Left out: the one that is set now' }),
    metadata: metadata.optional(),
  })
  .openapi('Import', { examples: [importing] });

export const toImportInput = (body: z.infer<typeof importSchema>): ImportInput => ({
  provider: body.provider,
  owner: body.owner,
  accessToken: body.access_token,
  refreshToken: body.refresh_token,
  expiresAt: body.expires_at,
  scopes: body.scopes,
  tokenSecret: body.token_secret,
  instance: body.instance,
  metadata: body.metadata,
  accountId: body.account_id,
  clientId: body.client_id,
});

/** POST /v1/connections/import. */
export const addImportRoute = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/connections/import',
      operationId: 'importConnection',
      summary: 'Connect an account by tokens that another system holds',
      security: [{ apiKey: ['connections:write'] }],
      middleware: [requires(deps, 'connections:write'), limitedByKey(deps, 'flowStart')],
      request: { body: jsonBody(importSchema) },
      responses: {
        201: json('A new connection', connectionSchema),
        200: json('The account was connected before; its connection has these tokens now', connectionSchema),
        ...problems,
      },
    }),
    async (c) => {
      const body = c.req.valid('json');
      const { owner, keyId } = c.get('principal');
      if (owner !== null && owner !== body.owner) {
        throw new EvergrantError('permission_denied', { detail: 'This key is bound to another owner' });
      }
      const { connection, outcome } = await deps.imports.run(toImportInput(body));
      const more = { request: c.get('requestId'), owner: body.owner };
      deps.audit.note('connection.import', keyId, connection.id, more);
      return c.json(connectionBody(connection), outcome === 'created' ? 201 : 200);
    },
  );
};
