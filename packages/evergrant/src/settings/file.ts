import { readFile, stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Environment, lookUp } from './environment.ts';
import { SettingsError } from './errors.ts';

const extensions = ['.ts', '.mjs', '.js', '.json'];

export interface ConfigFile {
  /** Absolute. */
  path: string;
  content: unknown;
}

/**
 * Finds and reads the configuration file: `configPath`, else `EVERGRANT_CONFIG`, else `evergrant.config.*` in `cwd`.
 * A script is run, a JSON file is only read.
 *
 * @returns null when there is none
 * @throws SettingsError when it is missing, unreadable, or gives no configuration
 */
export const readConfigFile = async (
  env: Environment,
  cwd: string,
  configPath: string | undefined,
  warnings: string[],
): Promise<ConfigFile | null> => {
  const variable = lookUp(env, ['EVERGRANT_CONFIG'])?.text;
  const named = configPath ?? variable;
  const label = configPath === undefined ? 'EVERGRANT_CONFIG' : '--config';
  const path = named === undefined ? await findFile(cwd, warnings) : resolve(cwd, named);
  if (path === null) return null;
  if (named !== undefined && !(await isFile(path))) throw new SettingsError([`${label}: there is no file ${path}`]);
  if (!extensions.includes(extname(path))) {
    throw new SettingsError([`${label}: ${path} must end in ${extensions.join(', ')}`]);
  }
  return { path, content: extname(path) === '.json' ? await readJson(path) : await runScript(path) };
};

const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

const findFile = async (cwd: string, warnings: string[]): Promise<string | null> => {
  const candidates = extensions.map((extension) => resolve(cwd, `evergrant.config${extension}`));
  const exist = await Promise.all(candidates.map(isFile));
  const [first, ...ignored] = candidates.filter((_, index) => exist[index]);
  if (ignored.length > 0) warnings.push(`${first} is used; ${ignored.join(', ')} is ignored`);
  return first ?? null;
};

const runScript = async (path: string): Promise<unknown> => {
  let loaded: { default?: unknown };
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (error) {
    // The stack and the cause may hold what the script had in its hands.
    throw new SettingsError([
      `${path}: fails when it is run: ${error instanceof Error ? error.message : typeof error}`,
    ]);
  }
  if (loaded.default === undefined) {
    throw new SettingsError([`${path}: has no default export. Example: export default defineConfig({ … })`]);
  }
  return loaded.default;
};

const readJson = async (path: string): Promise<unknown> => {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  } catch (error) {
    throw new SettingsError([`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`]);
  }
  try {
    return JSON.parse(text);
  } catch {
    const lines = text.slice(0, faultPosition(text)).split('\n');
    throw new SettingsError([
      `${path}: is no valid JSON: see line ${lines.length}, column ${lines.at(-1)!.length + 1}`,
    ]);
  }
};

/**
 * Where JSON stops to be JSON: the last character of the shortest beginning that no ending could repair. V8 gives the
 * position in some of its messages only, and quotes the text, which holds secrets, in the others.
 */
const faultPosition = (text: string): number => {
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBroken(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return bad - 1;
};

const isBroken = (beginning: string): boolean => {
  try {
    JSON.parse(beginning);
    return false;
  } catch (error) {
    const { message } = error as Error;
    const position = / at position (\d+)/.exec(message)?.[1];
    return position === undefined ? !message.startsWith('Unexpected end') : Number(position) < beginning.length;
  }
};
