/* Names of members: snake_case over HTTP, camelCase here. */

const toCamel = (name: string): string => name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

export const toSnake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** @param records paths, in snake_case and through lists, of objects whose members keep their names */
export const fromWire = (value: unknown, records: readonly string[]): unknown => renamed(value, records, '', toCamel);

export const toWire = (value: unknown, records: readonly string[]): unknown => renamed(value, records, '', toSnake);

const renamed = (
  value: unknown,
  records: readonly string[],
  path: string,
  rename: (name: string) => string,
): unknown => {
  if (Array.isArray(value)) return value.map((item) => renamed(item, records, path, rename));
  if (typeof value !== 'object' || value === null || records.includes(path)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const place = path === '' ? toSnake(name) : `${path}.${toSnake(name)}`;
      return [rename(name), renamed(member, records, place, rename)];
    }),
  );
};
