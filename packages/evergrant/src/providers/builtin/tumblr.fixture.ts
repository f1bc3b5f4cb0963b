import type { ErrorSample, ProviderFixture } from '../fixture.ts';

const tokens = (more: object) => ({
  access_token: 'SAMPLE_AT',
  expires_in: 2520,
  id_token: false,
  refresh_token: 'SAMPLE_RT',
  scope: 'write offline_access',
  token_type: 'bearer',
  ...more,
});

/** The envelope of every answer, with or without its errors; `response` is a list where there is none. */
const envelope = (
  phase: ErrorSample['phase'],
  is: ErrorSample['is'],
  status: number,
  msg: string,
  error?: { code: number; detail: string },
): ErrorSample => ({
  phase,
  status,
  body: { meta: { status, msg }, response: [], ...(error ? { errors: [{ title: msg, ...error }] } : {}) },
  is,
});

const unable = { code: 1016, detail: 'Unable to authorize' };
const blog = (name: string, title: string, uuid: string, primary: boolean) => ({
  name,
  title,
  url: `https://${name}.tumblr.com/`,
  uuid,
  primary,
  followers: 3,
  tweet: 'N',
  type: 'public',
});
const avatar = (name: string) => `https://api.tumblr.com/v2/blog/${name}.tumblr.com/avatar/128`;

/** From the documentation and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'tumblr',
  callback: { denied: { error: 'access_denied' } },
  requests: {
    authorize: {
      url: 'https://www.tumblr.com/oauth2/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'basic write offline_access',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://api.tumblr.com/v2/oauth2/token',
      form: {
        redirect_uri: '{redirectUri}',
        code: '{code}',
        grant_type: 'authorization_code',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    profile: {
      method: 'GET',
      url: 'https://api.tumblr.com/v2/user/info',
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://api.tumblr.com/v2/oauth2/token',
      form: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
  },
  exchange: { status: 200, headers: { 'content-type': 'application/json' }, body: tokens({}) },
  refresh: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: tokens({ access_token: 'SAMPLE_AT2', refresh_token: 'SAMPLE_RT2' }),
  },
  expected: { expiresIn: 2520, scopes: ['write', 'offline_access'], refreshToken: true },
  variants: [
    {
      note: 'without offline_access there is no refresh token',
      exchange: { status: 200, body: tokens({ refresh_token: undefined, scope: 'basic write' }) },
      expected: { expiresIn: 2520, scopes: ['basic', 'write'], refreshToken: false },
    },
  ],
  get: {
    'https://api.tumblr.com/v2/user/info': {
      meta: { status: 200, msg: 'OK' },
      response: {
        user: {
          name: 'exampleblog',
          likes: 1,
          following: 1,
          default_post_format: 'html',
          blogs: [
            blog('sideblog', '', 't:1bZ1yM3Gj2PGKh5ZyqnfhR', false),
            blog('exampleblog', 'Example', 't:0aY0xL2Fi1OFJg4YxpmegQ', true),
          ],
        },
      },
    },
  },
  grantedScopes: ['write', 'offline_access'],
  accounts: [
    {
      id: 't:1bZ1yM3Gj2PGKh5ZyqnfhR',
      type: 'blog',
      // A blog without a title goes by its name.
      name: 'sideblog',
      username: 'sideblog',
      picture: avatar('sideblog'),
      url: 'https://sideblog.tumblr.com/',
      ownToken: false,
    },
    {
      id: 't:0aY0xL2Fi1OFJg4YxpmegQ',
      type: 'blog',
      name: 'Example',
      username: 'exampleblog',
      picture: avatar('exampleblog'),
      url: 'https://exampleblog.tumblr.com/',
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'access_denied' },
      is: 'reconnect',
      error: 'consent_denied',
      note: 'documented only as "an error query parameter"',
    },
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'redirect_uri_mismatch' },
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
      note: 'unconfirmed',
    },
    {
      ...envelope('exchange', 'reconnect', 401, 'Unauthorized', unable),
      error: 'code_rejected',
      note: 'a code that is bad or used, or a wrong secret: Tumblr does not say which',
    },
    {
      phase: 'exchange',
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: "Authorization code doesn't exist or is invalid for the client",
      },
      is: 'reconnect',
      error: 'code_rejected',
      note: 'unconfirmed',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_client', error_description: 'The client credentials are invalid' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'unconfirmed',
    },
    { ...envelope('refresh', 'reconnect', 401, 'Unauthorized'), error: 'reauth_required' },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Invalid refresh token' },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'unconfirmed',
    },
    {
      phase: 'refresh',
      status: 401,
      body: { error: 'invalid_client', error_description: 'The client credentials are invalid' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'unconfirmed',
    },
    envelope('api', 'refresh-token', 401, 'Unauthorized', unable),
    {
      ...envelope('api', 'bad-body', 403, 'Forbidden', { code: 0, detail: '...' }),
      note: 'no right on that blog, or 250 posts today',
    },
    envelope('api', 'bad-body', 403, 'Forbidden', { code: 8023, detail: '...' }),
    { ...envelope('api', 'missing-scope', 403, 'Forbidden'), note: 'unconfirmed' },
    {
      ...envelope('api', null, 404, 'Not Found', { code: 0, detail: '...' }),
      note: 'the blog was renamed or deleted; no fault of the connection',
    },
    {
      ...envelope('api', 'rate-limit', 429, 'Limit Exceeded', { code: 0, detail: '...' }),
      headers: { 'x-ratelimit-perhour-remaining': '0', 'x-ratelimit-perhour-reset': '1800' },
    },
    envelope('api', 'retry', 503, 'Service Unavailable'),
  ],
} satisfies ProviderFixture;
