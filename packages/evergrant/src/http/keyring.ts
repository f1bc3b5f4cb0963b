import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashToken } from '../connections/tokens.ts';
import { EvergrantError } from '../errors/index.ts';
import { type ApiKeyRow, keys, type Page, type PageRequest, pageOf, type Store, toPage } from '../store/index.ts';
import type { Clock } from '../telemetry/clock.ts';
import { newId } from '../telemetry/ids.ts';
import { Secret } from '../telemetry/secret.ts';

export const permissions = [
  'connections:read',
  'connections:write',
  'tokens:read',
  'calls:write',
  'events:read',
  'admin',
] as const;

export type Permission = (typeof permissions)[number];

/** Who calls: what the key permits, and whose objects it reaches. */
export interface Principal {
  keyId: string;
  permissions: readonly Permission[];
  /** Null: everybody's. */
  owner: string | null;
  /** Whether a cookie of the dashboard says so: then what gives out tokens, or acts with them, is closed. */
  session?: true;
}

/** An API key as it is shown after it was made. */
export interface ApiKey {
  id: string;
  name: string;
  permissions: readonly Permission[];
  owner: string | null;
  createdAt: string;
  /** To the minute; null: never. */
  lastUsedAt: string | null;
}

export interface NewKey {
  name: string;
  permissions: Permission[];
  /** Binds it to what this owner has. */
  owner?: string;
}

export interface Keyring {
  /** The bootstrap key, if this start made one. It is kept only as a hash. */
  readonly created: Secret | null;
  /** @throws EvergrantError `unauthenticated` */
  authenticate(key: string): Promise<Principal>;
  /** As {@link Keyring.authenticate}, for what keeps only the hash of a key. @throws EvergrantError `unauthenticated` */
  ofHash(keyHash: string): Promise<Principal>;
  /** Makes a key, which is shown by this answer and never again. */
  create(input: NewKey): Promise<ApiKey & { key: Secret }>;
  /** Newest first; without those that were revoked. `owner`: only those that are bound to this one. */
  list(page?: PageRequest & { owner?: string }): Promise<Page<ApiKey>>;
  /** From now on no server takes it. `owner`: only if it is bound to this one. @throws EvergrantError `not_found` */
  revoke(id: string, of?: { owner?: string }): Promise<void>;
}

/** The last use of a key is written once in so many milliseconds. */
const useInterval = 60_000;

/**
 * API keys, stored as hashes. A configured bootstrap key has every permission; without one, and without any key in the
 * database, one is made.
 */
export const createKeyring = async (store: Store, clock: Clock, configured: Secret | null): Promise<Keyring> => {
  const bootstrap = configured ? Buffer.from(hashToken(configured.reveal())) : null;
  const noted = new Map<string, number>();

  const noteUse = (id: string, now: number): void => {
    if (now - (noted.get(id) ?? -useInterval) < useInterval) return;
    noted.set(id, now);
    // Whether a key was used must not decide whether it can be: a database that takes no writes still answers reads.
    keys.noteUse(store.db, id, now).catch(() => noted.delete(id));
  };

  const create = async ({ name, permissions: permitted, owner }: NewKey) => {
    const key = `eg_${randomBytes(32).toString('base64url')}`;
    const row: ApiKeyRow = {
      id: newId('key'),
      name,
      key_hash: hashToken(key),
      permissions: JSON.stringify(permitted),
      owner: owner ?? null,
      created_at: clock.now(),
      revoked_at: null,
      last_used_at: null,
    };
    await keys.insert(store.db, row);
    return { ...toApiKey(row), key: new Secret(key) };
  };

  const ofHash = async (hash: string, mayBeMade = true): Promise<Principal> => {
    if (bootstrap && timingSafeEqual(Buffer.from(hash), bootstrap)) {
      return { keyId: 'bootstrap', permissions: ['admin'], owner: null };
    }
    const row = mayBeMade ? await store.reads.apiKey(hash) : undefined;
    if (!row) throw new EvergrantError('unauthenticated');
    noteUse(row.id, clock.now());
    return { keyId: row.id, permissions: JSON.parse(row.permissions) as Permission[], owner: row.owner };
  };

  const isFirstStart = bootstrap === null && !(await keys.any(store.db));
  const created = isFirstStart ? (await create({ name: 'bootstrap', permissions: ['admin'] })).key : null;
  return {
    created,
    create,
    authenticate: (key) => ofHash(hashToken(key), key.startsWith('eg_')),
    ofHash,
    async list({ owner, ...page } = {}) {
      const { before, size } = pageOf(page, 'key_');
      return toPage((await keys.list(store.db, { before, limit: size + 1, owner })).map(toApiKey), size);
    },
    async revoke(id, { owner } = {}) {
      if (await keys.revoke(store.db, id, clock.now(), owner)) return;
      throw new EvergrantError('not_found', { detail: 'There is no such API key' });
    },
  };
};

const toApiKey = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  name: row.name,
  permissions: JSON.parse(row.permissions) as Permission[],
  owner: row.owner,
  createdAt: new Date(row.created_at).toISOString(),
  lastUsedAt: row.last_used_at === null ? null : new Date(row.last_used_at).toISOString(),
});

/**
 * `admin` may do everything, and who may write connections may read them. No session reads tokens: what runs in a
 * browser has no use for them, and what breaks into a page finds none.
 */
export const permits = (principal: Principal, needed: Permission): boolean =>
  !(principal.session && (needed === 'tokens:read' || needed === 'calls:write')) &&
  (principal.permissions.includes('admin') ||
    principal.permissions.includes(needed) ||
    (needed === 'connections:read' && principal.permissions.includes('connections:write')));
