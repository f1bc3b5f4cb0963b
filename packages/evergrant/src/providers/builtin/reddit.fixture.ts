import type { ErrorSample, ProviderFixture } from '../fixture.ts';

const scope = 'flair identity read submit';
const scopes = scope.split(' ');
type Headers = NonNullable<ErrorSample['headers']>;

const html: Headers = { 'content-type': 'text/html' };
const limited: Headers = { 'x-ratelimit-used': '100', 'x-ratelimit-remaining': '0.0', 'x-ratelimit-reset': '212' };
const challenge: Headers = { 'www-authenticate': 'Basic realm="reddit"' };
const tokens = { token_type: 'bearer', expires_in: 86400, scope };

/** From the server's source of 2017, r/redditdev and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'reddit',
  callback: { denied: { error: 'access_denied' } },
  requests: {
    authorize: {
      url: 'https://www.reddit.com/api/v1/authorize',
      query: {
        duration: 'permanent',
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'identity submit read flair edit mysubreddits',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://www.reddit.com/api/v1/access_token',
      form: { redirect_uri: '{redirectUri}', code: '{code}', grant_type: 'authorization_code' },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are', 'user-agent': 'web:evergrant:v0.1' },
    },
    profile: {
      method: 'GET',
      url: 'https://oauth.reddit.com/api/v1/me',
      headers: { 'user-agent': 'web:evergrant:v0.1', authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://www.reddit.com/api/v1/access_token',
      form: { refresh_token: '{refreshToken}', grant_type: 'refresh_token' },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are', 'user-agent': 'web:evergrant:v0.1' },
    },
    revoke: [
      {
        url: 'https://www.reddit.com/api/v1/revoke_token',
        form: { token: '{refreshToken}', token_type_hint: 'refresh_token' },
        headers: { authorization: 'Basic {clientId}:{clientSecret} as they are', 'user-agent': 'web:evergrant:v0.1' },
      },
      {
        url: 'https://www.reddit.com/api/v1/revoke_token',
        form: { token: '{accessToken}', token_type_hint: 'access_token' },
        headers: { authorization: 'Basic {clientId}:{clientSecret} as they are', 'user-agent': 'web:evergrant:v0.1' },
      },
    ],
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { access_token: 'SAMPLE_AT', ...tokens, refresh_token: '1234567890-SAMPLE_RT' },
  },
  refresh: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { access_token: 'SAMPLE_AT2', ...tokens, refresh_token: '1234567890-SAMPLE_RT' },
  },
  expected: { expiresIn: 86400, scopes, refreshToken: true },
  variants: [
    {
      note: 'full access, and the hour of older answers',
      exchange: {
        status: 200,
        body: { access_token: 'SAMPLE_AT', token_type: 'bearer', expires_in: 3600, scope: '*', refresh_token: 'RT' },
      },
      expected: { expiresIn: 3600, scopes: ['*'], refreshToken: true },
    },
    {
      note: 'a temporary login has no refresh token',
      exchange: { status: 200, body: { access_token: 'SAMPLE_AT', ...tokens } },
      expected: { expiresIn: 86400, scopes, refreshToken: false },
    },
  ],
  get: {
    'https://oauth.reddit.com/api/v1/me': {
      id: 'abc12',
      name: 'example_user',
      icon_img: 'https://styles.redditmedia.com/t5_x/styles/profileIcon_x.png?width=256&amp;height=256&amp;s=sig',
      total_karma: 1,
      subreddit: { display_name: 'u_example_user' },
    },
  },
  accounts: [
    {
      id: 'abc12',
      type: 'profile',
      name: 'example_user',
      username: 'example_user',
      picture: 'https://styles.redditmedia.com/t5_x/styles/profileIcon_x.png?width=256&height=256&s=sig',
      url: 'https://www.reddit.com/user/example_user/',
      ownToken: false,
    },
  ],
  errors: [
    { phase: 'authorize', status: 302, body: { error: 'access_denied' }, is: 'reconnect', error: 'consent_denied' },
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'invalid_scope' },
      is: 'app-misconfigured',
      error: 'scope_unavailable',
    },
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'unsupported_response_type' },
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
    },
    {
      phase: 'exchange',
      status: 200,
      body: { error: 'invalid_grant' },
      is: 'reconnect',
      error: 'code_rejected',
      note: 'also when the redirect URI differs; a code that is used twice kills its tokens',
    },
    { phase: 'exchange', status: 200, body: { error: 'invalid_request' }, is: 'bad-body' },
    {
      phase: 'exchange',
      status: 200,
      body: { error: 'unsupported_grant_type' },
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
    },
    {
      phase: 'exchange',
      status: 401,
      headers: challenge,
      body: { message: 'Unauthorized', error: 401 },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_request' },
      is: 'reconnect',
      error: 'reauth_required',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { message: 'Bad Request', error: 400 },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'unconfirmed: from newer logs',
    },
    {
      phase: 'refresh',
      status: 401,
      body: { message: 'Unauthorized', error: 401 },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'revoke',
      status: 400,
      body: { error: 'unauthorized_client' },
      is: 'app-misconfigured',
      note: 'the token belongs to another app',
    },
    { phase: 'api', status: 401, body: { message: 'Unauthorized', error: 401 }, is: 'refresh-token' },
    { phase: 'api', status: 403, body: { message: 'Forbidden', error: 403 }, is: 'missing-scope' },
    {
      phase: 'api',
      status: 403,
      headers: html,
      body: '<html><body>blocked by network security</body></html>',
      is: 'app-misconfigured',
    },
    {
      phase: 'api',
      status: 429,
      headers: limited,
      body: { message: 'Too Many Requests', error: 429 },
      is: 'rate-limit',
    },
    {
      phase: 'api',
      status: 200,
      body: { json: { errors: [['RATELIMIT', 'Take a break for 9 minutes before trying again.', 'ratelimit']] } },
      is: 'rate-limit',
      note: 'unconfirmed: of /api/submit',
    },
    { phase: 'api', status: 503, headers: html, body: '<html></html>', is: 'retry' },
  ],
} satisfies ProviderFixture;
