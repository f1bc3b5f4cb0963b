import { hash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';

/** Writes lines to a file that only its owner may read. @param flags as of `fs.open` */
export const openAppending = async (path: string, flags: 'a' | 'w') => {
  const file = await open(path, flags, 0o600);
  return {
    write: (line: string): Promise<void> => file.appendFile(`${line}\n`),
    close: () => file.close(),
  };
};

/**
 * Which lines were done by earlier runs: their hashes. A line holds tokens, which nobody can guess from a hash.
 *
 * @param path undefined: nothing is remembered
 */
export const openState = async (path: string | undefined) => {
  const known = new Set(path === undefined ? [] : (await read(path)).split('\n'));
  const file = path === undefined ? null : await openAppending(path, 'a');
  const hashOf = (line: string): string => hash('sha256', line, 'hex');
  return {
    has: (line: string): boolean => known.has(hashOf(line)),
    add: async (line: string): Promise<void> => file?.write(hashOf(line)),
    close: async (): Promise<void> => file?.close(),
  };
};

const read = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};
