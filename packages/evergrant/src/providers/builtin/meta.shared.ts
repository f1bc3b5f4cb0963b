import {
  days,
  type ErrorRule,
  type ErrorShape,
  type OAuth2Protocol,
  type RateLimitReset,
  type TokenRequestShape,
} from '../define.ts';

/*
 * What the products of Meta have in common: the Graph API's errors and limits, and Facebook's login, which leads to
 * pages and to the Instagram accounts that hang on them.
 */

/** `error` is an object in answers, a text after a refusal; the dialog's own faults say error_code and error_message. */
export const graphErrorShape: ErrorShape = {
  code: ['error.code', 'error', 'error_code'],
  subcode: 'error.error_subcode',
  description: ['error.message', 'error_description', 'error_message'],
};

/**
 * The dialect of the Graph API. Decided by code: a dead token comes with status 400 or 401, a limit with 400 or 403.
 *
 * @param site where a person puts the account in order
 */
export const graphRules = (site: string): ErrorRule[] => [
  // Faults of the dialog before consent (app unknown, not available to this person); their numbers are not documented.
  { phase: 'authorize', code: '1-99999999', is: 'app-misconfigured', error: 'provider_app_not_allowed' },
  // A mangled code, cut or decoded twice, rather than an old one (sentence of 2026-11-23).
  { phase: 'exchange', code: '100/36007', description: /code format/i, is: 'bad-body', error: 'code_rejected' },
  { phase: 'exchange', code: ['100/36007', '100/36009'], is: 'reconnect', error: 'code_rejected' },
  { phase: 'exchange', code: '100/36008', is: 'app-misconfigured', error: 'redirect_uri_mismatch' },
  // Elsewhere code 1 means "try again"; with this sentence (2026-11-23) the app secret is wrong.
  {
    phase: ['exchange', 'refresh'],
    code: '1',
    description: /validating client secret/i,
    is: 'app-misconfigured',
    error: 'provider_app_credentials_invalid',
  },
  { code: '101', is: 'app-misconfigured', error: 'provider_app_credentials_invalid' },
  { code: '190/458', is: 'reconnect', reason: 'revoked' },
  { code: '190/459', is: 'reconnect', message: `Sign in at ${site} and follow the instructions there first.` },
  { code: '190/460', is: 'reconnect', reason: 'password_changed' },
  { code: '190/463', is: 'reconnect', reason: 'expired' },
  { code: '190/464', is: 'reconnect', message: `Confirm your account at ${site} first.` },
  { code: ['190', '102'], is: 'reconnect' },
  { phase: 'api', code: ['10', '200-299'], is: 'missing-scope' },
  { phase: 'api', code: '3', is: 'app-misconfigured' },
  {
    phase: 'api',
    code: '100',
    description: /appsecret_proof/,
    is: 'app-misconfigured',
    message: 'Switch off "Require App Secret" in the advanced settings of the app.',
  },
  { code: ['4', '17', '32', '341', '613', '80000-80099'], is: 'rate-limit' },
  {
    code: '368',
    is: 'rate-limit',
    retryAfter: 6 * 3600,
    message: 'Meta has blocked this action for some hours for breaking its rules.',
  },
  // With 400 as well as 500.
  { code: ['1', '2'], is: 'retry' },
  { phase: 'api', code: ['100', '110'], is: 'bad-body' },
];

/** A page's token dies with the person's role on it; that of other pages lives on. */
export const lostRole: ErrorRule = {
  code: '190/492',
  is: 'reconnect',
  affects: 'account',
  message: 'You no longer have a role on this page.',
};

/** When a limit ends stands as JSON in a header, in minutes, for each page or business and each kind of limit. */
export const regainTime = ((headers) => {
  const minutes = [
    ...(headers['x-business-use-case-usage'] ?? '').matchAll(/"estimated_time_to_regain_access":\s*(\d+)/g),
  ];
  const longest = Math.max(0, ...minutes.map(([, count]) => Number(count)));
  return longest > 0 ? longest * 60 : null;
}) satisfies RateLimitReset;

/**
 * Trades a living user token for one of about 60 days. Documented as GET, but Meta takes the POST form too, and a GET would
 * put the app secret and the token into a URL.
 */
const longLivedExchange: TokenRequestShape = {
  grantType: 'fb_exchange_token',
  credential: 'access_token',
  credentialParameter: 'fb_exchange_token',
};

/** Facebook's login. */
export const facebookLogin: Omit<OAuth2Protocol, 'kind'> = {
  authorizationEndpoint: 'https://www.facebook.com/{graphVersion}/dialog/oauth',
  tokenEndpoint: 'https://graph.facebook.com/{graphVersion}/oauth/access_token',
  clientAuthentication: 'client_secret_post',
  // Optional, and nobody confirmed that Meta enforces it for web apps; it does no harm, and `state` carries the load.
  pkce: 'S256',
  // Without it the dialog skips what the person declined before.
  reconnectParameters: { auth_type: 'rerequest' },
  // The code's token lives one to two hours, and page tokens drawn from it die with it: always upgrade first.
  upgrade: longLivedExchange,
  // There is no refresh token: the living user token renews itself.
  refreshRequest: longLivedExchange,
  revocation: {
    endpoint: 'https://graph.facebook.com/{graphVersion}/me/permissions',
    method: 'DELETE',
    encoding: 'none',
    tokens: ['access_token'],
    authentication: 'bearer',
  },
  errors: graphErrorShape,
};

/** The token answer names no scopes. */
export const grantedPermissions = {
  get: 'https://graph.facebook.com/{graphVersion}/me/permissions',
  items: 'data',
  scope: 'permission',
  where: { status: 'granted' },
};

/** Addresses of pictures end, after weeks at the most. */
export const rereadSeconds = days(1);

/** Who consented. */
export const facebookProfile = {
  rereadSeconds,
  get: 'https://graph.facebook.com/{graphVersion}/me?fields=id,name,picture',
  map: { id: 'id', name: 'name', username: null, picture: 'picture.data.url', url: null },
};

/** bearer works for page tokens; leave "Require App Secret" off, calls carry no appsecret_proof. */
export const graphApi = { baseUrl: 'https://graph.facebook.com/{graphVersion}', rateLimitReset: regainTime };

/** A version lives about two years; a call to a dead one is silently served by the oldest that lives. */
export const graphOptions = { graphVersion: 'v26.0' };

/** A token that renews itself: from one day of age to its end, without client or secret. Of 60 days at Instagram and Threads. */
export const selfRenewal = (endpoint: string, grantType: string): TokenRequestShape => ({
  endpoint,
  method: 'GET',
  grantType,
  credential: 'access_token',
  clientAuthentication: 'none',
  omit: ['client_id'],
});

/** Trades the first token, of an hour, for one of 60 days. Documented as GET only, with the secret but without the client id. */
export const firstUpgrade = (endpoint: string, grantType: string): TokenRequestShape => ({
  endpoint,
  method: 'GET',
  grantType,
  omit: ['client_id'],
});

/** The endpoint for codes of Instagram and Threads has errors of its own shape, without numbers: sentences of 2026-11-23. */
export const flatErrorShape: ErrorShape = {
  code: ['error.code', 'error', 'error_code', 'error_type'],
  subcode: 'error.error_subcode',
  description: ['error.message', 'error_description', 'error_message'],
};

export const flatRules: ErrorRule[] = [
  {
    phase: 'exchange',
    code: 'OAuthException',
    description: /redirect_uri/i,
    is: 'app-misconfigured',
    error: 'redirect_uri_mismatch',
  },
  {
    phase: 'exchange',
    code: 'OAuthException',
    description: /client secret|invalid platform app|invalid client|application id/i,
    is: 'app-misconfigured',
    error: 'provider_app_credentials_invalid',
    message: 'The product has an app id and secret of its own, which are not those of the Meta app.',
  },
  // Everything else that is said of a code: used, expired, never given.
  { phase: 'exchange', code: 'OAuthException', is: 'reconnect', error: 'code_rejected' },
];

/** At the renewal of a token by itself. */
export const selfRenewalRules: ErrorRule[] = [
  // The basic scope must still be granted.
  { phase: 'refresh', code: ['10', '200-299'], is: 'missing-scope' },
];

/** After all others: a token below one day of age is refused in words that nobody wrote down; it is as good as before. */
export const tooYoung: ErrorRule = { phase: 'refresh', status: 400, is: 'retry', retryAfter: 3600 };
