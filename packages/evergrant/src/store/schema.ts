import type { Insertable, Selectable, Updateable } from 'kysely';
import type { EventCursorsTable, EventsTable, WebhookDeliveriesTable, WebhookEndpointsTable } from './schema-events.ts';
import type {
  ConnectionsTable,
  FlowsTable,
  GrantsTable,
  JournalTable,
  ProviderGatesTable,
  RefreshAttemptsTable,
  RevocationsTable,
  ScheduleTable,
} from './schema-grants.ts';
import type {
  ApiKeysTable,
  CallSlotsTable,
  ClientKeysTable,
  InstallationTable,
  InstanceAppsTable,
  ProviderAppsTable,
  SessionsTable,
} from './schema-service.ts';

export type * from './schema-events.ts';
export type * from './schema-grants.ts';
export type * from './schema-service.ts';

/*
 * Times are milliseconds since the epoch, JSON is text, flags are times (null: not so). Everything secret is an
 * envelope of the vault, bound to table, column and row; columns that hold one end in `_sealed`.
 */

export interface Database {
  client_keys: ClientKeysTable;
  call_slots: CallSlotsTable;
  flows: FlowsTable;
  grants: GrantsTable;
  schedule: ScheduleTable;
  connections: ConnectionsTable;
  journal: JournalTable;
  refresh_attempts: RefreshAttemptsTable;
  provider_gates: ProviderGatesTable;
  revocations: RevocationsTable;
  instance_apps: InstanceAppsTable;
  provider_apps: ProviderAppsTable;
  events: EventsTable;
  event_cursors: EventCursorsTable;
  webhook_endpoints: WebhookEndpointsTable;
  webhook_deliveries: WebhookDeliveriesTable;
  api_keys: ApiKeysTable;
  sessions: SessionsTable;
  installation: InstallationTable;
}

export type FlowRow = Selectable<FlowsTable>;
export type GrantRow = Selectable<GrantsTable>;
export type ScheduleRow = Selectable<ScheduleTable>;
export type ConnectionRow = Selectable<ConnectionsTable>;
export type JournalRow = Selectable<JournalTable>;
export type AttemptRow = Selectable<RefreshAttemptsTable>;
export type EventRow = Selectable<EventsTable>;
export type NewEvent = Insertable<EventsTable>;
export type WebhookEndpointRow = Selectable<WebhookEndpointsTable>;
export type WebhookDeliveryRow = Selectable<WebhookDeliveriesTable>;
export type ApiKeyRow = Selectable<ApiKeysTable>;
export type SessionRow = Selectable<SessionsTable>;
export type RevocationRow = Selectable<RevocationsTable>;
export type InstanceAppRow = Selectable<InstanceAppsTable>;
export type ProviderAppRow = Selectable<ProviderAppsTable>;
export type GateRow = Selectable<ProviderGatesTable>;
export type New<Table> = Insertable<Table>;
export type Changes<Table> = Updateable<Table>;
