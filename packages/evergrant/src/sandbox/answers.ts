import type { ErrorClass, Phase } from '../providers/define.ts';
import type { FixtureAnswer } from '../providers/fixture.ts';
import { setAt, valueAt } from './json.ts';
import { asSeenBy } from './people.ts';
import type { Platform, PlayedPlatform, TokenRequest } from './platform.ts';
import type { Grant } from './state.ts';

/** What goes into a token answer. */
export interface IssuedTokens {
  accessToken: string;
  /** Null: the answer has none. */
  refreshToken: string | null;
  /** Seconds. */
  expiresIn: number | null;
  refreshExpiresIn: number | null;
}

/**
 * Where apps may get refresh tokens (there is an answer to a renewal), ours gets them: a connection that ends after two
 * minutes shows little. `refreshTokens: false` is the ordinary app.
 */
const templateOf = ({ fixture, behaviour }: Platform, phase: TokenRequest['phase']): FixtureAnswer => {
  if (phase !== 'exchange') return fixture[phase] ?? fixture.exchange;
  const renewable = fixture.refresh && behaviour.refreshTokens && !fixture.expected.refreshToken;
  const richer = fixture.variants?.find(({ expected, unplayed }) => renewable && expected.refreshToken && !unplayed);
  return richer?.exchange ?? fixture.exchange;
};

/** The fixture's body as an object, with where in it the token members lie. */
const opened = (platform: Platform, phase: TokenRequest['phase']) => {
  const { body, ...rest } = templateOf(platform, phase);
  const isForm = typeof body === 'string';
  const object: unknown = isForm ? Object.fromEntries(new URLSearchParams(body)) : body;
  const { unwrap = '', rename = {}, expiresAt, refreshExpiresIn } = platform.definition.protocol.tokenResponse ?? {};
  const root = [unwrap].flat().find((path) => typeof valueAt(object, path) === 'object') ?? '';
  const inside = (path: string) => (root === '' ? path : `${root}.${path}`);
  const at = (member: keyof typeof rename) => inside(rename[member] ?? member);
  return {
    ...rest,
    isForm,
    object,
    at,
    idToken: inside('id_token'),
    expiresAt: expiresAt && { ...expiresAt, path: inside(expiresAt.path) },
    refreshExpiresIn: refreshExpiresIn && inside(refreshExpiresIn),
  };
};

/**
 * Seconds that an access token of this platform lives. Where an answer does not tell, it is what the definition says
 * that the platform does: nobody could know of a shorter life.
 */
export const accessTokenSeconds = (platform: Platform, phase: TokenRequest['phase']): number | null => {
  const { object, at, expiresAt } = opened(platform, phase);
  const told = isTold(valueAt(object, at('expires_in'))) || (expiresAt && isTold(valueAt(object, expiresAt.path)));
  return told
    ? platform.behaviour.accessTokenSeconds
    : (platform.definition.protocol.tokenResponse?.defaultExpiresIn ?? null);
};

const isTold = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

/** Whether an answer of this kind brings a refresh token. */
export const bringsRefreshToken = (platform: Platform, phase: TokenRequest['phase']): boolean => {
  const { object, at } = opened(platform, phase);
  return isTold(valueAt(object, at('refresh_token')));
};

/** A token answer in the platform's own shape. */
export const tokenAnswer = (
  platform: Platform,
  phase: TokenRequest['phase'],
  grant: Grant,
  tokens: IssuedTokens,
  now: number,
  base: string,
): Response => {
  const { status, headers, isForm, object: sample, at, idToken, expiresAt, refreshExpiresIn } = opened(platform, phase);
  const object = asSeenBy(platform, grant.person, base, sample);
  const replace = (path: string, value: string | number | string[]) => {
    const old = valueAt(object, path);
    if (isTold(old)) setAt(object, path, typeof old === 'string' ? String(value) : value);
  };
  setAt(object, at('access_token'), tokens.accessToken);
  setAt(object, at('refresh_token'), tokens.refreshToken ?? undefined);
  if (tokens.expiresIn !== null) {
    replace(at('expires_in'), tokens.expiresIn);
    const end = Math.floor(now / 1000) + tokens.expiresIn;
    if (expiresAt) replace(expiresAt.path, expiresAt.unit === 's' ? end : end * 1000);
  }
  if (refreshExpiresIn && tokens.refreshExpiresIn !== null) replace(refreshExpiresIn, tokens.refreshExpiresIn);
  const reported = valueAt(object, at('scope'));
  if (isTold(reported)) setAt(object, at('scope'), reportScopes(platform, reported, grant.scopes));
  // The sample's ID token is signed by nobody, and not for this app.
  setAt(object, idToken, undefined);
  const text = isForm ? new URLSearchParams(object as Record<string, string>).toString() : JSON.stringify(object);
  return answer({ status, headers, text, type: isForm ? 'application/x-www-form-urlencoded' : 'application/json' });
};

/** Scopes in the shape of the sample: a list or text with the same separator, and under the names that it uses. */
const reportScopes = ({ definition }: Platform, sample: unknown, scopes: string[]): string | string[] => {
  const { facts, reported } = definition.scopes;
  const comma = String(sample).includes(',') || reported === 'comma';
  const named = Array.isArray(sample) ? sample.map(String) : String(sample).split(/[\s,]+/);
  const names = scopes.map((scope) => facts?.[scope]?.aliases?.find((alias) => named.includes(alias)) ?? scope);
  return Array.isArray(sample) ? names : names.join(comma ? ',' : ' ');
};

/** What went wrong, as far as platforms have words of their own for it. */
export interface Fault {
  phase: Phase;
  is: ErrorClass;
  /** Preferred among several samples of the class. */
  error?: string;
}

/** A refusal in the platform's own words where its fixture has them, else in those of RFC 6749 section 5.2. */
export const refusal = (
  platform: PlayedPlatform,
  fault: Fault,
  otherwise: { status: number; error: string; description: string },
): Response => {
  const samples = platform.fixture.errors.filter(({ phase, is }) => phase === fault.phase && is === fault.is);
  const sample = fault.error ? samples.find(({ error }) => error === fault.error) : samples[0];
  if (!sample) return oauthError(otherwise.status, otherwise.error, otherwise.description);
  const isText = typeof sample.body === 'string';
  const text = isText ? String(sample.body) : JSON.stringify(sample.body);
  return answer({
    status: sample.status,
    headers: sample.headers,
    text,
    type: isText ? 'text/plain' : 'application/json',
  });
};

/** RFC 6749 section 5.2. */
export const oauthError = (status: number, error: string, description: string): Response =>
  Response.json({ error, error_description: description }, { status, headers: uncached });

const uncached = { 'cache-control': 'no-store' };

/** An answer as a platform gives it, never cached. */
export const answer = ({
  status,
  headers,
  text,
  type,
}: {
  status: number;
  headers?: Record<string, string>;
  text: string;
  type: string;
}): Response => new Response(text, { status, headers: { 'content-type': type, ...uncached, ...lowerCase(headers) } });

/** Without the time of the sample, from which clients would count. */
const lowerCase = (headers: Record<string, string> = {}): Record<string, string> => {
  const { date: _then, ...others } = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return others;
};
