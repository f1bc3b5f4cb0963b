import { newKey } from '../protocols/atproto/index.ts';
import { clientKeys, type Store } from '../store/index.ts';
import type { Vault } from '../vault/index.ts';

/**
 * The keys with which this installation authenticates at authorization servers (RFC 7523), one for each provider. Each
 * is made at its first use, by one node for all, and kept sealed for good: sessions end when it is no longer published.
 *
 * @returns the private key of a provider, as JSON Web Key
 */
export const createClientKeys = (store: Store, vault: Vault): ((provider: string) => Promise<string>) => {
  const opened = new Map<string, string>();
  return async (provider) => {
    const known = opened.get(provider);
    if (known !== undefined) return known;
    const place = { table: 'client_keys', column: 'key_sealed', row: provider };
    if ((await clientKeys.get(store.db, provider)) === undefined) {
      await clientKeys.setOnce(store.db, provider, vault.seal(newKey(), place));
    }
    const key = vault.open((await clientKeys.get(store.db, provider))!, place);
    opened.set(provider, key);
    return key;
  };
};
