import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { EvergrantError } from '../errors/index.ts';
import { isKeyId, keyBytes } from '../settings/encryption-keys.ts';

export { type NamedKey, parseKeys, toKeyObjects } from '../settings/encryption-keys.ts';
export { sealCheck, verifyCheck } from './check.ts';
export { loadOrCreateKeyFile } from './key-file.ts';
export { keyProvider, unwrapKeys } from './key-providers.ts';

/** Where a sealed value is stored. It opens there and nowhere else. */
export interface Place {
  table: string;
  column: string;
  row: string;
}

/** Seals what is secret at rest with AES-256-GCM, each value bound to its place. */
export interface Vault {
  /** The key that seals; the others only open. */
  readonly primaryKeyId: string;
  /** A new envelope; the same text never gives the same envelope twice. */
  seal(plaintext: string, place: Place): Uint8Array;
  /**
   * @throws EvergrantError `storage_key_unavailable` when the key is not there, or the value was not sealed with it,
   *   was changed, or was sealed for another place
   */
  open(envelope: Uint8Array, place: Place): string;
  /** @throws EvergrantError `storage_key_unavailable` when the value is no envelope */
  keyIdOf(envelope: Uint8Array): string;
  /**
   * Seals of this vault since it was made, by key id. Nonces are random, so a key must be replaced long before 2^32
   * seals (NIST SP 800-38D section 8.3).
   */
  counts(): Record<string, { seals: number }>;
  /**
   * HMAC-SHA256 of a text in base64url, to recognise it again without keeping it. Made with a key derived from the
   * primary one: when that changes, earlier values are no longer recognised.
   *
   * @param purpose keeps values of different uses apart
   */
  mac(text: string, purpose: string): string;
}

/*
 * Envelope: version (1 byte), length of the key id (1 byte), key id (ASCII), nonce, ciphertext, tag.
 * Authenticated with it: everything before the nonce, and the place.
 */
const version = 1;
const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * @param keys the first seals, all open
 * @throws EvergrantError `storage_key_unavailable` without a key, or for one that is not 256 bits under a proper id
 */
export const createVault = (keys: readonly { id: string; key: KeyObject }[]): Vault => {
  const [primary] = keys;
  if (!primary) throw unavailable('There is no key.');
  if (keys.some(({ id, key }) => !isKeyId(id) || key.symmetricKeySize !== keyBytes)) {
    throw unavailable('A key has a wrong length or id.');
  }
  const byId = new Map(keys.map((entry) => [entry.id, { key: entry.key, header: headerOf(entry.id), seals: 0 }]));
  const sealing = byId.get(primary.id)!;
  const macKey = createSecretKey(Buffer.from(hkdfSync('sha256', primary.key, '', 'evergrant mac', 32)));

  return {
    primaryKeyId: primary.id,
    seal(plaintext, place) {
      const { key, header } = sealing;
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(authenticated(header, place));
      const ciphertext = cipher.update(plaintext, 'utf8');
      cipher.final();
      sealing.seals += 1;
      return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()]);
    },
    open(envelope, place) {
      const { keyId, header, nonce, ciphertext, tag } = takeApart(envelope);
      const known = byId.get(keyId);
      if (!known) throw unavailable(`The value was sealed with key "${keyId}", which is not there.`);
      try {
        const decipher = createDecipheriv(algorithm, known.key, nonce, { authTagLength: tagBytes });
        decipher.setAAD(authenticated(header, place));
        decipher.setAuthTag(tag);
        return decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8');
      } catch {
        throw unavailable(
          `Key "${keyId}" does not open the value in ${place.table}.${place.column}: another key of that name sealed it, or it was changed or moved.`,
        );
      }
    },
    keyIdOf: (envelope) => takeApart(envelope).keyId,
    counts: () => Object.fromEntries([...byId].map(([id, { seals }]) => [id, { seals }])),
    mac: (text, purpose) =>
      createHmac('sha256', macKey)
        .update(JSON.stringify([purpose, text]))
        .digest('base64url'),
  };
};

const unavailable = (detail: string): EvergrantError => new EvergrantError('storage_key_unavailable', { detail });

const headerOf = (keyId: string): Buffer => Buffer.from([version, keyId.length, ...Buffer.from(keyId, 'latin1')]);

/** JSON of a list cannot be read in two ways, whatever the names hold. */
const authenticated = (header: Buffer, { table, column, row }: Place): Buffer =>
  Buffer.concat([header, Buffer.from(JSON.stringify([table, column, row]))]);

const takeApart = (envelope: Uint8Array) => {
  const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
  const headerBytes = 2 + (bytes[1] ?? 0);
  const header = bytes.subarray(0, headerBytes);
  const keyId = header.toString('latin1', 2);
  const shortest = headerBytes + nonceBytes + tagBytes;
  if (bytes[0] !== version || !isKeyId(keyId) || bytes.length < shortest) {
    throw unavailable('The stored value is not sealed.');
  }
  return {
    keyId,
    header,
    nonce: bytes.subarray(headerBytes, headerBytes + nonceBytes),
    ciphertext: bytes.subarray(headerBytes + nonceBytes, -tagBytes),
    tag: bytes.subarray(-tagBytes),
  };
};
