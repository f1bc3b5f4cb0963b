import { z } from 'zod';

/**
 * A service that keeps a master key and lends out what it can open with it. It is asked once for each key at a start,
 * never for a row.
 */
export interface KeyProvider {
  /**
   * Opens an encryption key.
   *
   * @param wrapped what stands after the provider's name in `ENCRYPTION_KEYS`
   * @param id the id of the key
   * @returns its 32 bytes
   * @throws Error whose message says the fault and the cure, and holds no secret
   */
  unwrap(wrapped: string, id: string): Promise<Uint8Array>;
  /**
   * Makes an encryption key, for `evergrant vault new-key`.
   *
   * @param id the id that it is to have
   * @param master names the master key in the service
   * @returns what {@link KeyProvider.unwrap} opens
   * @throws Error as there
   */
  create(id: string, master: string): Promise<string>;
}

/** Names of those that are there without being configured. */
export const builtinKeyProviders = ['aws-kms'] as const;

const provider = z.custom<KeyProvider>(
  (value) =>
    typeof (value as KeyProvider | null)?.unwrap === 'function' && typeof (value as KeyProvider).create === 'function',
  { error: 'must have the functions unwrap and create' },
);

const isBuiltin = (name: string): boolean => (builtinKeyProviders as readonly string[]).includes(name);

const providerName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, {
    error: 'is no name of a key provider: lower-case letters, digits and "-" are allowed',
  })
  .refine((name) => !isBuiltin(name), { error: 'is the name of a key provider that is built in' });

export const keyProvidersSchema = z.record(providerName, provider);
