import type {
  ApiKeyRow,
  AttemptRow,
  ConnectionRow,
  FlowRow,
  GateRow,
  GrantRow,
  InstanceAppRow,
  JournalRow,
  NewEvent,
  ProviderAppRow,
  RevocationRow,
  ScheduleRow,
  SessionRow,
  WebhookDeliveryRow,
  WebhookEndpointRow,
} from '../../src/store/index.ts';
import { connections, grants, type Queryable, schedule } from '../../src/store/index.ts';

/*
 * Rows as the product writes them, plain but for what a test says.
 */

/** A moment that does not fit into 32 bits. */
export const noon = Date.UTC(2026, 10, 26, 12);

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const aGrant = (id: string, more: Partial<GrantRow> = {}): GrantRow => ({
  id,
  provider: 'acme',
  client_id: 'client',
  instance: null,
  owner: 'owner',
  subject: null,
  status: 'active',
  reason: null,
  access_token_sealed: bytes('access'),
  refresh_token_sealed: bytes('refresh'),
  candidate_sealed: null,
  extra_sealed: null,
  token_type: 'bearer',
  scopes_requested: '[]',
  scopes_granted: '[]',
  issued_at: noon,
  expires_at: noon + 3_600_000,
  lifetime: 3_600_000,
  refresh_expires_at: null,
  consented_at: noon,
  warn_at: null,
  check_at: null,
  last_refreshed_at: null,
  generation: 1,
  token_fence: null,
  consent: 1,
  fail_count: 0,
  failing_since: null,
  degraded_at: null,
  last_error: null,
  imported_mac: null,
  created_at: noon,
  updated_at: noon,
  ...more,
});

export const aSchedule = (grantId: string, more: Partial<ScheduleRow> = {}): ScheduleRow => ({
  grant_id: grantId,
  provider: 'acme',
  client_id: 'client',
  owner: 'owner',
  urgency: 2,
  due_at: noon,
  lease_owner: null,
  lease_until: null,
  fence: 0,
  mark_id: null,
  mark_at: null,
  mark_hash: null,
  doubt_since: null,
  retry_at: null,
  deadline_at: null,
  last_used_at: null,
  ...more,
});

export const aConnection = (id: string, grantId: string, more: Partial<ConnectionRow> = {}): ConnectionRow => ({
  id,
  grant_id: grantId,
  provider: 'acme',
  owner: 'owner',
  account_id: id,
  account_type: 'profile',
  name: null,
  username: null,
  picture: null,
  url: null,
  token_sealed: null,
  token_expires_at: null,
  scopes_missing: '[]',
  metadata: '{}',
  ended_reason: null,
  ended_error: null,
  disabled_at: null,
  created_at: noon,
  updated_at: noon,
  ...more,
});

export const aFlow = (id: string, more: Partial<FlowRow> = {}): FlowRow => ({
  id,
  status: 'pending',
  owner: 'owner',
  provider: null,
  instance: null,
  client_id: null,
  scopes: null,
  return_to: null,
  connection_id: null,
  metadata: '{}',
  skip_confirmation: 0,
  link_hash: `link of ${id}`,
  status_token_hash: `status token of ${id}`,
  browser_hash: null,
  state_hash: null,
  authorization_sealed: null,
  redirect_uri: null,
  grant_id: null,
  choices_sealed: null,
  connection_ids: '[]',
  error: null,
  created_at: noon,
  updated_at: noon,
  expires_at: noon + 600_000,
  ...more,
});

export const anAnswer = (id: string, more: Partial<JournalRow> = {}): JournalRow => ({
  id,
  kind: 'refresh',
  grant_id: 'grant',
  flow_id: null,
  provider: 'acme',
  client_id: 'client',
  instance: null,
  subject: null,
  consent: 1,
  generation: 1,
  fence: 1,
  started_at: noon,
  answer_sealed: bytes('answer'),
  created_at: noon,
  ...more,
});

export const anAttempt = (id: string, more: Partial<AttemptRow> = {}): AttemptRow => ({
  id,
  grant_id: 'grant',
  fence: 1,
  generation: 1,
  started_at: noon,
  ended_at: null,
  outcome: null,
  error_code: null,
  ...more,
});

export const aGate = (more: Partial<GateRow> = {}): GateRow => ({
  provider: 'acme',
  client_id: 'client',
  blocked_by: null,
  opened_at: null,
  probe_at: noon,
  probes: 1,
  failures: 0,
  error: null,
  hold_until: null,
  permits: 0,
  refilled_at: 0,
  ...more,
});

export const aRevocation = (id: string, more: Partial<RevocationRow> = {}): RevocationRow => ({
  id,
  provider: 'acme',
  client_id: 'client',
  instance: null,
  credentials_sealed: bytes('credentials'),
  attempts: 0,
  next_at: noon,
  created_at: noon,
  ...more,
});

export const anInstanceApp = (id: string, more: Partial<InstanceAppRow> = {}): InstanceAppRow => ({
  id,
  provider: 'acme',
  instance: 'one.example',
  client_id: `client of ${id}`,
  client_secret_sealed: bytes('secret'),
  redirect_uri: 'https://app.example/callback',
  scopes: 'read write',
  created_at: noon,
  retired_at: null,
  ...more,
});

export const aProviderApp = (id: string, more: Partial<ProviderAppRow> = {}): ProviderAppRow => ({
  id,
  provider: 'acme',
  client_id: `client of ${id}`,
  client_secret_sealed: null,
  next_client_secret_sealed: null,
  scopes: null,
  redirect_uri: null,
  version: 1,
  created_at: noon,
  updated_at: noon,
  retired_at: null,
  ...more,
});

export const anEvent = (id: string, more: Partial<NewEvent> = {}): NewEvent => ({
  id,
  type: 'connection.created',
  connection_id: 'connection',
  owner: 'owner',
  provider: 'acme',
  at: noon,
  data: '{}',
  ...more,
});

export const aKey = (id: string, more: Partial<ApiKeyRow> = {}): ApiKeyRow => ({
  id,
  name: 'bootstrap',
  key_hash: `hash of ${id}`,
  permissions: '["admin"]',
  owner: null,
  created_at: noon,
  revoked_at: null,
  last_used_at: null,
  ...more,
});

export const aSession = (id: string, more: Partial<SessionRow> = {}): SessionRow => ({
  id,
  token_hash: `hash of ${id}`,
  key_hash: 'hash of key_1',
  created_at: noon,
  seen_at: noon,
  expires_at: noon + 43_200_000,
  ...more,
});

/** A grant with its schedule and one connection, as {@link aConnection} is of it. */
export const insertConnected = async (
  db: Queryable,
  id: string,
  more: {
    grant?: Partial<GrantRow>;
    schedule?: Partial<ScheduleRow>;
    connection?: Partial<ConnectionRow>;
  } = {},
): Promise<void> => {
  await grants.insert(db, aGrant(id, more.grant));
  await schedule.insert(db, aSchedule(id, more.schedule));
  await connections.insert(db, aConnection(id, id, more.connection));
};

export const anEndpoint = (id: string, more: Partial<WebhookEndpointRow> = {}): WebhookEndpointRow => ({
  id,
  url: 'https://receiver.example/hook',
  events: null,
  owner: null,
  secret_sealed: bytes('secret'),
  previous_secret_sealed: null,
  previous_until: null,
  active_from: 0,
  disabled_at: null,
  disabled_reason: null,
  failures: 0,
  failing_since: null,
  retry_at: null,
  created_at: noon,
  updated_at: noon,
  ...more,
});

export const aDelivery = (id: string, more: Partial<WebhookDeliveryRow> = {}): WebhookDeliveryRow => ({
  id,
  endpoint_id: 'whk_1',
  event_id: `event of ${id}`,
  position: 1,
  subject: 'connection',
  status: 'pending',
  attempts: 0,
  next_at: null,
  claim: null,
  last_attempt_at: null,
  last_status: null,
  last_error: null,
  answer: null,
  created_at: noon,
  ...more,
});
