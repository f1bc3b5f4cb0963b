import type { Context as HonoContext } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { hashToken, randomToken } from '../connections/tokens.ts';
import { EvergrantError } from '../errors/index.ts';
import { type SessionRow, type Store, sessions } from '../store/index.ts';
import type { Clock } from '../telemetry/clock.ts';
import { newId } from '../telemetry/ids.ts';
import type { HttpEnv } from './deps.ts';
import type { Keyring, Principal } from './keyring.ts';

type Request = HonoContext<HttpEnv>;

/** Without a request of a person for so many milliseconds, a session is over. */
export const idleTime = 30 * 60_000;
/** So many milliseconds after it began it is over in any case. */
export const longestTime = 12 * 60 * 60_000;
/** The last use is written once in so many milliseconds. */
const useInterval = 60_000;

/** Somebody signed in to the dashboard. */
export interface Session {
  id: string;
  principal: Principal;
  /** The absolute end, in milliseconds since the epoch. */
  expiresAt: number;
}

export interface Sessions {
  /** Whether a request comes with a session's cookie, valid or not. */
  isClaimed(c: Request): boolean;
  /**
   * Whose session a request belongs to.
   *
   * @throws EvergrantError `unauthenticated` when it is over or its key was revoked; `permission_denied` when the request
   *   was made by the page of another site
   */
  authenticate(c: Request): Promise<Principal>;
  read(c: Request): Promise<Session>;
  /** Begins a session with the rights of an API key, and gives the browser its cookie. */
  begin(c: Request, key: string, principal: Principal): Promise<Session>;
  /** Ends it at the server, and takes the cookie away. Without one nothing happens. */
  end(c: Request): Promise<Session | null>;
}

/**
 * Sessions of the dashboard (OWASP ASVS 7.3): a random token in a cookie that no script reads, stored as a hash. What a
 * session permits is asked of its API key at every request, so it ends with that key, in all processes at once.
 */
export const createSessions = (store: Store, clock: Clock, keyring: Keyring, publicUrl: string): Sessions => {
  const cookie = sessionCookie(publicUrl);
  const ownOrigin = new URL(publicUrl).origin;

  const find = async (c: Request): Promise<SessionRow | null> => {
    const token = getCookie(c, cookie.name);
    const row = token === undefined ? undefined : await sessions.byTokenHash(store.db, hashToken(token));
    return row ?? null;
  };

  const noteUse = (c: Request, row: SessionRow, now: number): void => {
    // What a page asks for by itself is no sign that somebody sits before it.
    if (c.req.header('evergrant-background') === 'true' || now - row.seen_at < useInterval) return;
    // As with keys: a database that takes no writes still answers reads.
    sessions.noteUse(store.db, row.id, now).catch(() => {});
  };

  const read = async (c: Request): Promise<Session> => {
    refuseOtherSites(c, ownOrigin);
    const row = await find(c);
    const now = clock.now();
    if (!row || now >= row.expires_at || now >= row.seen_at + idleTime) {
      if (row) await sessions.remove(store.db, row.id);
      deleteCookie(c, cookie.name, cookie.attributes);
      throw new EvergrantError('unauthenticated', { detail: 'The session is over: sign in again' });
    }
    const principal = await keyring.ofHash(row.key_hash);
    noteUse(c, row, now);
    return { id: row.id, principal: { ...principal, session: true }, expiresAt: row.expires_at };
  };

  return {
    isClaimed: (c) => getCookie(c, cookie.name) !== undefined,
    read,
    authenticate: async (c) => (await read(c)).principal,
    async begin(c, key, principal) {
      const now = clock.now();
      await sessions.removeEnded(store.db, { expired: now, idleSince: now - idleTime });
      // A browser has one session: the token of the former one is of no use to anybody afterwards.
      const former = await find(c);
      if (former) await sessions.remove(store.db, former.id);
      const token = randomToken();
      const row = { id: newId('ses'), created_at: now, seen_at: now, expires_at: now + longestTime };
      await sessions.insert(store.db, { ...row, token_hash: hashToken(token), key_hash: hashToken(key) });
      setCookie(c, cookie.name, token, { ...cookie.attributes, maxAge: longestTime / 1000 });
      return { id: row.id, principal, expiresAt: row.expires_at };
    },
    async end(c) {
      refuseOtherSites(c, ownOrigin);
      const row = await find(c);
      if (row) await sessions.remove(store.db, row.id);
      deleteCookie(c, cookie.name, cookie.attributes);
      const principal = row && (await keyring.ofHash(row.key_hash).catch(() => null));
      return row && principal ? { id: row.id, principal, expiresAt: row.expires_at } : null;
    },
  };
};

/**
 * Strict: the pages are static, and what they ask for comes from themselves. Behind https the name has the `__Host-`
 * prefix; on loopback it has the port instead, because cookies do not know ports.
 */
export const sessionCookie = (publicUrl: string) => {
  const { protocol, port } = new URL(publicUrl);
  const secure = protocol === 'https:';
  return {
    name: secure ? '__Host-evergrant_session' : `evergrant_session_${port || '80'}`,
    attributes: { path: '/', httpOnly: true, secure, sameSite: 'Strict' },
  } as const;
};

/**
 * A cookie comes along by itself, so it counts only for requests of our own pages (OWASP ASVS 3.5). `same-site` is not
 * enough: on loopback every port is the same site. A browser that says nothing of it must at least name our origin when
 * it changes something.
 */
const refuseOtherSites = (c: Request, ownOrigin: string): void => {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const changes = c.req.method !== 'GET' && c.req.method !== 'HEAD';
  const isOwn =
    site === undefined
      ? origin === ownOrigin || (origin === undefined && !changes)
      : site === 'same-origin' || (site === 'none' && !changes);
  if (!isOwn) throw new EvergrantError('permission_denied', { detail: 'The request was made by another site' });
};
