import { timingSafeEqual } from 'node:crypto';
import { type EvergrantError, isEvergrantError, type ReauthReason } from '../errors/index.ts';
import { type Context, isRenewable } from '../grants/context.ts';
import { parseFailure } from '../grants/failure.ts';
import { isoTime } from '../grants/read.ts';
import type { ConnectionRecord, ConnectionStatus } from '../store/index.ts';

/** A connection as applications see it. Times are RFC 3339 in UTC. It never holds a token. */
export interface Connection {
  id: string;
  provider: string;
  owner: string;
  status: ConnectionStatus;
  reason: ReauthReason | null;
  account: {
    id: string;
    type: string;
    name: string | null;
    username: string | null;
    picture: string | null;
    url: string | null;
  };
  scopes: { granted: string[]; missing: string[] };
  token: {
    expiresAt: string | null;
    refreshable: boolean;
    nextRefreshAt: string | null;
    lastRefreshedAt: string | null;
    refreshExpiresAt: string | null;
    generation: number;
  };
  lastError: { code: string; detail: string | null; at: string } | null;
  /** Where a person mends it; only while they must. */
  reconnectUrl: string | null;
  metadata: Record<string, unknown>;
  createdAt: string;
  updatedAt: string;
}

/** @param publicUrl without a final slash */
export const toConnection = (context: Context, publicUrl: string, record: ConnectionRecord): Connection => {
  const failure = parseFailure(lastErrorOf(record));
  const refreshable = isRefreshable(context, record);
  const needsPerson = record.status === 'reauth_required' || record.status === 'limited';
  return {
    id: record.id,
    provider: record.provider,
    owner: record.owner,
    status: record.status,
    reason: (record.reason ?? record.ended_reason) as ReauthReason | null,
    account: {
      id: record.account_id,
      type: record.account_type,
      name: record.name,
      username: record.username,
      picture: record.picture,
      url: record.url,
    },
    scopes: {
      granted: JSON.parse(record.scopes_granted) as string[],
      missing: JSON.parse(record.scopes_missing) as string[],
    },
    token: {
      expiresAt: isoTime(record.has_own_token ? record.token_expires_at : record.expires_at),
      refreshable,
      nextRefreshAt: refreshable && record.status !== 'disabled' ? isoTime(record.due_at ?? null) : null,
      lastRefreshedAt: isoTime(record.last_refreshed_at),
      refreshExpiresAt: isoTime(record.refresh_expires_at),
      generation: record.generation,
    },
    lastError:
      failure && (record.failing_since !== null || record.status === 'reauth_required' || record.status === 'degraded')
        ? { code: failure.code, detail: failure.detail ?? null, at: isoTime(failure.at) }
        : null,
    reconnectUrl: needsPerson ? reconnectUrl(context, publicUrl, record.id) : null,
    metadata: JSON.parse(record.metadata) as Record<string, unknown>,
    createdAt: isoTime(record.created_at),
    updatedAt: isoTime(record.updated_at),
  };
};

/** What speaks of this connection first: the platform that is out, its grant, then the account itself. */
const lastErrorOf = ({ status, gate_error, last_error, ended_error }: ConnectionRecord): string | null =>
  (status === 'degraded' ? gate_error : null) ?? last_error ?? ended_error;

const isRefreshable = (context: Context, record: ConnectionRecord): boolean => {
  try {
    return isRenewable(context.apps.ofGrant(record), { hasRefreshToken: Boolean(record.has_refresh_token) });
  } catch {
    return false;
  }
};

/**
 * The address at which a person reconnects: it holds the connection's id and a keyed hash of it, so that it can be
 * handed out again and again without a row, and not be guessed.
 */
export const reconnectUrl = (context: Context, publicUrl: string, connectionId: string): string =>
  `${publicUrl}/reconnect/${connectionId}/${context.vault.mac(connectionId, 'reconnect')}`;

/** An error whose cure is to reconnect, with the address where a person does; any other error as it is. */
export const withReconnectUrl = (context: Context, publicUrl: string, error: EvergrantError): EvergrantError =>
  error.connectionId !== undefined && isEvergrantError(error, 'reauth_required', 'token_expired_not_renewable')
    ? error.with({ reconnectUrl: reconnectUrl(context, publicUrl, error.connectionId) })
    : error;

/** Where only a person can mend a failure, the error says at which address. */
export const guided = async <T>(context: Context, publicUrl: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw isEvergrantError(error) ? withReconnectUrl(context, publicUrl, error) : error;
  }
};

/** Whether an address is one that {@link reconnectUrl} made. */
export const checkReconnect = (context: Context, connectionId: string, proof: string): boolean => {
  const given = Buffer.from(proof);
  const known = Buffer.from(context.vault.mac(connectionId, 'reconnect'));
  return given.length === known.length && timingSafeEqual(given, known);
};
