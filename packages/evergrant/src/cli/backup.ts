import { statSync } from 'node:fs';
import { backUpSqlite } from '../store/index.ts';
import { type Arguments, UsageError } from './arguments.ts';
import { readSettings } from './open.ts';
import type { Output } from './output.ts';

/** `evergrant backup FILE`: copies the SQLite database while the service goes on. An upgrade is not begun by it. */
export const backUp = async (args: Arguments, output: Output): Promise<number> => {
  const [file] = args.positionals;
  if (file === undefined || args.positionals.length > 1) throw new UsageError('evergrant backup FILE');
  const { database, encryptionKeys } = (await readSettings(args)).settings;
  if (database.kind !== 'sqlite') {
    throw new UsageError('The database is PostgreSQL: back it up with its own tools, for instance pg_dump');
  }
  backUpSqlite(database.path, file);
  const { size } = statSync(file);
  const keys = encryptionKeys ? 'ENCRYPTION_KEYS' : 'the key file beside the database';
  output.out(
    args.options.json
      ? JSON.stringify({ file, bytes: size })
      : `${file}: ${size} bytes. It opens only with ${keys}, which must be kept elsewhere`,
  );
  return 0;
};
