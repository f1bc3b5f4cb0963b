import type { Path } from '../providers/define.ts';

/** A JSON object or array, by dotted path. */
type Container = Record<string, unknown>;

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** The value at a dotted path; '' is the value itself. */
export const valueAt = (value: unknown, path: Path): unknown =>
  steps(path).reduce<unknown>(
    (inner, step) => (isContainer(inner) && Object.hasOwn(inner, step) ? inner[step] : undefined),
    value,
  );

/** Sets the value at a dotted path, or removes it when it is undefined. A parent that does not exist is left alone. */
export const setAt = (value: unknown, path: Path, next: unknown): void => {
  const parts = steps(path);
  const last = parts.pop();
  const parent = valueAt(value, parts.join('.'));
  if (last === undefined || !isContainer(parent)) return;
  if (next === undefined) delete parent[last];
  else parent[last] = next;
};

/** A copy in which everything that is no list or object has gone through `change`; `key` is the name of its member. */
export const rewrite = (
  value: unknown,
  change: (leaf: unknown, key: string | null) => unknown,
  key: string | null = null,
): unknown => {
  if (Array.isArray(value)) return value.map((item) => rewrite(item, change, key));
  if (!isContainer(value)) return change(value, key);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, rewrite(inner, change, name)]));
};

const steps = (path: Path): string[] => (path === '' ? [] : path.split('.'));
