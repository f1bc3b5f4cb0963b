import type { Path } from '../providers/define.ts';

/**
 * Follows a dotted path into a JSON value: `data.0.id`. The empty path is the value itself. Only own members are
 * followed, so that an answer's path never reaches a prototype.
 *
 * @returns undefined when nothing lies there
 */
export const readPath = (value: unknown, path: Path): unknown => {
  if (path === '') return value;
  let current = value;
  for (const step of path.split('.')) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Record<string, unknown>)[step];
  }
  return current;
};

/**
 * The text of the first path that holds one: a non-empty string, or a number, as text. Objects, lists, `null` and
 * booleans are passed over.
 */
export const readText = (value: unknown, paths: Path | readonly Path[]): string | undefined => {
  for (const path of [paths].flat()) {
    const found = readPath(value, path);
    if (typeof found === 'string' && found !== '') return found;
    if (typeof found === 'number') return String(found);
  }
  return undefined;
};
