import type { ErrorSample, ProviderFixture } from '../fixture.ts';

const scope = 'user.info.basic,user.info.profile,video.publish';
const log_id = '20261123100000ABCDEF0123456789';
const openId = '0f1e2d3c-1111-4a2b-9c3d-5e6f7a8b9c0d';

const tokens = { expires_in: 7200, open_id: openId, refresh_expires_in: 15552000, scope, token_type: 'Bearer' };

const atToken = (phase: 'exchange' | 'refresh' | 'revoke', status: number, error: string, description: string) => ({
  phase,
  status,
  body: { error, error_description: description, log_id },
});

const atApi = (is: ErrorSample['is'], status: number, code: string, message = '...'): ErrorSample => ({
  phase: 'api',
  status,
  body: { data: {}, error: { code, message, log_id } },
  is,
});

/** From developers.tiktok.com and the sources named in the definition, as of 2026-11-23. */
export default {
  provider: 'tiktok',
  callback: {
    granted: { scopes: scope },
    denied: { error: 'access_denied', error_description: 'The user denied the request' },
  },
  requests: {
    authorize: {
      url: 'https://www.tiktok.com/v2/auth/authorize/',
      query: {
        response_type: 'code',
        client_key: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'user.info.basic,video.publish,user.info.profile,user.info.stats,video.upload,video.list',
        state: '{state}',
        code_challenge: '{challenge}',
        code_challenge_method: 'S256',
      },
    },
    exchange: {
      url: 'https://open.tiktokapis.com/v2/oauth/token/',
      form: {
        redirect_uri: '{redirectUri}',
        code: '{code}',
        code_verifier: '{verifier}',
        grant_type: 'authorization_code',
        client_key: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    profile: {
      method: 'GET',
      url: 'https://open.tiktokapis.com/v2/user/info/',
      query: { fields: 'open_id,union_id,avatar_url,display_name,username' },
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://open.tiktokapis.com/v2/oauth/token/',
      form: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_key: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    revoke: [
      {
        url: 'https://open.tiktokapis.com/v2/oauth/revoke/',
        form: { token: '{accessToken}', client_key: '{clientId}', client_secret: '{clientSecret}' },
      },
    ],
  },
  exchange: { status: 200, body: { access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', ...tokens } },
  refresh: { status: 200, body: { access_token: 'SAMPLE_AT2', refresh_token: 'SAMPLE_RT2', ...tokens } },
  expected: { expiresIn: 7200, scopes: scope.split(','), refreshToken: true, refreshExpiresIn: 15552000 },
  variants: [
    {
      note: 'the lives before November 2026, which apps may still see',
      exchange: {
        status: 200,
        body: {
          ...{ access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', ...tokens },
          ...{ expires_in: 86400, refresh_expires_in: 31536000, scope: 'user.info.basic,video.publish' },
        },
      },
      expected: {
        expiresIn: 86400,
        scopes: ['user.info.basic', 'video.publish'],
        refreshToken: true,
        refreshExpiresIn: 31536000,
      },
    },
  ],
  get: {
    'https://open.tiktokapis.com/v2/user/info/': {
      data: {
        user: {
          open_id: openId,
          union_id: '1a2b3c4d-2222-4e5f-8a9b-0c1d2e3f4a5b',
          avatar_url: 'https://p16-sign.tiktokcdn.com/ada.jpg',
          display_name: 'Ada Example',
          username: 'ada.example',
        },
      },
      error: { code: 'ok', message: '', log_id },
    },
  },
  accounts: [
    {
      id: openId,
      type: 'profile',
      name: 'Ada Example',
      username: 'ada.example',
      picture: 'https://p16-sign.tiktokcdn.com/ada.jpg',
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'access_denied', error_description: 'The user denied the request' },
      is: 'reconnect',
      error: 'consent_denied',
    },
    {
      ...atToken('exchange', 400, 'invalid_grant', 'Authorization code is expired.'),
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      ...atToken('exchange', 200, 'invalid_grant', 'Authorization code is expired.'),
      is: 'reconnect',
      error: 'code_rejected',
      note: 'the status is undocumented; 200 was common',
    },
    {
      ...atToken('exchange', 400, 'invalid_request', 'Redirect_uri is not matched with the uri when requesting code.'),
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    {
      ...atToken('exchange', 400, 'invalid_request', 'Code verifier or code challenge is invalid.'),
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
      note: 'wording unconfirmed',
    },
    {
      ...atToken('exchange', 401, 'invalid_client', 'Client key or secret is incorrect.'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'wording and status unconfirmed',
    },
    {
      ...atToken('refresh', 400, 'invalid_grant', 'Refresh token is invalid or expired.'),
      is: 'reconnect',
      error: 'reauth_required',
      note: 'wording unconfirmed',
    },
    {
      ...atToken('refresh', 200, 'invalid_grant', 'Refresh token is invalid or expired.'),
      is: 'reconnect',
      error: 'reauth_required',
    },
    {
      ...atToken('refresh', 401, 'invalid_client', 'Client key or secret is incorrect.'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { ...atToken('refresh', 503, 'temporarily_unavailable', '...'), is: 'retry', note: 'status unconfirmed' },
    { ...atToken('refresh', 200, 'server_error', '...'), is: 'retry' },
    { ...atToken('revoke', 200, 'invalid_client', 'Client key or secret is incorrect.'), is: 'app-misconfigured' },
    atApi('refresh-token', 401, 'access_token_invalid', 'The access token is invalid or not found in the request.'),
    atApi(
      'missing-scope',
      401,
      'scope_not_authorized',
      'The user did not authorize the scope required for completing this request.',
    ),
    {
      ...atApi(
        'missing-scope',
        401,
        'scope_permission_missed',
        'Additional permissions are required for completing this request.',
      ),
      note: 'status not certain',
    },
    {
      ...atApi('rate-limit', 429, 'rate_limit_exceeded', 'The API rate limit was exceeded. Please try again later.'),
      retryAfter: 60,
    },
    atApi('bad-body', 400, 'invalid_params'),
    atApi('bad-body', 400, 'invalid_file_upload'),
    atApi('app-misconfigured', 403, 'unaudited_client_can_only_post_to_private_accounts'),
    atApi('app-misconfigured', 403, 'url_ownership_unverified'),
    atApi('rate-limit', 403, 'reached_active_user_cap'),
    atApi('rate-limit', 403, 'spam_risk_too_many_posts'),
    atApi('bad-body', 403, 'spam_risk_user_banned_from_posting'),
    atApi('bad-body', 403, 'privacy_level_option_mismatch'),
    atApi('retry', 500, 'internal_error'),
  ],
} satisfies ProviderFixture;
