import type { StreamingEgress } from '../../egress/index.ts';
import { EvergrantError } from '../../errors/index.ts';
import {
  eventCursors,
  type Horizon,
  type Page,
  type PageRequest,
  pageOf,
  type Queryable,
  toPage,
  type WebhookEndpointRow,
  webhookDeliveries,
  webhookEndpoints,
} from '../../store/index.ts';
import { newId } from '../../telemetry/ids.ts';
import { Secret } from '../../telemetry/secret.ts';
import type { EventsContext } from '../context.ts';
import type { EventType } from '../index.ts';
import { cursor } from './fan-out.ts';
import { rotationTime } from './pace.ts';
import { newSigningSecret } from './signature.ts';
import { checkEndpointUrl, type TargetRules } from './target.ts';

/** Where events are sent. Times are RFC 3339 in UTC. */
export interface WebhookEndpoint {
  id: string;
  url: string;
  /** Null: all. */
  events: EventType[] | null;
  /** Only events of this owner; null: all. */
  owner: string | null;
  disabled: boolean;
  /** `gone`: it answered 410. `failing`: it took nothing for five days. */
  disabledReason: 'operator' | 'gone' | 'failing' | null;
  /** Since when every attempt failed. */
  failingSince: string | null;
  /** Until then the previous secret signs too. */
  previousSecretUntil: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface NewWebhookEndpoint {
  url: string;
  events?: EventType[] | null;
  owner?: string | null;
}

/** What may be changed of it. */
export interface WebhookEndpointChanges {
  url?: string;
  events?: EventType[] | null;
  disabled?: boolean;
}

type SecretColumn = 'secret_sealed' | 'previous_secret_sealed';

const place = (column: SecretColumn, id: string) => ({ table: 'webhook_endpoints', column, row: id });

/** The secrets that sign now, the newest first. */
export const signingSecrets = ({ vault }: EventsContext, row: WebhookEndpointRow, now: number): string[] => {
  const { id, secret_sealed, previous_secret_sealed, previous_until } = row;
  const secrets = [vault.open(secret_sealed, place('secret_sealed', id))];
  if (previous_secret_sealed !== null && previous_until !== null && previous_until > now) {
    secrets.push(vault.open(previous_secret_sealed, place('previous_secret_sealed', id)));
  }
  return secrets;
};

export type Endpoints = ReturnType<typeof createEndpoints>;

/** Webhook endpoints: made, listed, changed and removed. */
export const createEndpoints = (
  context: EventsContext,
  horizon: Horizon,
  egress: StreamingEgress,
  rules: TargetRules,
) => {
  const { store, vault, clock } = context;

  const existing = async (db: Queryable, id: string, lock = false): Promise<WebhookEndpointRow> => {
    const row = await webhookEndpoints.byId(db, id, lock);
    if (!row) throw new EvergrantError('not_found', { detail: 'There is no such webhook' });
    return row;
  };

  /**
   * Makes an endpoint, which gets what happens from now on. Its secret is in this answer and nowhere else.
   *
   * @throws EvergrantError `target_not_allowed`
   */
  const create = async ({ url, events, owner }: NewWebhookEndpoint): Promise<WebhookEndpoint & { secret: Secret }> => {
    await checkEndpointUrl(egress, url, rules);
    const [id, secret, now] = [newId('whk'), newSigningSecret(), clock.now()];
    const row: WebhookEndpointRow = {
      id,
      url,
      events: toColumn(events),
      owner: owner ?? null,
      secret_sealed: vault.seal(secret, place('secret_sealed', id)),
      previous_secret_sealed: null,
      previous_until: null,
      active_from: await horizon.last(),
      disabled_at: null,
      disabled_reason: null,
      failures: 0,
      failing_since: null,
      retry_at: null,
      created_at: now,
      updated_at: now,
    };
    await eventCursors.ensure(store.db, cursor, row.active_from);
    await webhookEndpoints.insert(store.db, row);
    return { ...toEndpoint(row), secret: new Secret(secret) };
  };

  /** @throws EvergrantError `not_found` */
  const get = async (id: string): Promise<WebhookEndpoint> => toEndpoint(await existing(store.db, id));

  /** Newest first. @throws EvergrantError `invalid_request` for a bad limit or cursor */
  const list = async (page: PageRequest = {}): Promise<Page<WebhookEndpoint>> => {
    const { before, size } = pageOf(page, 'whk_');
    return toPage((await webhookEndpoints.list(store.db, { before, limit: size + 1 })).map(toEndpoint), size);
  };

  /**
   * Changes it. One that is switched on again gets what happens from then on, and what had waited for it before.
   *
   * @throws EvergrantError `not_found`, `target_not_allowed`
   */
  const update = async (id: string, { url, events, disabled }: WebhookEndpointChanges): Promise<WebhookEndpoint> => {
    if (url !== undefined) await checkEndpointUrl(egress, url, rules);
    const from = await horizon.last();
    await store.transaction(async (tx) => {
      const row = await existing(tx, id, true);
      const now = clock.now();
      const isSwitched = disabled !== undefined && disabled !== (row.disabled_at !== null);
      await webhookEndpoints.update(tx, id, {
        ...(url === undefined ? {} : { url }),
        ...(events === undefined ? {} : { events: toColumn(events) }),
        ...(isSwitched && disabled ? { disabled_at: now, disabled_reason: 'operator' as const } : {}),
        ...(isSwitched && !disabled ? { disabled_at: null, disabled_reason: null, active_from: from } : {}),
        // Another address, or another chance: what the old one did counts no more.
        ...(url !== undefined || isSwitched ? { failures: 0, failing_since: null, retry_at: null } : {}),
        updated_at: now,
      });
      if (isSwitched && !disabled) {
        const start = await store.now(tx);
        await webhookDeliveries.promote(tx, id, start);
        await webhookDeliveries.hasten(tx, id, start);
      }
    });
    return get(id);
  };

  /** Removes it with everything that waits for it. @throws EvergrantError `not_found` */
  const remove = async (id: string): Promise<void> => {
    if (!(await webhookEndpoints.remove(store.db, id))) await existing(store.db, id);
    while ((await webhookDeliveries.removeSome(store.db, id, 1000)) > 0);
  };

  /**
   * Makes a new secret, which signs from now on. The previous one signs too for a day.
   *
   * @throws EvergrantError `not_found`
   */
  const rotateSecret = async (id: string): Promise<WebhookEndpoint & { secret: Secret }> => {
    const secret = newSigningSecret();
    await store.transaction(async (tx) => {
      const row = await existing(tx, id, true);
      const previous = vault.open(row.secret_sealed, place('secret_sealed', id));
      const now = clock.now();
      await webhookEndpoints.update(tx, id, {
        secret_sealed: vault.seal(secret, place('secret_sealed', id)),
        previous_secret_sealed: vault.seal(previous, place('previous_secret_sealed', id)),
        previous_until: now + rotationTime,
        updated_at: now,
      });
    });
    return { ...(await get(id)), secret: new Secret(secret) };
  };

  return { create, get, list, update, remove, rotateSecret, existing };
};

const toColumn = (events: EventType[] | null | undefined): string | null =>
  events == null ? null : JSON.stringify([...new Set(events)]);

const toEndpoint = (row: WebhookEndpointRow): WebhookEndpoint => ({
  id: row.id,
  url: row.url,
  events: row.events === null ? null : (JSON.parse(row.events) as EventType[]),
  owner: row.owner,
  disabled: row.disabled_at !== null,
  disabledReason: row.disabled_reason,
  failingSince: timeOf(row.failing_since),
  previousSecretUntil: timeOf(row.previous_until),
  createdAt: timeOf(row.created_at),
  updatedAt: timeOf(row.updated_at),
});

/** RFC 3339 in UTC. */
export const timeOf = <T extends number | null>(milliseconds: T): T extends null ? null : string =>
  (milliseconds === null ? null : new Date(milliseconds).toISOString()) as T extends null ? null : string;
