/*
 * Finding secrets in text: by the names they stand under, and by forms that only secrets have. When in doubt it
 * hides: a log line that says too little is a nuisance, one that says too much is a breach.
 */

const redacted = '[redacted]';

const normalise = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Names that are secret as a whole; at the end of longer names (`error_code`, `app_state`) they mean other things. */
const wholeNames = new Set(
  [
    ...['code', 'auth_code', 'authorization_code', 'device_code', 'user_code', 'state', 'id_token_hint'],
    ...['key', 'private_key', 'encryption_key', 'encryption_keys', 'signing_key', 'session', 'session_id', 'sid'],
    ...['sig', 'appsecret_proof', 'pwd', 'passwd', 'credentials'],
  ].map(normalise),
);

/** What names of secrets end with, e.g. `page_access_token`, `X-Api-Key`, `oauth_token_secret`. */
const endings = [
  ...['token', 'tokens', 'secret', 'secrets', 'password', 'passphrase', 'verifier', 'authorization', 'cookie'],
  ...['cookies', 'api_key', 'assertion', 'jwt', 'nonce', 'signature'],
].map(normalise);

/** Whether what stands under this name is secret, whatever its case and separators. */
export const isSensitiveName = (name: string): boolean => {
  const normal = normalise(decoded(name));
  return wholeNames.has(normal) || normal.startsWith('sealed') || endings.some((ending) => normal.endsWith(ending));
};

const decoded = (name: string): string => {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
};

/** Of those names the ones that are followed by a colon in many an ordinary sentence ("Invalid token: …"). */
const words = new Set(['code', 'state', 'key', 'token', 'tokens', 'session', 'nonce', 'signature']);

const userInfo = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#]*@/gi;
const header = /\b((?:proxy-)?authorization|(?:set-)?cookie)(\s*:\s*)[^\r\n]+/gi;
const scheme = /\b(Bearer|Basic|DPoP)((?:\s|%20|\+)+)[A-Za-z0-9._~+/=%-]{8,}/gi;
const apiKey = /\beg_[A-Za-z0-9_-]{8,}/g;
/** JWS and JWE: base64url of `{"` is `ey`. */
const token = /\bey[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){2,4}/g;
/** `"name":"value"` or `"name":1`, also within a JSON string, where quotes have backslashes, and where the text was cut off. */
const member = /(\\{0,8}["'])([\w.%-]{1,64})\1(\s*:\s*)(\1(?:(?!(?<!\\)\1)[\s\S])*(?:\1|$)|-?\d[\w.+-]*)/g;
/** `name=value` of queries, fragments and forms, `name="value"` of OAuth 1.0a headers. */
const parameter = /(^|[^\w.%-])([\w.%-]{1,64})=("[^"]*"?|[^&\s"<>#]+)/g;
/** The same within a parameter. */
const nestedParameter = /(^|%3F|%26|%23)((?:(?!%3F|%26|%23|%3D)[\w.%-]){1,64})%3D((?:(?!%26|%23)[^&\s"<>#])+)/gi;
/** `name: value` as headers and inspected objects are shown. */
const pair = /(^|[^\w-])([\w-]{1,64})(:\s*)(?!\[redacted\])("[^"]*"?|'[^']*'?|[^\s,}\]]+)/g;

const redactMembers = (text: string): string =>
  text.replace(member, (_, quote: string, name: string, colon: string, value: string) => {
    const hidden = isSensitiveName(name) ? `${quote}${redacted}${quote}` : redactMembers(value);
    return `${quote}${name}${quote}${colon}${hidden}`;
  });

const redactParameters = (text: string): string =>
  text
    .replace(parameter, (all, before: string, name: string) =>
      isSensitiveName(name) ? `${before}${name}=${redacted}` : all,
    )
    .replace(nestedParameter, (all, before: string, name: string) =>
      isSensitiveName(name) ? `${before}${name}%3D${redacted}` : all,
    );

const redactPairs = (text: string): string =>
  text.replace(pair, (all, before: string, name: string, colon: string) =>
    isSensitiveName(name) && !words.has(normalise(name)) ? `${before}${name}${colon}${redacted}` : all,
  );

const redactForms = (text: string): string =>
  text
    .replace(userInfo, `$1${redacted}@`)
    .replace(header, `$1$2${redacted}`)
    .replace(scheme, `$1$2${redacted}`)
    .replace(apiKey, redacted)
    .replace(token, redacted);

const longest = 8192;

/** Control characters, line separators, and marks that turn the direction of writing. */
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * Text made fit for a log: secrets replaced, on one line and without control characters, so that it cannot pass for
 * another line or steer a terminal. Of longer texts the first 8,192 characters are kept.
 */
export const redactText = (text: string): string => {
  const kept = redactPairs(redactParameters(redactForms(redactMembers(text.slice(0, longest)))));
  const line = kept.replace(unprintable, ' ');
  return text.length > longest ? `${line}… [${text.length - longest} more characters]` : line;
};
