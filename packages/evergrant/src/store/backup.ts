import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EvergrantError } from '../errors/index.ts';

/** How long the copy waits for another process to let it read, in milliseconds. */
const busyTimeout = 30_000;

/**
 * Copies a SQLite database as it stands at one moment, while others read and write it; what is committed meanwhile is not
 * in the copy. The copy is one file without a log beside it, holds nothing of what was deleted, can be read by its owner
 * alone, and lies on the disk when this returns. The schema is left as it is.
 *
 * @param to a file that does not exist yet
 * @throws EvergrantError `storage_unavailable` when there is no database
 * @throws Error when the copy cannot be written: the database answers, and has no part in that
 */
export const backUpSqlite = (path: string, to: string): void => {
  const from = openExisting(path);
  try {
    // Made here, because SQLite would let everybody read it, and would fill a file that is already there.
    closeSync(openFor(to, 'wx'));
    try {
      from.prepare('vacuum into ?').run(resolve(to));
      sync(to);
    } catch (error) {
      rmSync(to, { force: true });
      throw unwritten(to, error);
    }
  } finally {
    from.close();
  }
};

const openExisting = (path: string): DatabaseSync => {
  try {
    return new DatabaseSync(path, { readOnly: true, timeout: busyTimeout });
  } catch (error) {
    throw new EvergrantError('storage_unavailable', {
      detail: `${resolve(path)} cannot be opened (${messageOf(error)}). Run this where the service runs, with its settings`,
    });
  }
};

const openFor = (file: string, flags: 'wx' | 'r+'): number => {
  try {
    return openSync(file, flags, 0o600);
  } catch (error) {
    throw unwritten(file, error);
  }
};

const sync = (file: string): void => {
  const opened = openFor(file, 'r+');
  fsyncSync(opened);
  closeSync(opened);
};

const unwritten = (to: string, error: unknown): Error =>
  new Error(
    `${resolve(to)} cannot be written (${messageOf(error)}). Name a file that does not exist yet, in a folder that does, on a disk with room`,
  );

const messageOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined || code === 'ERR_SQLITE_ERROR' ? message : code;
};
