import { z } from '@hono/zod-openapi';
import type { RenewalRecord } from '../connections/connections.ts';
import type { Flow, FlowAccount } from '../connections/flow-view.ts';
import type { Connection } from '../connections/view.ts';
import { errorCodes } from '../errors/index.ts';
import { toProblem } from '../errors/problem.ts';
import type { TimelineEvent } from '../events/index.ts';
import type { AccessToken } from '../grants/read.ts';

/*
 * The shapes of the HTTP API: snake_case, every member named. Answers are built member by member, so that a column
 * that is added one day does not leak by itself.
 */

export const time = z.string().datetime().openapi({ example: '2026-11-26T12:00:00.000Z' });
/** Whether a value can be walked without fear for the stack. */
const isShallow = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1)));

const metadata = z
  .record(z.string().max(100), z.unknown())
  .refine((value) => isShallow(value, 20), { error: 'must not be nested deeper than 20 levels' });

/** Text of a caller that is stored or compared. SQLite stops reading a pattern at NUL, PostgreSQL takes none at all. */
export const callerText = z.string().refine((text) => !text.includes('\0'), { error: 'must not contain NUL' });

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    code: z.enum(errorCodes as [string, ...string[]]),
    actor: z.enum(['user', 'operator', 'developer', 'provider', 'service']),
    retryable: z.boolean(),
    retry_after: z.int().optional(),
    connection_id: z.string().optional(),
    provider: z.string().optional(),
    reconnect_url: z.string().optional(),
    reason: z.string().optional().openapi({ description: 'Why a person must reconnect' }),
    upstream: z
      .object({
        status: z.int().optional(),
        code: z.string().optional(),
        description: z.string().optional(),
        request_id: z.string().optional(),
      })
      .optional(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

export const connectionSchema = z
  .object({
    id: z.string(),
    provider: z.string(),
    owner: z.string(),
    status: z.enum(['active', 'limited', 'degraded', 'reauth_required', 'disabled', 'pending']),
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
  .openapi('Connection');

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
    expires_at: time.nullable(),
    scopes: z.array(z.string()),
    generation: z.int(),
  })
  .openapi('AccessToken');

export const tokenBody = (token: AccessToken): z.infer<typeof tokenSchema> => ({
  access_token: token.accessToken,
  token_type: token.tokenType,
  ...(token.tokenSecret === undefined ? {} : { token_secret: token.tokenSecret }),
  expires_at: token.expiresAt,
  scopes: token.scopes,
  generation: token.generation,
});

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
  .openapi('Account');

const accountBody = (account: FlowAccount): z.infer<typeof accountSchema> => ({
  id: account.id,
  type: account.type,
  name: account.name,
  username: account.username,
  picture: account.picture,
  url: account.url,
  unavailable: account.unavailable,
});

export const flowSchema = z
  .object({
    id: z.string(),
    status: z.enum(['pending', 'choosing', 'connected', 'failed', 'expired']),
    connections: z.array(connectionSchema),
    accounts: z.array(accountSchema),
    error: problemSchema.nullable(),
    expires_at: time,
  })
  .openapi('Flow');

export const flowBody = (flow: Flow, publicUrl: string): z.infer<typeof flowSchema> => ({
  id: flow.id,
  status: flow.status,
  connections: flow.connections.map(connectionBody),
  accounts: flow.accounts.map(accountBody),
  error: flow.error === null ? null : (toProblem(flow.error, publicUrl) as z.infer<typeof problemSchema>),
  expires_at: flow.expiresAt,
});

export const connectSchema = z
  .strictObject({
    provider: z.string().min(1).max(63).optional(),
    owner: callerText.min(1).max(200),
    scopes: z.array(z.string().min(1).max(300)).min(1).max(100).optional(),
    return_to: z.string().max(2000).optional(),
    connection_id: z.string().max(100).optional(),
    instance: z.string().min(1).max(253).optional(),
    metadata: metadata.optional(),
    skip_confirmation: z.boolean().optional(),
  })
  .openapi('Connect');

export const startedFlowSchema = z
  .object({ id: z.string(), status: z.literal('pending'), url: z.string(), status_token: z.string(), expires_at: time })
  .openapi('StartedFlow');

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
  .openapi('Event');

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
  .openapi('Renewal');

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
  .openapi('ConnectionChanges');

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() });

/** A number in a query; its faults are told like those of a body. */
export const queryNumber = z
  .string()
  .regex(/^-?\d+(?:\.\d+)?$/, { error: 'must be a number' })
  .transform(Number);

export const pageQuery = {
  limit: queryNumber.pipe(z.int().min(1).max(200)).optional(),
  cursor: z.string().max(200).optional(),
};

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
