import { EvergrantError } from '../errors/index.ts';
import * as timeline from '../events/index.ts';
import type { Context } from '../grants/context.ts';
import { openCredentials } from '../grants/credentials.ts';
import { lookInterval } from '../grants/looking.ts';
import { factsOf, planFor } from '../grants/plan.ts';
import { awaitRenewal, errorOf, isoTime } from '../grants/read.ts';
import type { Renewals } from '../grants/renew.ts';
import { type AtPlatform, atPlatform, personOf, queueRevocation, tryRevocation } from '../grants/revocations.ts';
import {
  type ConnectionRow,
  type ConnectionStatus,
  connections,
  events,
  grants,
  type Page,
  type PageRequest,
  pageOf,
  type Queryable,
  schedule,
  toPage,
} from '../store/index.ts';
import { type Connection, toConnection } from './view.ts';

export interface ListFilter {
  owner?: string;
  provider?: string;
  status?: ConnectionStatus;
  /** Part of the account's name or username, or of the owner. */
  q?: string;
  /** At most 200; default 50. */
  limit?: number;
  cursor?: string;
}

/** One attempt to renew a grant. It holds no token, nor a hash of one. */
export interface RenewalRecord {
  id: string;
  startedAt: string;
  /** Null: under way, or its process died. */
  endedAt: string | null;
  outcome: string | null;
  errorCode: string | null;
  /** Of the token that was to be replaced. */
  generation: number;
}

/** Restricts a call to the connections of one owner; null or absent: all. */
export interface Scope {
  owner?: string | null;
}

export type Connections = ReturnType<typeof createConnections>;

export const createConnections = (context: Context, renewals: Renewals, options: { publicUrl: string }) => {
  const { store, clock } = context;
  const view = (record: Parameters<typeof toConnection>[2]) => toConnection(context, options.publicUrl, record);

  /** @throws EvergrantError `connection_not_found` */
  const get = async (id: string, scope: Scope = {}): Promise<Connection> => {
    const record = await connections.record(store.db, id, clock.now());
    if (!record || (scope.owner != null && record.owner !== scope.owner)) throw notFound(id);
    return view(record);
  };

  /** Newest first. @throws EvergrantError `invalid_request` for a bad limit or cursor */
  const list = async (filter: ListFilter = {}): Promise<Page<Connection>> => {
    const { limit, cursor, ...where } = filter;
    const { before, size } = pageOf({ limit, cursor }, 'conn_');
    const rows = await connections.list(store.db, { ...where, before, limit: size + 1 }, clock.now());
    return toPage(rows.map(view), size);
  };

  /** Its timeline, newest first. @throws EvergrantError `connection_not_found`, `invalid_request` */
  const listEvents = async (
    id: string,
    page: PageRequest = {},
    scope: Scope = {},
  ): Promise<Page<timeline.TimelineEvent>> => {
    await get(id, scope);
    const { before, size } = pageOf(page, 'evt_');
    const rows = await events.ofConnection(store.db, id, { before, limit: size + 1 });
    return toPage(rows.map(timeline.toTimelineEvent), size);
  };

  /**
   * The last renewals of its grant, newest first: when, with what outcome, and which token they replaced.
   *
   * @throws EvergrantError `connection_not_found`
   */
  const listRenewals = async (id: string, scope: Scope = {}): Promise<RenewalRecord[]> => {
    const row = await owned(store.db, id, scope);
    return (await grants.attemptsOf(store.db, row.grant_id, 100)).map((attempt) => ({
      id: attempt.id,
      startedAt: isoTime(attempt.started_at),
      endedAt: isoTime(attempt.ended_at),
      outcome: attempt.outcome,
      errorCode: attempt.error_code,
      generation: attempt.generation,
    }));
  };

  /** Changes metadata, or switches the connection off and on. @throws EvergrantError `connection_not_found` */
  const update = async (
    id: string,
    changes: { metadata?: Record<string, unknown>; disabled?: boolean },
    scope: Scope = {},
  ): Promise<Connection> => {
    await store.transaction(async (tx) => {
      const row = await owned(tx, id, scope, true);
      const now = clock.now();
      const metadata = changes.metadata === undefined ? row.metadata : JSON.stringify(changes.metadata);
      const isSwitched = changes.disabled !== undefined && changes.disabled !== (row.disabled_at !== null);
      if (metadata !== row.metadata) await connections.update(tx, id, { metadata, updated_at: now });
      if (isSwitched) await switchOff(tx, row, changes.disabled!, now);
      else if (metadata !== row.metadata) await timeline.recordForConnections(tx, now, 'connection.updated', [row]);
    });
    return get(id, scope);
  };

  const switchOff = async (tx: Queryable, connection: ConnectionRow, off: boolean, now: number): Promise<void> => {
    const row = await schedule.byGrant(tx, connection.grant_id, true);
    await connections.update(tx, connection.id, { disabled_at: off ? now : null, updated_at: now });
    await timeline.recordForConnections(tx, now, off ? 'connection.disabled' : 'connection.updated', [connection]);
    const siblings = await connections.ofGrant(tx, connection.grant_id);
    const allOff = siblings.every((sibling) => sibling.disabled_at !== null);
    const grant = await grants.byId(tx, connection.grant_id);
    if (grant?.status !== 'active') return;
    const app = context.apps.ofGrant(grant);
    const plan = planFor(app, factsOf(grant, row?.last_used_at ?? null), now);
    await schedule.update(tx, grant.id, allOff ? { due_at: null } : plan);
    if (lookInterval(app) !== null) await grants.update(tx, grant.id, { check_at: allOff ? null : now });
    context.notices.changed('schedule');
  };

  /**
   * Disconnects: gone here at once, its credentials destroyed when no sibling uses them, and revoked at the platform
   * where that ends nothing that lives (RFC 7009).
   *
   * @returns whether the platform has confirmed what had to be revoked; what it has not is tried again in the background
   * @throws EvergrantError `connection_not_found`
   */
  const disconnect = async (
    id: string,
    how: { revoke?: boolean } & Scope = {},
  ): Promise<{ revocationConfirmed: boolean }> => {
    const revocation = await store.transaction(async (tx) => {
      const row = await owned(tx, id, how, true);
      // Of siblings that are disconnected at the same time, one must see that it is the last.
      await schedule.byGrant(tx, row.grant_id, true);
      await connections.remove(tx, id);
      await timeline.recordForConnections(tx, clock.now(), 'connection.deleted', [row]);
      const siblings = await connections.ofGrant(tx, row.grant_id);
      if (siblings.length > 0) return null;
      const grant = (await grants.byId(tx, row.grant_id))!;
      await grants.remove(tx, grant.id);
      if (how.revoke === false) return null;
      return queueRevocation(context, tx, personOf(grant), openCredentials(context.vault, grant));
    });
    return { revocationConfirmed: revocation === null || (await tryRevocation(context, revocation)) };
  };

  /**
   * What {@link disconnect} would do: which connections live on the same grant and go on, and what happens at the
   * platform.
   *
   * @throws EvergrantError `connection_not_found`
   */
  const previewDisconnect = async (
    id: string,
    scope: Scope = {},
  ): Promise<{ siblings: Connection[]; atPlatform: AtPlatform }> => {
    const row = await owned(store.db, id, scope);
    const ids = (await connections.ofGrant(store.db, row.grant_id)).map((other) => other.id).filter((it) => it !== id);
    if (ids.length > 0) {
      const siblings = await connections.list(store.db, { ids, limit: ids.length }, clock.now());
      return { siblings: siblings.map(view), atPlatform: 'kept_for_others' };
    }
    const grant = (await grants.byId(store.db, row.grant_id))!;
    return { siblings: [], atPlatform: await atPlatform(context, store.db, grant) };
  };

  /**
   * Renews now, past any pause after a failure but never past an attempt of unknown outcome. Where the platform has no
   * renewal, or not yet, nothing is sent.
   *
   * @throws EvergrantError `connection_not_found`, `connection_disabled`, `reauth_required`, or why the renewal failed
   */
  const refresh = async (id: string, scope: Scope = {}): Promise<Connection> => {
    const row = await owned(store.db, id, scope);
    const grant = (await grants.byId(store.db, row.grant_id))!;
    const place = { id, provider: row.provider, reason: grant.reason };
    if (row.disabled_at !== null) throw new EvergrantError('connection_disabled', { connectionId: id });
    if (grant.status === 'reauth_required' || row.ended_reason !== null) {
      throw errorOf({ kind: 'ended', error: reauth(grant.reason ?? row.ended_reason) }, place);
    }
    const outcome = await awaitRenewal(context, renewals, grant.id, grant.generation, 'person');
    const renewed = outcome.kind === 'renewed' || outcome.kind === 'superseded';
    if (!renewed && outcome.kind !== 'not_renewable' && outcome.kind !== 'too_young') throw errorOf(outcome, place);
    return get(id, scope);
  };

  const owned = async (db: Queryable, id: string, scope: Scope, lock = false): Promise<ConnectionRow> => {
    const row = await connections.byId(db, id, lock);
    if (!row || (scope.owner != null && row.owner !== scope.owner)) throw notFound(id);
    return row;
  };

  return { get, list, listEvents, listRenewals, update, disconnect, previewDisconnect, refresh };
};

const notFound = (id: string): EvergrantError => new EvergrantError('connection_not_found', { connectionId: id });

const reauth = (reason: string | null): EvergrantError =>
  new EvergrantError('reauth_required', { extensions: { reason: reason ?? 'revoked_or_expired' } });
