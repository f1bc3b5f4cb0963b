import { z } from '@hono/zod-openapi';
import type { Flow, FlowAccount } from '../connections/flow-view.ts';
import { toProblem } from '../errors/problem.ts';
import * as examples from './examples.ts';
import {
  accountSchema,
  callerText,
  connectionBody,
  connectionSchema,
  metadata,
  problemSchema,
  time,
} from './schemas.ts';

/* The shapes of flows, as those of schemas.ts. */

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
    // Not `nullable()`: of a schema that is referred to it would demand an object all the same.
    error: z.union([problemSchema, z.null()]),
    expires_at: time,
  })
  .openapi('Flow', { examples: [examples.flow] });

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
    provider: z.string().min(1).max(63).optional().openapi({ description: 'Left out, the person chooses on a page' }),
    owner: callerText
      .min(1)
      .max(200)
      .openapi({ description: "The application's own id of the user or tenant who connects" }),
    scopes: z
      .array(z.string().min(1).max(300))
      .min(1)
      .max(100)
      .optional()
      .openapi({ description: 'Narrower than the configured ones' }),
    return_to: z
      .string()
      .max(2000)
      .optional()
      .openapi({ description: 'Where the browser goes in the end; its origin must stand in `RETURN_URLS`' }),
    connection_id: z
      .string()
      .max(100)
      .optional()
      .openapi({ description: 'Reconnects this connection; another account is refused with `account_mismatch`' }),
    instance: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .openapi({ description: 'The server of the account, where the platform has many' }),
    metadata: metadata.optional(),
    skip_confirmation: z
      .boolean()
      .optional()
      .openapi({ description: 'True where the link goes straight to a signed-in user; otherwise a page asks first' }),
  })
  .openapi('Connect', { examples: [examples.connect] });

export const startedFlowSchema = z
  .object({ id: z.string(), status: z.literal('pending'), url: z.string(), status_token: z.string(), expires_at: time })
  .openapi('StartedFlow', { examples: [examples.startedFlow] });
