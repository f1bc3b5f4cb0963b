type Plain = Record<string, unknown>;

/** An object literal: no array, no class instance, no function. */
export const isPlainObject = (value: unknown): value is Plain => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** A copy that shares no object literal and no array with its source; functions and class instances are kept. */
const copied = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(copied);
  return isPlainObject(value) ? merged({}, value) : value;
};

/**
 * Both in a new object: object literals are merged at every depth, everything else (arrays too) is replaced.
 * A member that is `undefined` in `over` changes nothing.
 */
export const merged = (base: Plain, over: Plain): Plain => {
  const result: Plain = {};
  for (const key of new Set([...Object.keys(base), ...Object.keys(over)])) {
    // Assigning this one would change the prototype instead of adding a member.
    if (key === '__proto__') continue;
    const [below, above] = [base[key], over[key]];
    result[key] =
      isPlainObject(below) && isPlainObject(above) ? merged(below, above) : copied(above === undefined ? below : above);
  }
  return result;
};

/** Freezes object literals and arrays at every depth; class instances guard themselves. */
export const deepFreeze = <T>(value: T): T => {
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
};
