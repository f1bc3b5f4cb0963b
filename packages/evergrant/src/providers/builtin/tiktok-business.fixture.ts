import type { ErrorSample, ProviderFixture } from '../fixture.ts';

const request_id = '202611231000000123456789';
const scope = 'user.info.basic,user.info.username,video.list,video.publish';
const openId = 'f6e5d4c3-3333-4b2a-8c9d-0e1f2a3b4c5d';

const success = (data: object) => ({ status: 200, body: { code: 0, message: 'OK', request_id, data } });

const tokens = { token_type: 'Bearer', scope, expires_in: 86400, open_id: openId };

const failed = (
  phase: ErrorSample['phase'],
  code: number,
  message: string,
  is: ErrorSample['is'],
  more: Pick<ErrorSample, 'error' | 'note'> = {},
): ErrorSample => ({ phase, status: 200, body: { code, message, request_id, data: {} }, is, ...more });

/** From the SDK, test data and clients named in the definition, as of 2026-11-23. */
export default {
  provider: 'tiktok-business',
  callback: { denied: { error: 'access_denied', error_description: 'The user denied the request' } },
  requests: {
    authorize: {
      url: 'https://www.tiktok.com/v2/auth/authorize',
      query: {
        response_type: 'code',
        client_key: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope:
          'user.info.basic,user.info.username,video.publish,user.info.stats,user.account.type,user.insights,video.list,video.upload,video.insights,comment.list,comment.list.manage',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://business-api.tiktok.com/open_api/v1.3/tt_user/oauth2/token/',
      json: {
        redirect_uri: '{redirectUri}',
        grant_type: 'authorization_code',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
        auth_code: '{code}',
      },
    },
    profile: {
      method: 'GET',
      url: 'https://business-api.tiktok.com/open_api/v1.3/business/get/',
      query: {
        business_id: 'f6e5d4c3-3333-4b2a-8c9d-0e1f2a3b4c5d',
        fields: '["username","display_name","profile_image"]',
      },
      headers: { 'access-token': '{accessToken}' },
    },
    refresh: {
      url: 'https://business-api.tiktok.com/open_api/v1.3/tt_user/oauth2/refresh_token/',
      json: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    revoke: [
      {
        url: 'https://business-api.tiktok.com/open_api/v1.3/tt_user/oauth2/revoke/',
        json: { access_token: '{accessToken}', client_id: '{clientId}', client_secret: '{clientSecret}' },
      },
    ],
  },
  exchange: success({
    ...{ access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', refresh_token_expires_in: 31536000 },
    ...tokens,
  }),
  refresh: success({
    ...{ access_token: 'SAMPLE_AT2', refresh_token: 'SAMPLE_RT2', refresh_token_expires_in: 31527314 },
    ...tokens,
  }),
  expected: {
    expiresIn: 86400,
    scopes: scope.split(','),
    refreshToken: true,
    refreshExpiresIn: 31536000,
    kept: { openId: 'f6e5d4c3-3333-4b2a-8c9d-0e1f2a3b4c5d' },
  },
  variants: [
    {
      note: 'numbers as texts',
      exchange: success({
        ...{ access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', refresh_token_expires_in: '31536000' },
        ...{ ...tokens, expires_in: '86400' },
      }),
      expected: { expiresIn: 86400, scopes: scope.split(','), refreshToken: true, refreshExpiresIn: 31536000 },
    },
  ],
  get: {
    [`https://business-api.tiktok.com/open_api/v1.3/business/get/?business_id=${openId}&fields=%5B%22username%22%2C%22display_name%22%2C%22profile_image%22%5D`]:
      success({
        username: 'ada.example',
        display_name: 'Ada Example',
        profile_image: 'https://p16-sign.tiktokcdn.com/ada.jpg',
      }).body,
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
    failed('exchange', 40110, 'auth_code is invalid or expired', 'reconnect', {
      error: 'code_rejected',
      note: 'wording unconfirmed',
    }),
    failed('exchange', 40101, 'app id or secret is wrong', 'app-misconfigured', {
      error: 'provider_app_credentials_invalid',
      note: 'wording unconfirmed',
    }),
    failed('exchange', 40002, 'redirect_uri: is not matched', 'app-misconfigured', {
      error: 'redirect_uri_mismatch',
      note: 'wording unconfirmed',
    }),
    failed('exchange', 40002, 'grant_type: Missing data for required field.', 'app-misconfigured', {
      error: 'provider_app_not_allowed',
    }),
    failed('refresh', 40105, 'refresh token is invalid', 'reconnect', {
      error: 'reauth_required',
      note: 'the code is unconfirmed',
    }),
    failed('refresh', 40001, 'no permission', 'reconnect', { error: 'reauth_required' }),
    failed('refresh', 40101, 'app id or secret is wrong', 'app-misconfigured', {
      error: 'provider_app_credentials_invalid',
    }),
    failed('refresh', 40100, 'App reaches the QPS limit.', 'rate-limit'),
    failed('refresh', 50000, 'System error', 'retry'),
    failed('revoke', 40105, 'Access token is incorrect or has been revoked.', 'reconnect', {
      note: 'nothing is left to revoke',
    }),
    failed('revoke', 40101, 'app id or secret is wrong', 'app-misconfigured'),
    failed('api', 40105, 'Access token is incorrect or has been revoked.', 'refresh-token'),
    failed('api', 40102, 'Access token has expired.', 'refresh-token', { note: 'unconfirmed' }),
    failed('api', 40001, 'no permission', 'missing-scope'),
    failed('api', 40002, 'Invalid params', 'bad-body'),
    failed('api', 40100, 'App reaches the QPS limit.', 'rate-limit'),
    failed('api', 51021, 'too many requests', 'rate-limit', { note: 'unconfirmed' }),
    failed('api', 50000, 'System error', 'retry'),
    { phase: 'api', status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not Found', is: 'bad-body' },
  ],
} satisfies ProviderFixture;
