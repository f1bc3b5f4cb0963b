import { execFile, execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** The server's major version, below which pg_dump refuses it. */
const needed = 18;

/** Where `pg_dump` and `pg_restore` are that know the server. */
const folder = [process.env['POSTGRES_TOOLS_PATH'], ...(process.env['PATH'] ?? '').split(delimiter)].find(
  (path) => path && versionIn(path) >= needed,
);

function versionIn(path: string): number {
  try {
    const said = execFileSync(join(path, 'pg_dump'), ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    return Number(/\) (\d+)/.exec(said)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const absent = `These tests need pg_dump ${needed} or newer, which is neither in POSTGRES_TOOLS_PATH nor in PATH (.ci/postgres-tools fetches one).`;

/** A suite with the tools of PostgreSQL. Without them it is skipped, loudly; where CI is set that is a failure. */
export const describeWithTools = (
  name: string,
  suite: (run: (program: 'pg_dump' | 'pg_restore', args: string[]) => Promise<unknown>) => void,
): void => {
  if (folder) {
    suite((program, args) => promisify(execFile)(join(folder, program), args));
    return;
  }
  console.warn(`SKIPPED “${name}”. ${absent}`);
  test(name, (context) => {
    if (process.env['CI']) expect.fail(absent);
    context.skip(absent);
  });
};
