import { EvergrantError } from '../errors/index.ts';
import { keyBytes, type NamedKey } from '../settings/encryption-keys.ts';
import type { KeyProvider } from '../settings/key-provider.ts';
import { Secret } from '../telemetry/secret.ts';
import { awsKms } from './aws-kms.ts';

const builtin: Record<string, KeyProvider> = { 'aws-kms': awsKms };

/**
 * A key provider by its name.
 *
 * @throws EvergrantError `storage_key_unavailable` when there is none
 */
export const keyProvider = (name: string, configured: Readonly<Record<string, KeyProvider>> = {}): KeyProvider => {
  const provider = [builtin, configured].find((known) => Object.hasOwn(known, name))?.[name];
  if (provider) return provider;
  throw unavailable(`There is no key provider "${name}".`);
};

/**
 * Has the keys that are wrapped opened by their providers. Those that are plain are left as they are.
 *
 * @throws EvergrantError `storage_key_unavailable` that names the key, the fault and the cure
 */
export const unwrapKeys = (
  keys: readonly NamedKey[],
  configured: Readonly<Record<string, KeyProvider>>,
): Promise<NamedKey[]> =>
  Promise.all(
    keys.map(async ({ id, key, provider: name }) => {
      if (name === undefined) return { id, key };
      const about = `Encryption key "${id}" cannot be opened by ${name}`;
      const bytes = await keyProvider(name, configured)
        .unwrap(key.reveal(), id)
        .catch((error: unknown) => {
          throw unavailable(`${about}: ${error instanceof Error ? error.message : 'it failed'}`);
        });
      if (bytes.length !== keyBytes)
        throw unavailable(`${about}: it gives ${bytes.length} bytes instead of ${keyBytes}.`);
      return { id, key: new Secret(Buffer.from(bytes).toString('base64')) };
    }),
  );

const unavailable = (detail: string): EvergrantError => new EvergrantError('storage_key_unavailable', { detail });
