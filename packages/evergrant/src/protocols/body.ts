import type { ProtocolDefinition, TokenResponseShape } from '../providers/define.ts';
import { isJsonObject, type JsonObject, parseJson } from './json.ts';
import { readPath } from './json-path.ts';

/** The members of RFC 6749 section 5.1 that a definition may rename. */
type StandardMember = keyof NonNullable<TokenResponseShape['rename']>;

export const tokenResponseOf = (protocol: ProtocolDefinition): TokenResponseShape =>
  (protocol.kind === 'oauth2' ? protocol.tokenResponse : undefined) ?? {};

/**
 * An answer's body as data. JSON is read whatever its content type says; a form only where the definition accepts
 * forms and the answer says that it is one.
 *
 * @param body text as it came, or data already parsed
 * @returns undefined when it is neither
 */
export const parseBody = (shape: TokenResponseShape, contentType: string | undefined, body: unknown): unknown => {
  if (typeof body !== 'string') return body;
  const json = parseJson(body);
  if (json !== undefined || !shape.form) return json;
  const isForm = /^(?:application\/x-www-form-urlencoded|text\/plain)\b/i.test(contentType ?? '');
  return isForm ? Object.fromEntries(new URLSearchParams(body)) : undefined;
};

/** The object that holds the token: the first place of `unwrap` with an access token, else the first object. */
export const findTokenObject = (shape: TokenResponseShape, body: unknown): JsonObject | undefined => {
  const places = [shape.unwrap ?? ''].flat();
  const objects = places.map((place) => readPath(body, place)).filter(isJsonObject);
  return objects.find((object) => readMember(shape, object, 'access_token') !== undefined) ?? objects[0];
};

/** A standard member under the definition's name for it, else under its own. */
export const readMember = (shape: TokenResponseShape, object: JsonObject, member: StandardMember): unknown => {
  const name = shape.rename?.[member];
  const renamed = name === undefined ? undefined : readPath(object, name);
  return renamed === undefined ? readPath(object, member) : renamed;
};

export const holdsToken = (shape: TokenResponseShape, body: unknown): boolean => {
  const object = findTokenObject(shape, body);
  return object !== undefined && Boolean(readMember(shape, object, 'access_token'));
};
