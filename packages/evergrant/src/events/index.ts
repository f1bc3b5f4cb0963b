import type { ReauthReason } from '../errors/index.ts';
import { type ConnectionRow, type EventRow, events, type NewEvent, type Queryable } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';

/** What happens to a connection, one event for one change. */
const connectionEventTypes = [
  'connection.created',
  'connection.updated',
  'connection.refreshed',
  'connection.refresh_failed',
  'connection.limited',
  'connection.degraded',
  'connection.reauth_required',
  'connection.recovered',
  'connection.disabled',
  'connection.expiring',
  'connection.reauth_reminder',
  'connection.deleted',
] as const;

/** Every type of event. */
export const eventTypes = [
  ...connectionEventTypes,
  'provider.app_invalid',
  'provider.recovered',
  'flow.failed',
] as const;

export type ConnectionEventType = (typeof connectionEventTypes)[number];
export type EventType = (typeof eventTypes)[number];

/** Facts of an event. No secrets: events are shown, sent and kept. */
export interface EventData {
  reason?: ReauthReason;
  code?: string;
  missing?: string[];
  generation?: number;
  flow_id?: string;
  /** Until access ends. */
  days?: number;
  /** Since a person is needed. */
  waiting_days?: number;
  ends_at?: string;
}

export interface TimelineEvent {
  id: string;
  type: EventType;
  connectionId: string | null;
  owner: string | null;
  provider: string | null;
  at: string;
  data: EventData;
}

/** One event for each of the connections. */
export const eventsFor = (
  at: number,
  type: ConnectionEventType,
  connections: Pick<ConnectionRow, 'id' | 'owner' | 'provider'>[],
  data: EventData = {},
): NewEvent[] =>
  connections.map(({ id, owner, provider }) => ({
    id: newId('evt'),
    type,
    connection_id: id,
    owner,
    provider,
    at,
    data: JSON.stringify(data),
  }));

/** Writes one event for each of the connections, in the transaction that makes the change. */
export const recordForConnections = (tx: Queryable, ...event: Parameters<typeof eventsFor>): Promise<void> =>
  events.insert(tx, eventsFor(...event));

/** Writes an event about a platform or a flow. */
export const record = (
  tx: Queryable,
  at: number,
  type: Exclude<EventType, ConnectionEventType>,
  about: { owner?: string; provider?: string },
  data: EventData = {},
): Promise<void> =>
  events.insert(tx, [
    {
      id: newId('evt'),
      type,
      connection_id: null,
      owner: about.owner ?? null,
      provider: about.provider ?? null,
      at,
      data: JSON.stringify(data),
    },
  ]);

export const toTimelineEvent = (row: EventRow): TimelineEvent => ({
  id: row.id,
  type: row.type as EventType,
  connectionId: row.connection_id,
  owner: row.owner,
  provider: row.provider,
  at: new Date(row.at).toISOString(),
  data: JSON.parse(row.data) as EventData,
});
