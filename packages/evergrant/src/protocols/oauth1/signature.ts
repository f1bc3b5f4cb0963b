import { createHmac } from 'node:crypto';

/** A decoded name and value; a name may come several times. */
export type Parameter = readonly [name: string, value: string];

/** Percent-encoding as RFC 5849 section 3.6 has it: everything but the unreserved characters of RFC 3986, as UTF-8. */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * What is signed (RFC 5849 section 3.4.1).
 *
 * @param url with its query, whose parameters are signed too
 * @param parameters those of the protocol, without `realm` and the signature, and those of a form in the body
 */
export const signatureBaseString = (method: string, url: string, parameters: readonly Parameter[]): string => {
  // `URL` has brought scheme and host into lower case and dropped a default port (section 3.4.1.2).
  const { protocol, host, pathname, searchParams } = new URL(url);
  return [
    method.toUpperCase(),
    percentEncode(`${protocol}//${host}${pathname}`),
    percentEncode(normalised([...searchParams, ...parameters])),
  ].join('&');
};

/** Section 3.4.1.3.2: encoded first, then sorted by name and value as bytes, which of encoded texts are characters. */
const normalised = (parameters: readonly Parameter[]): string =>
  parameters
    .map(([name, value]) => [percentEncode(name), percentEncode(value)] as const)
    .toSorted(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map((pair) => pair.join('='))
    .join('&');

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** RFC 5849 section 3.4.2. @param tokenSecret empty while there is no token */
export const hmacSha1 = (baseString: string, clientSecret: string, tokenSecret: string): string =>
  createHmac('sha1', `${percentEncode(clientSecret)}&${percentEncode(tokenSecret)}`)
    .update(baseString)
    .digest('base64');

/** Who signs, and when. */
export interface Signer {
  clientId: string;
  clientSecret: string;
  /** Absent where temporary credentials are asked for. */
  token?: { token: string; secret: string };
  /** ASCII, used once. */
  nonce: string;
  /** Seconds since the epoch. */
  timestamp: number;
}

/**
 * The `Authorization` header of a request (RFC 5849 sections 3.1 and 3.5.1), signed with HMAC-SHA1.
 *
 * @param request `form` is the body where it is a form; other bodies are not covered by the signature
 * @param further parameters of the protocol beside those that every request has, e.g. `oauth_callback`
 */
export const authorizationHeader = (
  request: { method: string; url: string; form?: string },
  { clientId, clientSecret, token, nonce, timestamp }: Signer,
  further: Record<string, string> = {},
): string => {
  const own = Object.entries({
    oauth_consumer_key: clientId,
    ...(token ? { oauth_token: token.token } : {}),
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(timestamp),
    oauth_nonce: nonce,
    oauth_version: '1.0',
    ...further,
  });
  const base = signatureBaseString(request.method, request.url, [...own, ...new URLSearchParams(request.form)]);
  const signature = hmacSha1(base, clientSecret, token?.secret ?? '');
  return `OAuth ${[...own, ['oauth_signature', signature] as const]
    .map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`)
    .join(', ')}`;
};
