import type { TokenResponseShape } from '../../providers/define.ts';
import { findTokenObject, readMember } from '../body.ts';
import type { JsonObject } from '../json.ts';
import { readPath, readText } from '../json-path.ts';

/** A token answer in the words of RFC 6749 section 5.1, still to be checked by the protocol library. */
export interface NormalisedAnswer {
  /** The standard members and nothing else. */
  members: JsonObject;
  idToken: unknown;
  /** Where a list came instead of a text. */
  scopeList: string[] | null;
  refreshExpiresIn: number | null;
  extra: Record<string, string>;
}

/**
 * Turns what the platform sent into what the standard asks for, as far as the definition declares the difference. What
 * it does not declare stays as it is, for the protocol library to refuse.
 *
 * @param receivedAt milliseconds since the epoch at which the answer came
 * @returns null when there is no object to read
 */
export const normalise = (shape: TokenResponseShape, body: unknown, receivedAt: number): NormalisedAnswer | null => {
  const object = findTokenObject(shape, body);
  if (!object) return null;
  // Facts may lie beside the token or, where it is wrapped, around it.
  const read = (path: string) => readPath(object, path) ?? readPath(body, path);
  const scope = readMember(shape, object, 'scope');
  const scopeList = shape.scopeList && isTextList(scope) ? scope : null;
  return {
    members: definedOnly({
      access_token: readMember(shape, object, 'access_token'),
      token_type: tokenType(shape, readMember(shape, object, 'token_type')),
      expires_in: expiresIn(shape, readMember(shape, object, 'expires_in'), read, receivedAt),
      refresh_token: refreshToken(shape, readMember(shape, object, 'refresh_token')),
      scope: scopeList ? scopeList.join(' ') : shape.lenientScope && scope === null ? undefined : scope,
    }),
    idToken: readPath(object, 'id_token'),
    scopeList,
    refreshExpiresIn: shape.refreshExpiresIn === undefined ? null : seconds(read(shape.refreshExpiresIn)),
    extra: keptFacts(shape, object, body),
  };
};

const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const tokenType = (shape: TokenResponseShape, value: unknown): unknown => {
  const known = typeof value === 'string' && /^(?:bearer|dpop)$/i.test(value);
  return known ? value : (shape.tokenType ?? value);
};

const refreshToken = (shape: TokenResponseShape, value: unknown): unknown =>
  shape.lenientRefreshToken && (value === null || value === '') ? undefined : value;

const expiresIn = (
  shape: TokenResponseShape,
  relative: unknown,
  read: (path: string) => unknown,
  receivedAt: number,
): unknown => {
  const absolute = shape.expiresAt ? read(shape.expiresAt.path) : undefined;
  const value =
    shape.expiresAt && absolute !== undefined ? untilEnd(absolute, shape.expiresAt.unit, receivedAt) : relative;
  return shape.lenientExpiry && seconds(value) === null ? undefined : value;
};

/** Above it a time since the epoch can only be milliseconds: in seconds it would lie in the year 5138. */
const largestSeconds = 1e11;

/** What cannot be read becomes null, which the protocol library refuses as it would refuse it in `expires_in`. */
const untilEnd = (
  end: unknown,
  unit: NonNullable<TokenResponseShape['expiresAt']>['unit'],
  receivedAt: number,
): number | null => {
  const value = seconds(end);
  if (value === null) return null;
  const inMilliseconds = unit === 'ms' || (unit === 's-or-ms' && value > largestSeconds);
  return Math.max(0, Math.round((inMilliseconds ? value : value * 1000) - receivedAt) / 1000);
};

/** A number, or a text that is one, of at least 0. */
const seconds = (value: unknown): number | null => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
};

const keptFacts = (shape: TokenResponseShape, object: JsonObject, body: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(shape.keep ?? {}).flatMap(([name, path]) => {
      const value = readText(object, path) ?? readText(body, path);
      return value === undefined ? [] : [[name, value]];
    }),
  );

const definedOnly = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
