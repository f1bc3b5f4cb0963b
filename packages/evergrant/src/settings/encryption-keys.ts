import { createSecretKey, type KeyObject } from 'node:crypto';
import { EvergrantError, type FieldError } from '../errors/index.ts';
import { Secret } from '../telemetry/secret.ts';
import { builtinKeyProviders } from './key-provider.ts';

export interface NamedKey {
  id: string;
  /** Base64 of 32 bytes; with a provider, what that one has made of them. */
  key: Secret;
  /** Name of the key provider that alone can open it. */
  provider?: string;
}

/** The id stands in every envelope, so it is short ASCII. */
export const isKeyId = (id: string): boolean => /^[A-Za-z0-9._-]{1,32}$/.test(id);

export const keyBytes = 32;
const example = 'Make a key with `openssl rand -base64 32` and write it as k1:THE_OUTPUT';

/**
 * Reads a comma list (or lines) of `id:base64(32 bytes)` and `id:provider:wrapped`. The first key seals, all open.
 *
 * @param providers names of key providers
 * @throws EvergrantError `invalid_request` naming every fault by the key's position, never the value; a key that
 *   cannot have come from a random generator is a fault too
 */
export const parseKeys = (text: string, providers: readonly string[] = builtinKeyProviders): NamedKey[] => {
  const entries = text.split(/[,\r\n]/).map((entry) => entry.trim());
  const written = entries.filter((entry) => entry !== '').map((entry) => readEntry(entry, providers));
  const faults = written.flatMap(({ id, fault }, index) => {
    const twin = written.findIndex((other) => other.id === id && id !== '');
    const message = fault ?? (twin < index && twin >= 0 ? `has the same id as key ${twin + 1}` : null);
    return message ? [fieldError(index, message)] : [];
  });
  if (written.length === 0) faults.push({ pointer: '', code: 'missing', message: 'There is no key' });
  if (faults.length > 0) {
    const detail = `${faults.map(({ message }) => message).join('; ')}. ${example}.`;
    throw new EvergrantError('invalid_request', { detail, errors: faults });
  }
  return written.map(({ id, text, provider }) => ({ id, key: new Secret(text), ...(provider ? { provider } : {}) }));
};

const fieldError = (index: number, message: string): FieldError => ({
  pointer: `/${index}`,
  code: 'invalid_key',
  message: `Key ${index + 1} ${message}`,
});

interface Entry {
  id: string;
  text: string;
  provider?: string;
  fault: string | null;
}

const readEntry = (entry: string, providers: readonly string[]): Entry => {
  const colon = entry.indexOf(':');
  const id = entry.slice(0, Math.max(0, colon));
  const rest = entry.slice(colon + 1);
  const fault = idFault(colon, id);
  const second = rest.indexOf(':');
  if (second >= 0) {
    const [provider, text] = [rest.slice(0, second), rest.slice(second + 1)];
    return { id, text, provider, fault: fault ?? wrappedFault(provider, text, providers) };
  }
  const bytes = Buffer.from(rest, 'base64');
  return { id, text: bytes.toString('base64'), fault: fault ?? plainFault(rest, bytes) };
};

const idFault = (colon: number, id: string): string | null => {
  if (colon < 0) return 'has no id before a colon';
  return isKeyId(id) ? null : 'has an id that is not 1 to 32 letters, digits, dots, dashes or underscores';
};

/** A provider that is not known is not repeated: what stands there may be a part of something secret. */
const wrappedFault = (provider: string, text: string, providers: readonly string[]): string | null => {
  if (!providers.includes(provider)) return `is not base64, and names no key provider (${providers.join(', ')})`;
  return text === '' || /\s/.test(text) ? 'has nothing after its key provider, or blanks in it' : null;
};

const plainFault = (encoded: string, bytes: Buffer): string | null => {
  if (encoded === '') return 'is empty';
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded)) return 'is not base64';
  if (bytes.length < keyBytes) return `is too short: ${bytes.length} bytes instead of ${keyBytes}`;
  if (bytes.length > keyBytes) return `is too long: ${bytes.length} bytes instead of ${keyBytes}`;
  return isRandom(bytes) ? null : 'is not random';
};

/**
 * Refuses repeated bytes, text and counting. 32 random bytes hold fewer than 16 different ones, or nothing but
 * printable ASCII, less often than once in 10^13 keys.
 */
const isRandom = (bytes: Buffer): boolean => {
  const step = (bytes[1]! - bytes[0]!) & 0xff;
  const counting = bytes.every((byte, index) => index === 0 || ((byte - bytes[index - 1]!) & 0xff) === step);
  const printable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return new Set(bytes).size >= 16 && !printable && !counting;
};

/** Keys as `node:crypto` works with them fastest: several times faster than raw bytes. */
export const toKeyObjects = (keys: readonly NamedKey[]): { id: string; key: KeyObject }[] =>
  keys.map(({ id, key }) => ({ id, key: createSecretKey(key.reveal(), 'base64') }));
