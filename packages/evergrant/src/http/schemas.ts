import { z } from '@hono/zod-openapi';
import type { RenewalRecord } from '../connections/connections.ts';
import type { Connection } from '../connections/view.ts';
import { type ErrorCode, errorCodes } from '../errors/index.ts';
import type { TimelineEvent } from '../events/index.ts';
import type { AccessToken } from '../grants/read.ts';
import * as examples from './examples.ts';

/*
 * The shapes of the HTTP API: snake_case, every member named. Answers are built member by member, so that a column
 * that is added one day does not leak by itself.
 */

export const time = z
  .string()
  .datetime()
  .openapi({ examples: ['2026-11-26T12:00:00.000Z'] });

/** Whether a value can be walked without fear for the stack. */
const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1)));

/** What the application keeps with a connection. */
export const metadata = z
  .record(z.string().max(100), z.unknown())
  .refine((value) => isShallow(value, 20), { error: 'must not be nested deeper than 20 levels' })
  .openapi({ description: 'Whatever the application keeps with the connection; at most 20 levels deep' });

/** Text of a caller that is stored or compared. SQLite stops reading a pattern at NUL, PostgreSQL takes none at all. */
export const callerText = z.string().refine((text) => !text.includes('\0'), { error: 'must not contain NUL' });

export const accountSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    name: z.string().nullable(),
    username: z.string().nullable(),
    picture: z.string().nullable(),
    url: z.string().nullable(),
    unavailable: z.string().nullable().openapi({ description: 'Why it cannot be chosen' }),
  })
  .openapi('Account', { examples: [examples.account] });

export const errorCode = z.enum(errorCodes as [ErrorCode, ...ErrorCode[]]).openapi('ErrorCode', {
  description: 'What to decide by: its meaning never changes',
  examples: [examples.problem.code],
});

export const problemSchema = z
  .looseObject({
    type: z.string().openapi({ description: 'A page that explains the code' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional().openapi({ description: 'A sentence about this occurrence' }),
    instance: z.string().optional().openapi({ description: 'The request id, as in the log' }),
    code: errorCode,
    actor: z
      .enum(['user', 'operator', 'developer', 'provider', 'service'])
      .openapi({ description: 'Who must act; `provider` means that nobody can do anything but wait' }),
    retryable: z.boolean().openapi({ description: 'Whether the same request may succeed later by itself' }),
    retry_after: z.int().optional().openapi({ description: 'After how many seconds' }),
    connection_id: z.string().optional(),
    provider: z.string().optional(),
    reconnect_url: z.string().optional().openapi({ description: 'Where the person mends it' }),
    reason: z.string().optional().openapi({ description: 'Why a person must reconnect' }),
    accounts: z.array(accountSchema).optional().openapi({ description: 'What may be chosen' }),
    upstream: z
      .object({
        status: z.int().optional(),
        code: z.string().optional(),
        description: z.string().optional(),
        request_id: z.string().optional(),
      })
      .optional(),
    errors: z
      .array(z.object({ pointer: z.string(), code: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'The faults of the request, each with a JSON pointer' }),
  })
  .openapi('Problem', { examples: [examples.problem] });

export const connectionStatuses = ['active', 'limited', 'degraded', 'reauth_required', 'disabled', 'pending'] as const;

export const connectionStatus = z
  .enum(connectionStatuses)
  .openapi('ConnectionStatus', { examples: [examples.connection.status] });

export const connectionSchema = z
  .object({
    id: z.string(),
    provider: z.string(),
    owner: z.string(),
    status: connectionStatus,
    reason: z.string().nullable(),
    account: z.object({
      id: z.string(),
      type: z.string(),
      name: z.string().nullable(),
      username: z.string().nullable(),
      picture: z.string().nullable(),
      url: z.string().nullable(),
    }),
    scopes: z.object({ granted: z.array(z.string()), missing: z.array(z.string()) }),
    token: z.object({
      expires_at: time.nullable(),
      refreshable: z.boolean(),
      next_refresh_at: time.nullable(),
      last_refreshed_at: time.nullable(),
      refresh_expires_at: time.nullable(),
      generation: z.int(),
    }),
    last_error: z.object({ code: z.string(), detail: z.string().nullable(), at: time }).nullable(),
    reconnect_url: z.string().nullable(),
    metadata,
    created_at: time,
    updated_at: time,
  })
  .openapi('Connection', { examples: [examples.connection] });

export const connectionBody = (connection: Connection): z.infer<typeof connectionSchema> => ({
  id: connection.id,
  provider: connection.provider,
  owner: connection.owner,
  status: connection.status,
  reason: connection.reason,
  account: {
    id: connection.account.id,
    type: connection.account.type,
    name: connection.account.name,
    username: connection.account.username,
    picture: connection.account.picture,
    url: connection.account.url,
  },
  scopes: { granted: connection.scopes.granted, missing: connection.scopes.missing },
  token: {
    expires_at: connection.token.expiresAt,
    refreshable: connection.token.refreshable,
    next_refresh_at: connection.token.nextRefreshAt,
    last_refreshed_at: connection.token.lastRefreshedAt,
    refresh_expires_at: connection.token.refreshExpiresAt,
    generation: connection.token.generation,
  },
  last_error: connection.lastError,
  reconnect_url: connection.reconnectUrl,
  metadata: connection.metadata,
  created_at: connection.createdAt,
  updated_at: connection.updatedAt,
});

export const tokenSchema = z
  .object({
    access_token: z.string(),
    token_type: z.enum(['bearer', 'oauth1', 'dpop']),
    token_secret: z.string().optional().openapi({ description: 'With the type oauth1 only' }),
    extra: z
      .record(z.string(), z.string())
      .optional()
      .openapi({ description: 'What else the platform gave for use, as secret as the token: `webhook_url`' }),
    expires_at: time.nullable(),
    scopes: z.array(z.string()),
    generation: z.int(),
  })
  .openapi('AccessToken', { examples: [examples.accessToken] });

export const tokenBody = (token: AccessToken): z.infer<typeof tokenSchema> => ({
  access_token: token.accessToken,
  token_type: token.tokenType,
  ...(token.tokenSecret === undefined ? {} : { token_secret: token.tokenSecret }),
  ...(token.extra === undefined ? {} : { extra: token.extra }),
  expires_at: token.expiresAt,
  scopes: token.scopes,
  generation: token.generation,
});

export const eventSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    connection_id: z.string().nullable(),
    owner: z.string().nullable(),
    provider: z.string().nullable(),
    at: time,
    data: z.record(z.string(), z.unknown()),
  })
  .openapi('Event', { examples: [examples.event] });

export const eventBody = (event: TimelineEvent): z.infer<typeof eventSchema> => ({
  id: event.id,
  type: event.type,
  connection_id: event.connectionId,
  owner: event.owner,
  provider: event.provider,
  at: event.at,
  data: { ...event.data },
});

export const renewalSchema = z
  .object({
    id: z.string(),
    started_at: time,
    ended_at: time.nullable(),
    outcome: z.string().nullable(),
    error_code: z.string().nullable(),
    generation: z.int(),
  })
  .openapi('Renewal', { examples: [examples.renewal] });

export const renewalBody = (renewal: RenewalRecord): z.infer<typeof renewalSchema> => ({
  id: renewal.id,
  started_at: renewal.startedAt,
  ended_at: renewal.endedAt,
  outcome: renewal.outcome,
  error_code: renewal.errorCode,
  generation: renewal.generation,
});

export const updateSchema = z
  .strictObject({ metadata: metadata.optional(), disabled: z.boolean().optional() })
  .openapi('ConnectionChanges', { examples: [examples.connectionChanges] });

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() });

/** What the document says of a number that comes as the text of a query. */
export const asNumber = (type: 'integer' | 'number', minimum: number, maximum?: number) =>
  ({ type, minimum, ...(maximum === undefined ? {} : { maximum }), pattern: undefined }) as const;

/** A number in a query; its faults are told like those of a body. */
export const queryNumber = z
  .string()
  .regex(/^-?\d+(?:\.\d+)?$/, { error: 'must be a number' })
  .transform(Number);

export const pageQuery = {
  limit: queryNumber
    .pipe(z.int().min(1).max(200))
    .optional()
    .openapi({ ...asNumber('integer', 1, 200), description: 'How many at most', examples: [50] }),
  cursor: z.string().max(200).optional().openapi({ description: 'The `next_cursor` of the page before' }),
};

/** The `{id}` of a path. */
export const idOf = (what: string, example: string) =>
  z.object({ id: z.string().openapi({ description: `The id of the ${what}`, examples: [example] }) });

export const connectionId = idOf('connection', examples.connection.id);

/** The answers that every route may give besides its own. */
export const problems = {
  default: {
    description: 'A problem (RFC 9457)',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
} as const;

export const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});

export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  required: true,
  content: { 'application/json': { schema } },
});
