import { execFile } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/*
 * Builds the dashboard: `node build.ts [FOLDER]`, by default into `dist`.
 */

const root = import.meta.dirname;
const built = join(root, 'dist');

/** Whether what was built is younger than all it is made of. */
const isUpToDate = (): boolean => {
  const result = join(built, 'index.html');
  if (!existsSync(result)) return false;
  const sources = [
    'build.ts',
    'index.html',
    'package.json',
    'vite.config.ts',
    ...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => !path.endsWith('.test.ts'))
      .map((path) => join('src', path)),
  ];
  const changed = Math.max(...sources.map((path) => statSync(join(root, path)).mtimeMs));
  return statSync(result).mtimeMs > changed;
};

/**
 * Builds what changed since it was last built, in a process of its own: what builds is many times larger than what
 * serves, and goes by the environment.
 */
export const bringUpToDate = async (): Promise<void> => {
  if (!isUpToDate()) await promisify(execFile)(process.execPath, [import.meta.filename]);
};

/** Puts a whole build in the place of the former one, so that a service which starts meanwhile finds either. */
const build = async (folder: string): Promise<void> => {
  // Whatever else runs here, e.g. tests: of React there is a slow and talkative edition besides.
  process.env['NODE_ENV'] = 'production';
  const vite = await import('vite');
  const fresh = `${folder}.${process.pid}`;
  await vite.build({ root, logLevel: 'warn', build: { outDir: fresh, emptyOutDir: true } });
  const former = `${fresh}.former`;
  if (existsSync(folder)) renameSync(folder, former);
  renameSync(fresh, folder);
  rmSync(former, { recursive: true, force: true });
};

// `import.meta.main` is younger than the oldest Node.js that this must run on.
if (process.argv[1] === import.meta.filename) await build(resolve(process.argv[2] ?? built));
