import { randomBytes, randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, unlink, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EvergrantError, isEvergrantError } from '../errors/index.ts';
import { type NamedKey, parseKeys } from '../settings/encryption-keys.ts';
import { syncFolder } from './sync-folder.ts';

/**
 * Reads the key file, or makes it with a new key at the first start. Of several processes that start at once one
 * makes it and all get the same key. A file that exists is never overwritten: without its key nothing stored can be
 * opened again.
 *
 * @param mayCreate whether nothing has been sealed yet; otherwise a file that is missing is not replaced
 * @throws EvergrantError `storage_key_unavailable` when the file cannot be read or made, is readable by others, or
 *   does not hold keys
 */
export const loadOrCreateKeyFile = async (
  path: string,
  mayCreate = true,
): Promise<{ keys: NamedKey[]; created: boolean }> => {
  const file = resolve(path);
  try {
    const present = await readKeyFile(file);
    if (present) return { keys: present, created: false };
    if (!mayCreate) {
      throw unavailable(
        `${file} is missing, and the database was sealed with its key. Put the file back from its backup, or give the key in ENCRYPTION_KEYS. No other key was made.`,
      );
    }
    const created = await createKeyFile(file);
    const keys = await readKeyFile(file);
    if (!keys) throw unavailable(`${file} vanished while it was read.`);
    return { keys, created };
  } catch (error) {
    if (isEvergrantError(error)) throw error;
    throw unavailable(`${file} cannot be read or made (${codeOf(error)}).`);
  }
};

const readKeyFile = async (file: string): Promise<NamedKey[] | null> => {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (!handle) return null;
  const text = await closing(handle, () => readPrivately(file, handle));
  try {
    return parseKeys(text);
  } catch (error) {
    throw isEvergrantError(error) ? unavailable(`${file} does not hold keys. ${error.detail}`) : error;
  }
};

const readPrivately = async (file: string, handle: FileHandle): Promise<string> => {
  const status = await handle.stat();
  if (!status.isFile()) throw unavailable(`${file} is not a file.`);
  // Windows has no such mode; its files belong to the profile of their user.
  if (process.platform !== 'win32' && (status.mode & 0o077) !== 0) {
    throw unavailable(`${file} can be read by other users of this machine. Run: chmod 600 ${file}`);
  }
  return handle.readFile('utf8');
};

/** Returns false when another process was faster. */
const createKeyFile = async (file: string): Promise<boolean> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  // A name of its own for each key: a lost and newly made file is then told from a changed one.
  const line = `k${randomBytes(4).toString('hex')}:${randomBytes(32).toString('base64')}\n`;
  try {
    await writeFile(draft, line, { flag: 'wx', mode: 0o600, flush: true });
    // Unlike a rename, a link never replaces what is there.
    await link(draft, file);
    await syncFolder(dirname(file));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft).catch(() => {});
  }
};

const closing = async <T>(handle: FileHandle, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } finally {
    await handle.close();
  }
};

const unavailable = (detail: string): EvergrantError => new EvergrantError('storage_key_unavailable', { detail });

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
