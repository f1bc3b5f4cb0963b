import { type Api, days, type ErrorRule, oauth2, type Profile, type Refresh, type Scopes } from '../define.ts';

/*
 * What LinkedIn does the same for members and for pages: one authorization server, one API, one dialect.
 */

export const protocol = oauth2({
  authorizationEndpoint: 'https://www.linkedin.com/oauth/v2/authorization',
  tokenEndpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
  revocationEndpoint: 'https://www.linkedin.com/oauth/v2/revoke',
  // Basic makes LinkedIn answer that client_secret is missing.
  clientAuthentication: 'client_secret_post',
  // A code_verifier makes LinkedIn answer 401 invalid_client; PKCE exists only for native apps that its staff enable.
  pkce: 'none',
  // token_type is missing in some official samples.
  tokenResponse: { tokenType: 'Bearer', refreshExpiresIn: 'refresh_token_expires_in' },
  // `openid` brings an ID token, but who the member is comes from userinfo, over TLS from LinkedIn itself. One cause
  // less to refuse a good token answer.
  idToken: 'ignore',
  // Known from third parties only, for access tokens, without a hint.
  revocation: { tokens: ['access_token'], typeHint: false },
  errors: { code: ['error', 'serviceErrorCode', 'code'], description: ['error_description', 'message'] },
});

// Reusable, and the 365 days count from the first consent; refresh_token_expires_in tells what remains of them. Only
// apps with a Marketing or Community product get refresh tokens at all: others end with the access token after 60 days.
export const refresh: Refresh = { rotates: 'sometimes', reuseRevokes: false, lifetime: { fixed: days(365) } };

export const profile: Profile = {
  // Addresses of pictures end after some weeks.
  rereadSeconds: days(7),
  get: 'https://api.linkedin.com/v2/userinfo',
  map: { id: 'sub', name: 'name', username: null, picture: 'picture', url: null },
  // An app without OpenID Connect has no scopes for it ("Not enough permissions"), as one with the Community Management
  // product alone; then r_basicprofile reads the older profile.
  otherwise: {
    code: '100',
    get: 'https://api.linkedin.com/v2/me',
    map: ({ id, localizedFirstName, localizedLastName, vanityName }) => ({
      id,
      name: [localizedFirstName, localizedLastName].filter(Boolean).join(' '),
      username: vanityName,
    }),
  },
  // For some seconds after the exchange LinkedIn may call the new token revoked: a false alarm.
  retry: { code: '65601', pausesMs: [1000, 2000, 4000] },
};

/** Of both, because an app that serves both must ask for one set at every login. */
export const scopeFacts: Scopes['facts'] = {
  openid: { permits: 'Know who the member is' },
  profile: { permits: 'Read name and picture of the member' },
  email: { permits: 'Read the e-mail address' },
  r_basicprofile: { permits: 'Read the vanity name; only with a Community Management or Advertising product' },
  w_member_social: { permits: 'Create posts, comments and reactions as the member' },
  w_organization_social: { permits: 'Create posts, comments and reactions as the page' },
  r_organization_social: { permits: "Read the page's posts and what people do with them" },
  rw_organization_admin: { permits: 'List and manage the pages that the member administers' },
};

export const api: Api = {
  baseUrl: 'https://api.linkedin.com',
  headers: { 'LinkedIn-Version': '{apiVersion}', 'X-Restli-Protocol-Version': '2.0.0' },
};

/** A login of the same member and app with another set of scopes invalidates all tokens issued before. */
export const consentEnds = 'other-scopes';

/** A version lives about a year; the newest that others are known to use. */
export const options = { apiVersion: '202607' };

export const handleErrors: ErrorRule[] = [
  // One sentence for every fault of a code, under two error codes (2026-11-23).
  { phase: 'exchange', code: 'invalid_redirect_uri', is: 'reconnect', error: 'code_rejected' },
  {
    phase: 'exchange',
    code: 'invalid_request',
    description: /does not match authorization code|authorization code expired/i,
    is: 'reconnect',
    error: 'code_rejected',
  },
  {
    phase: ['exchange', 'refresh'],
    code: 'invalid_request',
    description: /parameter "client_secret" is missing/i,
    is: 'app-misconfigured',
    error: 'provider_app_credentials_invalid',
  },
  // A dead refresh token is invalid_request; the wording is unconfirmed, invalid_grant is read as well.
  {
    phase: 'refresh',
    code: 'invalid_request',
    description: /refresh_token" is missing|refresh token is invalid, expired or revoked/i,
    is: 'reconnect',
  },
  // "Empty oauth2_access_token": the call carried no token. Nothing is wrong with the one we have.
  { phase: 'api', status: 401, code: '401', is: 'bad-body' },
  { phase: 'api', status: 403, is: 'missing-scope' },
  {
    phase: 'api',
    status: 426,
    is: 'app-misconfigured',
    message: 'LinkedIn has retired this API version. Set the option apiVersion to a newer one (YYYYMM).',
  },
  // A daily quota that resets at midnight UTC: an hour keeps the wait from being useless.
  { phase: 'api', status: 429, is: 'rate-limit', retryAfter: 3600 },
];

export const unconfirmed = [
  'The revocation endpoint: members can also remove the app under Settings, Data privacy, Permitted services',
  'The exact error of a dead refresh token',
  'The life of a code, about 30 minutes',
  'The answers 426 (version retired) and 429 (text)',
];
