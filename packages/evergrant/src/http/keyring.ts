import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashToken } from '../connections/tokens.ts';
import { EvergrantError } from '../errors/index.ts';
import { keys, type Store } from '../store/index.ts';
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
}

export interface Keyring {
  /** The bootstrap key, if this start made one. It is kept only as a hash. */
  readonly created: Secret | null;
  /** @throws EvergrantError `unauthenticated` */
  authenticate(key: string): Promise<Principal>;
}

/**
 * API keys, stored as hashes. A configured bootstrap key has every permission; without one, and without any key in the
 * database, one is made.
 */
export const createKeyring = async (store: Store, clock: Clock, configured: Secret | null): Promise<Keyring> => {
  const bootstrap = configured ? Buffer.from(hashToken(configured.reveal())) : null;
  const created = bootstrap || (await keys.any(store.db)) ? null : await createBootstrapKey(store, clock);
  return {
    created,
    async authenticate(key) {
      const hash = hashToken(key);
      if (bootstrap && timingSafeEqual(Buffer.from(hash), bootstrap)) {
        return { keyId: 'bootstrap', permissions: ['admin'], owner: null };
      }
      const row = key.startsWith('eg_') ? await store.reads.apiKey(hash) : undefined;
      if (!row) throw new EvergrantError('unauthenticated');
      return { keyId: row.id, permissions: JSON.parse(row.permissions) as Permission[], owner: row.owner };
    },
  };
};

const createBootstrapKey = async (store: Store, clock: Clock): Promise<Secret> => {
  const key = `eg_${randomBytes(32).toString('base64url')}`;
  await keys.insert(store.db, {
    id: newId('key'),
    name: 'bootstrap',
    key_hash: hashToken(key),
    permissions: JSON.stringify(['admin'] satisfies Permission[]),
    owner: null,
    created_at: clock.now(),
    revoked_at: null,
  });
  return new Secret(key);
};

/** `admin` may do everything, and who may write connections may read them. */
export const permits = (principal: Principal, needed: Permission): boolean =>
  principal.permissions.includes('admin') ||
  principal.permissions.includes(needed) ||
  (needed === 'connections:read' && principal.permissions.includes('connections:write'));
