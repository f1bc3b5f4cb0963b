import type { ErrorSample, ProviderFixture } from '../fixture.ts';

const scope = 'boards:read boards:write pins:read pins:write user_accounts:read';

const tokens = {
  token_type: 'bearer',
  expires_in: 2592000,
  refresh_token_expires_in: 5184000,
  refresh_token_expires_at: 1800633600,
  scope,
};

const failed = (
  phase: ErrorSample['phase'],
  status: number,
  code: number,
  message: string,
  is: ErrorSample['is'],
  more: Pick<ErrorSample, 'error' | 'note' | 'headers'> = {},
): ErrorSample => ({ phase, status, body: { code, message }, is, ...more });

/** From developers.pinterest.com, its OpenAPI description and the sources named in the definition, as of 2026-11-23. */
export default {
  provider: 'pinterest',
  callback: { denied: { error: 'access_denied', error_description: 'The user denied the request' } },
  requests: {
    authorize: {
      url: 'https://www.pinterest.com/oauth/',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope:
          'boards:read,boards:write,pins:read,pins:write,user_accounts:read,boards:read_secret,boards:write_secret,pins:read_secret,pins:write_secret',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://api.pinterest.com/v5/oauth/token',
      form: {
        continuous_refresh: 'true',
        redirect_uri: '{redirectUri}',
        code: '{code}',
        grant_type: 'authorization_code',
      },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
    },
    profile: {
      method: 'GET',
      url: 'https://api.pinterest.com/v5/user_account',
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://api.pinterest.com/v5/oauth/token',
      form: { refresh_token: '{refreshToken}', grant_type: 'refresh_token' },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
    },
    revoke: [
      {
        url: 'https://api.pinterest.com/v5/oauth/token/revoke',
        form: { token: '{refreshToken}' },
        headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
      },
      {
        url: 'https://api.pinterest.com/v5/oauth/token/revoke',
        form: { token: '{accessToken}' },
        headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
      },
    ],
  },
  exchange: {
    status: 200,
    body: {
      ...{ access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', response_type: 'authorization_code' },
      ...tokens,
    },
  },
  refresh: {
    status: 200,
    body: { access_token: 'SAMPLE_AT2', refresh_token: 'SAMPLE_RT2', response_type: 'refresh_token', ...tokens },
  },
  expected: { expiresIn: 2592000, scopes: scope.split(' '), refreshToken: true, refreshExpiresIn: 5184000 },
  variants: [
    {
      note: 'scopes with commas',
      exchange: {
        status: 200,
        body: { access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', ...tokens, scope: 'pins:read,pins:write' },
      },
      expected: { expiresIn: 2592000, scopes: ['pins:read', 'pins:write'], refreshToken: true },
    },
  ],
  get: {
    'https://api.pinterest.com/v5/user_account': {
      account_type: 'BUSINESS',
      id: '9007199254741234567',
      username: 'ada_example',
      business_name: 'Example Bakery',
      profile_image: 'https://i.pinimg.com/280x280_RS/bakery.jpg',
      website_url: 'https://example.com',
      about: 'Bread.',
      board_count: 14,
      pin_count: 120,
      follower_count: 10,
      following_count: 55,
      monthly_views: 163,
    },
  },
  accounts: [
    {
      id: '9007199254741234567',
      type: 'profile',
      name: 'Example Bakery',
      username: 'ada_example',
      picture: 'https://i.pinimg.com/280x280_RS/bakery.jpg',
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
      note: 'unconfirmed: the standard shape',
    },
    ...(['exchange', 'refresh'] as const).flatMap((phase): ErrorSample[] => [
      {
        phase,
        status: 401,
        body: { code: 2, message: 'Authentication failed.', status: 'failure' },
        is: 'app-misconfigured',
        error: 'provider_app_credentials_invalid',
        note: 'wrong id or secret, or no Basic header; seen on 2026-08-30',
      },
      {
        phase,
        status: 400,
        body: { code: 283, message: 'The authorization grant is invalid', status: 'failure' },
        is: 'reconnect',
        error: phase === 'exchange' ? 'code_rejected' : 'reauth_required',
        note: 'the number is unconfirmed',
      },
      failed(phase, 400, 1, 'Invalid parameters', 'bad-body'),
      failed(phase, 503, 4197, 'The endpoint has been ramped down.', 'retry'),
    ]),
    failed('revoke', 401, 2, 'Authentication failed.', 'reconnect', { note: 'not the token of a system user' }),
    failed('revoke', 403, 29, 'You are not permitted to access that resource.', 'reconnect'),
    failed('revoke', 503, 4197, 'The endpoint has been ramped down.', 'retry'),
    failed('api', 401, 2, 'Authentication failed.', 'refresh-token'),
    failed(
      'api',
      401,
      3,
      'Your token does not have sufficient permissions to perform this operation. Required: pins:write.',
      'missing-scope',
    ),
    failed('api', 401, 29, 'You are not permitted to access that resource.', 'app-misconfigured'),
    failed('api', 403, 29, 'You are not permitted to access that resource.', 'app-misconfigured'),
    failed('api', 400, 1, 'Invalid Pin parameters', 'bad-body', { note: 'wording unconfirmed' }),
    failed('api', 401, 7, 'Not authorized to access board or Pin.', 'bad-body'),
    failed('api', 403, 403, 'Not authorized to access the user account.', 'missing-scope'),
    failed('api', 403, 2625, 'Sorry, you cannot perform this action as your account has been disapproved.', 'bad-body'),
    failed('api', 429, 8, 'This request exceeded a rate limit.', 'rate-limit', {
      headers: { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '42' },
    }),
    failed('api', 429, 30, 'This request exceeded a rate limit.', 'rate-limit'),
    failed('api', 404, 30, 'User not found.', 'bad-body'),
    failed('api', 404, 50, 'Pin not found.', 'bad-body'),
    failed('api', 503, 4197, 'The endpoint has been ramped down and is currently not accepting any traffic.', 'retry'),
  ],
} satisfies ProviderFixture;
