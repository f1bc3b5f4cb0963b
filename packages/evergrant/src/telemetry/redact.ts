import { isSensitiveName, redactText } from './redact-text.ts';
import { Secret } from './secret.ts';

const deepest = 6;
const mostItems = 100;

/**
 * A copy of `value` that may be logged. Secrets are recognised by the name they stand under and by their form; it
 * never throws, whatever getters, proxies or cycles it meets, and never calls `toJSON` or `toString` of what it is given.
 */
export const redact = (value: unknown): unknown => copy(value, []);

/** @param path the objects that lead here, to notice cycles and depth */
const copy = (value: unknown, path: object[]): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (path.includes(value)) return '[circular]';
  if (path.length > deepest) return '[too deep]';
  try {
    return copyObject(value, [...path, value]);
  } catch {
    return '[unreadable]';
  }
};

const copyObject = (value: object, path: object[]): unknown => {
  if (value instanceof Secret) return '[secret]';
  if (value instanceof Error) return copyError(value, path);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return `[${value.byteLength} bytes]`;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return redactText(value.href);
  if (value instanceof Set) return copyList([...value], path);
  if (Array.isArray(value)) return copyList(value, path);
  const named = value instanceof Map || value instanceof Headers || value instanceof URLSearchParams;
  return copyMembers(named ? [...value.entries()] : ownMembers(value), path);
};

const copyList = (items: unknown[], path: object[]): unknown[] => {
  const kept = items.slice(0, mostItems).map((item) => copy(item, path));
  return items.length > mostItems ? [...kept, `[${items.length - mostItems} more]`] : kept;
};

/** @param open names under which a value is no secret here */
const copyMembers = (members: [unknown, unknown][], path: object[], open: string[] = []): Record<string, unknown> => {
  const kept = members.slice(0, mostItems).map(([key, value]): [string, unknown] => {
    const name = typeof key === 'string' ? key : typeof key === 'number' ? String(key) : `[${typeof key}]`;
    const hidden = holdsText(value) && isSensitiveName(name) && !open.includes(name);
    return [redactText(name), hidden ? '[redacted]' : copy(value, path)];
  });
  if (members.length > mostItems) kept.push(['…', `[${members.length - mostItems} more]`]);
  return Object.fromEntries(kept);
};

/** Flags and gaps tell nothing, and are often what is looked for; a Secret says itself that it is one. */
const holdsText = (value: unknown): boolean =>
  value !== undefined && value !== null && typeof value !== 'boolean' && !(value instanceof Secret);

const ownMembers = (value: object): [string, unknown][] => Object.keys(value).map((name) => [name, read(value, name)]);

const read = (value: object, name: string): unknown => {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return '[unreadable]';
  }
};

/**
 * Errors of libraries carry requests, answers and tokens in members of their own, so only what every error has is
 * taken. Those of EvergrantError are picked by its makers, and its codes are no authorization codes.
 */
const copyError = (error: Error, path: object[]): Record<string, unknown> => {
  const own = read(error, 'name') === 'EvergrantError' ? evergrantMembers : [];
  const cause = read(error, 'cause');
  return definedOnly({
    ...brief(error),
    ...Object.fromEntries(own.map((name) => [name, copyUpstream(read(error, name), path)])),
    cause: cause instanceof Error ? definedOnly(brief(cause)) : undefined,
    stack: framesOf(read(error, 'stack')),
  });
};

const evergrantMembers = ['detail', 'provider', 'connectionId', 'retryAfter', 'upstream', 'errors', 'extensions'];

const copyUpstream = (value: unknown, path: object[]): unknown => {
  if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => copyUpstream(item, path));
  const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return plain ? copyMembers(ownMembers(value), path, ['code']) : copy(value, path);
};

const brief = (error: Error): Record<string, unknown> => {
  const code = read(error, 'code');
  return {
    name: textOf(read(error, 'name')),
    message: textOf(read(error, 'message')),
    code: typeof code === 'number' ? code : textOf(code),
  };
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? redactText(value) : undefined);

/** Without the message, which stands above the frames and may hold line breaks. */
const framesOf = (stack: unknown): string | undefined =>
  typeof stack === 'string'
    ? stack
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .map((line) => `    ${redactText(line.trim())}`)
        .join('\n')
    : undefined;

const definedOnly = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
