import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import type { Place, Vault } from './index.ts';

const place: Place = { table: 'vault', column: 'check', row: '1' };
const text = 'evergrant';

/** A value to store beside the first data, by which a later start knows whether its keys fit. */
export const sealCheck = (vault: Vault): Uint8Array => vault.seal(text, place);

/**
 * Detects a missing or wrong key before anything is sealed with it.
 *
 * @throws EvergrantError `storage_key_unavailable` that says which key to bring
 */
export const verifyCheck = (vault: Vault, envelope: Uint8Array): void => {
  try {
    vault.open(envelope, place);
  } catch (error) {
    if (!isEvergrantError(error, 'storage_key_unavailable')) throw error;
    const detail = `${error.detail} Set ENCRYPTION_KEYS to the keys with which this database was written, or restore its key file`;
    throw new EvergrantError('storage_key_unavailable', { detail });
  }
};
