import { dirname, join } from 'node:path';
import { keyCheck } from './grants/reseal.ts';
import type { Settings } from './settings/index.ts';
import { installation, type Store } from './store/index.ts';
import { Secret } from './telemetry/secret.ts';
import {
  createVault,
  loadOrCreateKeyFile,
  sealCheck,
  toKeyObjects,
  unwrapKeys,
  type Vault,
  verifyCheck,
} from './vault/index.ts';

/**
 * The vault of an installation: with the keys of its settings, of the key file beside its database, or, for what dies
 * with the process, of its own.
 *
 * @returns `newKeyFile`: the key file, if it was made just now
 * @throws EvergrantError `storage_key_unavailable` when a key cannot be had or does not open what the database holds
 */
export const openVault = async (
  settings: Settings,
  store: Store,
): Promise<{ vault: Vault; newKeyFile: string | null }> => {
  const { keys, newKeyFile } = await loadKeys(settings, store);
  const vault = createVault(toKeyObjects(await unwrapKeys(keys, settings.keyProviders)));
  await checkKey(store, vault);
  return { vault, newKeyFile };
};

const loadKeys = async (settings: Settings, store: Store) => {
  if (settings.encryptionKeys) return { keys: settings.encryptionKeys, newKeyFile: null };
  const { database } = settings;
  if (database.kind !== 'sqlite' || database.path === ':memory:') return { keys: ephemeralKeys(), newKeyFile: null };
  const path = join(dirname(database.path), 'evergrant.key');
  const isSealed = (await installation.get(store.db, keyCheck)) !== undefined;
  const { keys, created } = await loadOrCreateKeyFile(path, !isSealed);
  return { keys, newKeyFile: created ? path : null };
};

/** What dies with the process needs no key that outlives it. */
const ephemeralKeys = () => [
  { id: 'memory', key: new Secret(Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')) },
];

/** Refuses a key that does not open what this database holds, before anything is sealed with it. */
const checkKey = async (store: Store, vault: Vault): Promise<void> => {
  await installation.setOnce(store.db, keyCheck, sealCheck(vault));
  verifyCheck(vault, (await installation.get(store.db, keyCheck))!);
};
