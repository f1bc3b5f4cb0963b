import type { z } from '@hono/zod-openapi';
import type { disconnectionSchema } from '../../../evergrant/src/http/api/connections.ts';
import type { keySchema } from '../../../evergrant/src/http/api/keys.ts';
import type { overviewSchema } from '../../../evergrant/src/http/api/overview.ts';
import type { appSchema, appTestSchema } from '../../../evergrant/src/http/api/provider-apps.ts';
import type { providerSchema } from '../../../evergrant/src/http/api/providers.ts';
import type { sessionSchema } from '../../../evergrant/src/http/api/session.ts';
import type { settingsSchema } from '../../../evergrant/src/http/api/settings.ts';
import type {
  createdSchema,
  deliverySchema,
  endpointSchema,
  sentSchema,
  testSchema,
} from '../../../evergrant/src/http/api/webhook-schemas.ts';
import type { startedFlowSchema } from '../../../evergrant/src/http/flow-schemas.ts';
import type {
  connectionSchema,
  eventSchema,
  problemSchema,
  renewalSchema,
} from '../../../evergrant/src/http/schemas.ts';

/*
 * What the API answers, as its routes declare it: only types come from there, and the compiler holds both sides together.
 */

export type Connection = z.infer<typeof connectionSchema>;
export type Status = Connection['status'];
export type TimelineEvent = z.infer<typeof eventSchema>;
export type Renewal = z.infer<typeof renewalSchema>;
export type Disconnection = z.infer<typeof disconnectionSchema>;
export type Provider = z.infer<typeof providerSchema>;
export type App = z.infer<typeof appSchema>;
export type AppTest = z.infer<typeof appTestSchema>;
export type ServerSettings = z.infer<typeof settingsSchema>;
export type Overview = z.infer<typeof overviewSchema>;
export type ApiKey = z.infer<typeof keySchema>;
export type Session = z.infer<typeof sessionSchema>;
export type Permission = Session['permissions'][number];
export type ProblemBody = z.infer<typeof problemSchema>;
export type StartedFlow = z.infer<typeof startedFlowSchema>;

export type Webhook = z.infer<typeof endpointSchema>;
export type CreatedWebhook = z.infer<typeof createdSchema>;
export type Delivery = z.infer<typeof deliverySchema>;
/** A delivery with where it goes. */
export type SentDelivery = z.infer<typeof sentSchema>;
export type WebhookTest = z.infer<typeof testSchema>;

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}
