import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isEvergrantError } from '../errors/index.ts';
import { grants, type JournalRow, journal, type Store } from '../store/index.ts';
import { syncFolder } from '../vault/sync-folder.ts';
import type { Context } from './context.ts';

/**
 * Answers that the database does not take just now, sealed, one file each, synced to disk before anybody relies on it.
 * The window in which a crash loses a rotated token stays as small as with a database that answers.
 */
export interface Spool {
  /** @throws Error when the disk does not take it either */
  write(row: JournalRow): Promise<void>;
  /** Forgets an answer that the database has. */
  remove(id: string): Promise<void>;
  /** Moves what lies here into the journal, unless it is finished already. */
  drain(context: Context): Promise<void>;
  /** How many answers lie here. */
  count(): Promise<number>;
}

/** @param folder made when needed; null: there is no disk to write to (a database in memory) */
export const createSpool = (folder: string | null): Spool => ({
  async write(row) {
    if (folder === null) throw new Error('there is no folder to spool to');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${row.id}.json`);
    // Other processes may share the folder, and must see whole files only.
    await writeSynced(`${path}.part`, { ...row, answer_sealed: Buffer.from(row.answer_sealed).toString('base64') });
    await rename(`${path}.part`, path);
    await syncFolder(folder);
  },

  async remove(id) {
    if (folder !== null) await rm(join(folder, `${id}.json`), { force: true }).catch(() => {});
  },

  async drain(context) {
    for (const name of await filesOf(folder)) {
      const path = join(folder!, name);
      const text = await readFile(path, 'utf8').catch(ifGone);
      if (text === null) continue;
      const row = parse(text);
      if (row === null) {
        context.logger.error({ file: path }, 'a spooled answer cannot be read; it is left where it is');
        continue;
      }
      try {
        await journalOnce(context.store, row);
      } catch (error) {
        // One that the journal does not take must not keep the others, or the process that starts, from theirs.
        if (isStorageFault(error)) throw error;
        context.logger.error(
          { file: path, error },
          'the journal does not take a spooled answer; it is left where it is',
        );
        continue;
      }
      await rm(path, { force: true });
      context.logger.info({ grant: row.grant_id }, 'moved a spooled answer into the journal');
    }
  },

  count: async () => (await filesOf(folder)).length,
});

const filesOf = async (folder: string | null): Promise<string[]> => {
  if (folder === null) return [];
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  } catch {
    return [];
  }
};

/** Another process that shares the folder was faster. */
const ifGone = (error: NodeJS.ErrnoException): null => {
  if (error.code === 'ENOENT') return null;
  throw error;
};

/** Puts an answer into the journal, unless it is there or has been finished by another process. */
export const journalOnce = (store: Pick<Store, 'transaction'>, row: JournalRow): Promise<void> =>
  store.transaction(async (tx) => {
    // Locked: an end that is committed between the two would be committed once more from the journal.
    const attempt = await grants.attemptById(tx, row.id, true);
    if (attempt?.ended_at == null) await journal.insertOnce(tx, row);
  });

const writeSynced = (path: string, content: object): Promise<void> =>
  writeFile(path, JSON.stringify(content), { flag: 'wx', mode: 0o600, flush: true });

const parse = (text: string): JournalRow | null => {
  try {
    const row = JSON.parse(text) as JournalRow & { answer_sealed: unknown };
    if (typeof row.answer_sealed !== 'string') return null;
    return { ...row, answer_sealed: Buffer.from(row.answer_sealed, 'base64') };
  } catch {
    return null;
  }
};

/** Whether an error says that the database does not take anything now, rather than that the work was wrong. */
export const isStorageFault = (error: unknown): boolean => isEvergrantError(error, 'storage_unavailable');
