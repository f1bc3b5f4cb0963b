import type { ProviderFixture } from '../fixture.ts';

type Sample = ProviderFixture['errors'][number];

const scopes = [
  'https://www.googleapis.com/auth/youtube.upload',
  'https://www.googleapis.com/auth/youtube.readonly',
  'openid',
  'https://www.googleapis.com/auth/userinfo.profile',
];
const scope = scopes.join(' ');

/** An error of the YouTube API with its finer reason. */
const apiError = (
  is: Sample['is'],
  code: number,
  message: string,
  reason: string,
  domain: string,
  more: object = {},
): Sample => ({
  phase: 'api',
  status: code,
  body: { error: { code, message, errors: [{ message, domain, reason }], ...more } },
  is,
});

const detail = (reason: string) => [
  { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' },
];

/** From developers.google.com and the projects named in the definition, as of 2026-11-23. */
export default {
  provider: 'youtube',
  callback: { denied: { error: 'access_denied' } },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: {
      access_token: 'SAMPLE_AT',
      expires_in: 3599,
      refresh_token: '1//SAMPLE_RT',
      scope,
      token_type: 'Bearer',
      id_token: 'SAMPLE.ID.TOKEN',
    },
  },
  // No refresh token: the old one is kept.
  refresh: {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: { access_token: 'SAMPLE_AT2', expires_in: 3599, scope, token_type: 'Bearer' },
  },
  expected: { expiresIn: 3599, scopes, refreshToken: true, refreshExpiresIn: null },
  variants: [
    {
      note: 'while the consent screen is in Testing, the refresh token lives 7 days',
      exchange: {
        status: 200,
        body: {
          access_token: 'SAMPLE_AT',
          expires_in: 3599,
          refresh_token: '1//SAMPLE_RT',
          refresh_token_expires_in: 604799,
          scope,
          token_type: 'Bearer',
        },
      },
      expected: { expiresIn: 3599, scopes, refreshToken: true, refreshExpiresIn: 604799 },
    },
  ],
  get: {
    'https://openidconnect.googleapis.com/v1/userinfo': {
      sub: '108800112233445566778',
      name: 'Ada Example',
      given_name: 'Ada',
      family_name: 'Example',
      picture: 'https://lh3.googleusercontent.com/a/ada',
      email: 'ada@example.com',
      email_verified: true,
    },
    'https://www.googleapis.com/youtube/v3/channels?part=snippet&mine=true&maxResults=50': {
      kind: 'youtube#channelListResponse',
      pageInfo: { totalResults: 1, resultsPerPage: 50 },
      items: [
        {
          kind: 'youtube#channel',
          id: 'UCabcdefghijklmnopqrstuv',
          snippet: {
            title: 'Example Channel',
            customUrl: '@examplechannel',
            thumbnails: { default: { url: 'https://yt3.ggpht.com/example', width: 88, height: 88 } },
          },
        },
      ],
    },
  },
  grantedScopes: [
    'openid',
    'profile',
    'https://www.googleapis.com/auth/youtube.readonly',
    'https://www.googleapis.com/auth/youtube.upload',
  ],
  accounts: [
    {
      id: 'UCabcdefghijklmnopqrstuv',
      type: 'channel',
      name: 'Example Channel',
      username: '@examplechannel',
      picture: 'https://yt3.ggpht.com/example',
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
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Bad Request' },
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Malformed auth code.' },
      is: 'bad-body',
      error: 'code_rejected',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'redirect_uri_mismatch', error_description: 'Bad Request' },
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    {
      phase: 'exchange',
      status: 401,
      body: { error: 'invalid_client', error_description: 'Unauthorized' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_request', error_description: 'Missing required parameter: code' },
      is: 'bad-body',
      note: 'wording unconfirmed',
    },
    { phase: 'exchange', status: 500, body: { error: 'internal_failure' }, is: 'retry' },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      is: 'reconnect',
      error: 'reauth_required',
    },
    {
      phase: 'refresh',
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: 'reauth related error (invalid_rapt)',
        error_subtype: 'invalid_rapt',
      },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'unconfirmed',
    },
    {
      phase: 'refresh',
      status: 401,
      body: { error: 'deleted_client', error_description: 'The OAuth client was deleted.' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'refresh',
      status: 401,
      body: { error: 'unauthorized_client', error_description: 'Unauthorized' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { phase: 'refresh', status: 500, body: { error: 'internal_failure' }, is: 'retry' },
    {
      phase: 'revoke',
      status: 400,
      body: { error: 'invalid_token', error_description: 'Token expired or revoked' },
      is: 'reconnect',
      note: 'nothing is left to revoke',
    },
    apiError(
      'refresh-token',
      401,
      'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
      'authError',
      'global',
      { status: 'UNAUTHENTICATED' },
    ),
    apiError(
      'missing-scope',
      403,
      'Request had insufficient authentication scopes.',
      'insufficientPermissions',
      'global',
      { status: 'PERMISSION_DENIED', details: detail('ACCESS_TOKEN_SCOPE_INSUFFICIENT') },
    ),
    apiError(
      'app-misconfigured',
      403,
      'YouTube Data API v3 has not been used in project 123456789012 before or it is disabled.',
      'accessNotConfigured',
      'usageLimits',
      { status: 'PERMISSION_DENIED', details: detail('SERVICE_DISABLED') },
    ),
    apiError('rate-limit', 429, 'Quota exceeded for quota metric ...', 'rateLimitExceeded', 'global', {
      status: 'RESOURCE_EXHAUSTED',
      details: detail('RATE_LIMIT_EXCEEDED'),
    }),
    {
      ...apiError('rate-limit', 403, 'User Rate Limit Exceeded', 'userRateLimitExceeded', 'usageLimits'),
      note: 'older APIs say 403',
    },
    {
      phase: 'api',
      status: 503,
      body: { error: { code: 503, message: 'The service is currently unavailable.', status: 'UNAVAILABLE' } },
      is: 'retry',
    },
    {
      ...apiError('bad-body', 401, 'Unauthorized', 'youtubeSignupRequired', 'youtube.header'),
      error: 'account_type_unsupported',
      note: 'the token is healthy',
    },
    {
      ...apiError('bad-body', 403, 'Unauthorized', 'youtubeSignupRequired', 'youtube.header'),
      error: 'account_type_unsupported',
      note: '403 in some reports',
    },
    apiError(
      'rate-limit',
      403,
      'The request cannot be completed because you have exceeded your quota.',
      'quotaExceeded',
      'youtube.quota',
    ),
    apiError(
      'rate-limit',
      400,
      'The user has exceeded the number of videos they may upload.',
      'uploadLimitExceeded',
      'youtube.video',
    ),
    apiError('missing-scope', 403, 'Forbidden', 'forbidden', 'youtube.common'),
  ],
} satisfies ProviderFixture;
