import { expect, test } from 'vitest';
import type { Database } from '../../src/store/index.ts';
import {
  aConnection,
  aDelivery,
  aFlow,
  aGate,
  aGrant,
  aKey,
  anAnswer,
  anAttempt,
  anEndpoint,
  anEvent,
  anInstanceApp,
  aProviderApp,
  aRevocation,
  aSchedule,
  aSession,
  noon,
} from './rows.ts';
import { describeOnEachDatabase } from './support.ts';

/** Every byte, in an order in which none stands by itself. */
const everyByte = Uint8Array.from({ length: 512 }, (_, index) => (index * 7) & 0xff);

/** What a database might take for something else. */
const awkward = `'";--\\ %_ \n\t Ärger 漢字 🙂 {"a":[1]} null`;

/** More than any moment until the year 9999, and still exact as a number. */
const farFuture = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Fills every column of a row: what is null in the plain row as well. */
const full = <Row extends object>(plain: Row, filled: Partial<Row>): Row => ({ ...plain, ...filled });

const grant = full(aGrant('grant_1'), {
  instance: awkward,
  subject: awkward,
  status: 'reauth_required',
  reason: 'revoked_or_expired',
  access_token_sealed: everyByte,
  refresh_token_sealed: everyByte.toReversed(),
  candidate_sealed: new Uint8Array(0),
  extra_sealed: everyByte,
  token_type: 'dpop',
  scopes_requested: JSON.stringify([awkward]),
  expires_at: farFuture,
  lifetime: 0,
  refresh_expires_at: 1,
  warn_at: noon,
  check_at: noon,
  last_refreshed_at: noon,
  generation: 2_147_483_647,
  token_fence: 2_147_483_647,
  fail_count: 7,
  failing_since: noon,
  degraded_at: noon,
  last_error: awkward,
  imported_mac: awkward,
});

const schedule = full(aSchedule('grant_1'), {
  urgency: 0,
  lease_owner: awkward,
  lease_until: noon,
  fence: 2_147_483_647,
  mark_id: 'att_1',
  mark_at: noon,
  mark_hash: awkward,
  doubt_since: noon,
  retry_at: noon,
  deadline_at: farFuture,
  last_used_at: noon,
});

const connection = full(aConnection('conn_1', 'grant_1'), {
  name: awkward,
  username: awkward,
  picture: awkward,
  url: awkward,
  token_sealed: everyByte,
  token_expires_at: farFuture,
  ended_reason: awkward,
  ended_error: awkward,
  metadata: JSON.stringify({ awkward, nul: '\0' }),
  disabled_at: noon,
});

const flow = full(aFlow('flow_1'), {
  status: 'choosing',
  provider: 'acme',
  instance: awkward,
  client_id: awkward,
  scopes: '[]',
  return_to: awkward,
  connection_id: 'conn_1',
  skip_confirmation: 1,
  browser_hash: awkward,
  state_hash: awkward,
  authorization_sealed: everyByte,
  redirect_uri: awkward,
  grant_id: 'grant_1',
  choices_sealed: everyByte,
  error: awkward,
});

/** Rows of each table: one with as many nulls as there can be, one without any. */
const rows: { [Table in keyof Database]: object[] } = {
  client_keys: [{ id: awkward, key_sealed: everyByte }],
  call_slots: [{ provider: awkward, client_id: awkward, slot: 1, holder: awkward, until: noon }],
  grants: [aGrant('grant_2', { refresh_token_sealed: null, expires_at: null, lifetime: null }), grant],
  schedule: [aSchedule('grant_2', { due_at: null }), schedule],
  connections: [aConnection('conn_2', 'grant_2'), connection],
  flows: [aFlow('flow_2'), flow],
  journal: [
    anAnswer('att_2', { grant_id: null }),
    full(anAnswer('att_1'), { flow_id: 'flow_1', instance: awkward, subject: awkward, answer_sealed: everyByte }),
  ],
  refresh_attempts: [
    anAttempt('att_2'),
    full(anAttempt('att_1'), { ended_at: noon, outcome: 'renewed', error_code: awkward }),
  ],
  provider_gates: [
    aGate({ client_id: 'other' }),
    full(aGate(), {
      blocked_by: 'outage',
      opened_at: noon,
      probes: 4,
      failures: 3,
      error: awkward,
      hold_until: farFuture,
      permits: 1 / 3,
      refilled_at: noon,
    }),
  ],
  revocations: [
    aRevocation('rev_2'),
    full(aRevocation('rev_1'), { instance: awkward, credentials_sealed: everyByte, attempts: 12 }),
  ],
  instance_apps: [
    anInstanceApp('app_2'),
    full(anInstanceApp('app_1'), { scopes: awkward, client_secret_sealed: everyByte, retired_at: farFuture }),
  ],
  provider_apps: [
    aProviderApp('app_2', { retired_at: farFuture }),
    full(aProviderApp('app_1'), {
      client_id: awkward,
      client_secret_sealed: everyByte,
      next_client_secret_sealed: everyByte.toReversed(),
      scopes: JSON.stringify([awkward]),
      redirect_uri: awkward,
      version: 2_147_483_647,
    }),
  ],
  events: [
    anEvent('evt_2', { position: 1, connection_id: null, owner: null, provider: null }),
    full(anEvent('evt_1'), { position: farFuture, data: awkward }),
  ],
  event_cursors: [{ name: awkward, position: farFuture }],
  webhook_endpoints: [
    anEndpoint('whk_2'),
    full(anEndpoint('whk_1'), {
      url: awkward,
      events: awkward,
      owner: awkward,
      secret_sealed: everyByte,
      previous_secret_sealed: everyByte,
      previous_until: farFuture,
      active_from: farFuture,
      disabled_at: noon,
      disabled_reason: 'gone',
      failures: 12,
      failing_since: noon,
      retry_at: farFuture,
    }),
  ],
  webhook_deliveries: [
    aDelivery('dlv_2'),
    full(aDelivery('dlv_1'), {
      position: farFuture,
      subject: awkward,
      attempts: 3,
      next_at: farFuture,
      claim: awkward,
      last_attempt_at: noon,
      last_status: 503,
      last_error: awkward,
      answer: awkward,
    }),
  ],
  api_keys: [aKey('key_2'), full(aKey('key_1'), { name: awkward, owner: awkward, revoked_at: noon })],
  sessions: [aSession('ses_1', { token_hash: awkward, key_hash: awkward, expires_at: farFuture })],
  installation: [
    { name: 'empty', value: new Uint8Array(0) },
    { name: 'full', value: everyByte },
  ],
};

/** PostgreSQL gives buffers and SQLite plain arrays; both are bytes. */
const plain = (row: object): object =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Uint8Array ? new Uint8Array(value) : value,
    ]),
  );

describeOnEachDatabase('what is written comes back', (database) => {
  test.each(Object.entries(rows))('from every column of %s', async (table, written) => {
    const { db } = database.store;
    const name = table as keyof Database;
    const needed = { schedule: 'grants', connections: 'grants' } as Partial<Record<keyof Database, keyof Database>>;
    for (const one of needed[name] ? [needed[name], name] : [name]) {
      await db
        .insertInto(one)
        .values(rows[one] as never)
        .execute();
    }
    const read = await db.selectFrom(name).selectAll().execute();
    expect(read).toHaveLength(written.length);
    expect(read.map(plain)).toEqual(expect.arrayContaining(written.map(plain)));
  });
});
