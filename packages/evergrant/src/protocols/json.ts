/** A JSON object from outside: nothing is known of its members. */
export type JsonObject = { [member: string]: unknown };

/**
 * Parses JSON from outside. Integers beyond 2^53 become their exact text, because platforms send ids as bare numbers
 * that JavaScript would round; members called `__proto__` are dropped.
 *
 * @returns undefined when the text is not JSON: the parser's own error quotes the text, and that may hold a token
 */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text, reviveExactly);
  } catch {
    return undefined;
  }
};

/** `context` is newer than TypeScript's library; Node has it since version 21. */
const reviveExactly = (member: string, value: unknown, context?: { source?: string }): unknown => {
  if (member === '__proto__') return undefined;
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? source : value;
};

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
