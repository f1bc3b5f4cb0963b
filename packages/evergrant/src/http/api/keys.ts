import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { EvergrantError } from '../../errors/index.ts';
import { requires } from '../auth.ts';
import type { HttpDependencies, HttpEnv } from '../deps.ts';
import { key as exampleKey } from '../examples.ts';
import { type ApiKey, type Permission, type Principal, permissions } from '../keyring.ts';
import { createRoute } from '../route.ts';
import { callerText, idOf, json, jsonBody, pageOf, pageQuery, problems, time } from '../schemas.ts';

const permission = z.enum(permissions).openapi('Permission', { examples: [exampleKey.permissions[0]] });

export const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    permissions: z.array(permission),
    owner: z.string().nullable().openapi({ description: 'Null: it reaches what everybody has' }),
    created_at: time,
    last_used_at: time.nullable().openapi({ description: 'To the minute' }),
  })
  .openapi('ApiKey', { examples: [exampleKey] });

const createdKeySchema = keySchema
  .extend({ key: z.string().openapi({ description: 'Shown this once' }) })
  .openapi('CreatedApiKey', { examples: [{ ...exampleKey, key: 'eg_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG' }] });

export const keyBody = (key: ApiKey): z.infer<typeof keySchema> => ({
  id: key.id,
  name: key.name,
  permissions: [...key.permissions],
  owner: key.owner,
  created_at: key.createdAt,
  last_used_at: key.lastUsedAt,
});

const newKeySchema = z
  .strictObject({
    name: callerText.pipe(z.string().min(1).max(200)),
    permissions: z.array(permission).min(1),
    owner: callerText
      .pipe(z.string().min(1).max(200))
      .optional()
      .openapi({ description: 'Binds the key to what this owner has' }),
  })
  .openapi('NewApiKey', {
    examples: [{ name: exampleKey.name, permissions: exampleKey.permissions, owner: 'user_42' }],
  });

/** API keys: made, listed and revoked by those who may do everything. */
export const addKeyRoutes = (app: OpenAPIHono<HttpEnv>, deps: HttpDependencies): void => {
  const { keyring } = deps;
  app.openapi(
    createRoute({
      method: 'post',
      path: '/v1/keys',
      operationId: 'createKey',
      summary: 'Make an API key; it is shown by this answer and never again',
      security: [{ apiKey: ['admin'] }],
      middleware: requires(deps, 'admin'),
      request: { body: jsonBody(newKeySchema) },
      responses: { 201: json('The key', createdKeySchema), ...problems },
    }),
    async (c) => {
      const { name, permissions: permitted, owner } = c.req.valid('json');
      const bound = ownerFor(c.get('principal'), owner);
      const made = await keyring.create({ name, permissions: unique(permitted), ...bound });
      deps.audit.note('key.create', c.get('principal').keyId, made.id, { request: c.get('requestId') });
      return c.json({ ...keyBody(made), key: made.key.reveal() }, 201);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/keys',
      operationId: 'listKeys',
      summary: 'List API keys, newest first',
      security: [{ apiKey: ['admin'] }],
      middleware: requires(deps, 'admin'),
      request: { query: z.strictObject(pageQuery) },
      responses: { 200: json('A page of keys', pageOf(keySchema)), ...problems },
    }),
    async (c) => {
      const page = await keyring.list({ ...c.req.valid('query'), ...boundTo(c.get('principal')) });
      return c.json({ data: page.data.map(keyBody), next_cursor: page.nextCursor }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/keys/{id}',
      operationId: 'revokeKey',
      summary: 'Revoke an API key, at once and on every server',
      security: [{ apiKey: ['admin'] }],
      middleware: requires(deps, 'admin'),
      request: { params: idOf('key', exampleKey.id) },
      responses: { 204: { description: 'Revoked' }, ...problems },
    }),
    async (c) => {
      const { id } = c.req.valid('param');
      await keyring.revoke(id, boundTo(c.get('principal')));
      deps.audit.note('key.revoke', c.get('principal').keyId, id, { request: c.get('requestId') });
      return c.body(null, 204);
    },
  );
};

const unique = (permitted: Permission[]): Permission[] => [...new Set(permitted)];

/** A key that is bound to an owner makes keys for that owner only, whether or not it names them. */
const ownerFor = (principal: Principal, wanted: string | undefined): { owner?: string } => {
  const bound = boundTo(principal);
  if (bound.owner !== undefined && wanted !== undefined && wanted !== bound.owner) {
    throw new EvergrantError('permission_denied', { detail: 'This key makes keys for its own owner only' });
  }
  return wanted === undefined ? bound : { owner: wanted };
};

const boundTo = ({ owner }: Principal): { owner?: string } => (owner === null ? {} : { owner });

/** What concerns every owner is not for a key that is bound to one. */
export const refuseBound = ({ owner }: Principal): void => {
  if (owner === null) return;
  throw new EvergrantError('permission_denied', { detail: 'This call needs a key that is not bound to an owner' });
};
