import type { ErrorSample, ProviderFixture } from '../fixture.ts';

/** The real ones repeat the `state` of the request, which no sample can foresee. */
const tokens = {
  token_type: 'Bearer',
  expires_in: 3600,
  user_id: 1234567890,
  scope: 'vkid.personal_info email',
};

const atToken = (
  phase: ErrorSample['phase'],
  code: string,
  description: string,
  is: ErrorSample['is'],
  more: Pick<ErrorSample, 'error' | 'note'> = {},
): ErrorSample => ({ phase, status: 200, body: { error: code, error_description: description }, is, ...more });

const atApi = (
  error_code: number,
  error_msg: string,
  is: ErrorSample['is'],
  more: Record<string, unknown> = {},
): ErrorSample => ({
  phase: 'api',
  status: 200,
  body: { error: { error_code, error_msg, ...more, request_params: [{ key: 'method', value: 'users.get' }] } },
  is,
});

/** From id.vk.com, VK's SDKs and the sources named in the definition, as of 2026-11-23. */
export default {
  provider: 'vk',
  callback: {
    granted: { device_id: 'SAMPLE_DEVICE-1_x', type: 'code_v2', expires_in: '600', ext_id: 'SAMPLE_EXT' },
    denied: { error: 'access_denied', error_description: 'User denied' },
  },
  requests: {
    authorize: {
      url: 'https://id.vk.com/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'vkid.personal_info email phone wall photos video docs groups status',
        state: '{state}',
        code_challenge: '{challenge}',
        code_challenge_method: 'S256',
      },
    },
    exchange: {
      url: 'https://id.vk.com/oauth2/auth',
      form: {
        device_id: 'SAMPLE_DEVICE-1_x',
        state: '{state}',
        redirect_uri: '{redirectUri}',
        code: '{code}',
        code_verifier: '{verifier}',
        grant_type: 'authorization_code',
        client_id: '{clientId}',
      },
    },
    profile: {
      url: 'https://id.vk.com/oauth2/user_info',
      form: { client_id: '{clientId}', access_token: '{accessToken}' },
    },
    refresh: {
      url: 'https://id.vk.com/oauth2/auth',
      form: {
        device_id: 'SAMPLE_DEVICE-1_x',
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
      },
    },
    revoke: [
      { url: 'https://id.vk.com/oauth2/revoke', form: { access_token: '{accessToken}', client_id: '{clientId}' } },
    ],
  },
  exchange: {
    status: 200,
    body: { access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', id_token: 'SAMPLE_ID', ...tokens },
  },
  refresh: { status: 200, body: { access_token: 'SAMPLE_AT2', refresh_token: 'SAMPLE_RT2', ...tokens } },
  expected: { expiresIn: 3600, scopes: ['vkid.personal_info', 'email'], refreshToken: true },
  variants: [
    {
      note: 'scopes are missing at times',
      exchange: {
        status: 200,
        body: { ...tokens, access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', scope: '' },
      },
      expected: { expiresIn: 3600, scopes: null, refreshToken: true },
    },
  ],
  get: {
    'https://id.vk.com/oauth2/user_info': {
      user: {
        user_id: '1234567890',
        first_name: 'Ada',
        last_name: 'Example',
        avatar: 'https://sun9-1.userapi.com/ada.jpg',
        email: 'ada@example.com',
        sex: 1,
        verified: false,
        birthday: '01.01.2000',
      },
    },
  },
  accounts: [
    {
      id: '1234567890',
      type: 'profile',
      name: 'Ada Example',
      username: null,
      picture: 'https://sun9-1.userapi.com/ada.jpg',
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'access_denied', error_description: 'User denied' },
      is: 'reconnect',
      error: 'consent_denied',
    },
    atToken('exchange', 'invalid_grant', 'Code is invalid or expired.', 'reconnect', { error: 'code_rejected' }),
    {
      ...atToken('exchange', 'invalid_grant', 'Code is invalid or expired.', 'reconnect', { error: 'code_rejected' }),
      status: 401,
      note: '400 and 401 are seen too',
    },
    atToken('exchange', 'invalid_request', 'device_id is missing or invalid', 'reconnect', {
      error: 'code_rejected',
      note: 'wording unconfirmed',
    }),
    atToken('exchange', 'invalid_request', 'redirect_uri is missing or invalid', 'app-misconfigured', {
      error: 'redirect_uri_mismatch',
      note: 'wording unconfirmed',
    }),
    atToken('exchange', 'invalid_request', 'Security Error', 'app-misconfigured', {
      error: 'provider_app_not_allowed',
    }),
    atToken('exchange', 'invalid_scope', 'scope is not available', 'app-misconfigured', { error: 'scope_unavailable' }),
    ...(['exchange', 'refresh'] as const).flatMap((phase) => [
      atToken(phase, 'invalid_client', 'client_id is missing or invalid', 'app-misconfigured', {
        error: 'provider_app_credentials_invalid',
        note: 'wording unconfirmed',
      }),
      atToken(phase, 'slow_down', 'Too many requests', 'rate-limit'),
      atToken(phase, 'temporarily_unavailable', 'Try again', 'retry'),
      atToken(phase, 'server_error', 'Try again', 'retry'),
    ]),
    atToken('refresh', 'invalid_request', 'refresh_token is missing or invalid', 'reconnect', {
      error: 'reauth_required',
    }),
    atToken('refresh', 'invalid_grant', 'refresh_token is expired', 'reconnect', { error: 'reauth_required' }),
    atToken('refresh', 'invalid_request', 'device_id is missing or invalid', 'reconnect', { error: 'reauth_required' }),
    atToken('refresh', 'invalid_request', 'something else is invalid', 'bad-body', {
      note: 'a request that is wrong in another way must not end the connection',
    }),
    atToken('revoke', 'invalid_client', 'client_id is missing or invalid', 'app-misconfigured'),
    atToken('api', 'invalid_token', 'access_token is invalid', 'refresh-token', { note: 'of user_info' }),
    {
      ...atApi(5, 'User authorization failed: access_token was given to another ip address.', 'refresh-token', {
        error_subcode: 1130,
      }),
      message: 'IP address',
    },
    atApi(5, 'User authorization failed: access_token has expired.', 'refresh-token'),
    atApi(7, 'Permission to perform this action is denied', 'missing-scope'),
    atApi(15, 'Access denied', 'bad-body'),
    atApi(6, 'Too many requests per second', 'rate-limit'),
    atApi(9, 'Flood control', 'rate-limit'),
    atApi(29, 'Rate limit reached', 'rate-limit'),
    atApi(14, 'Captcha needed', 'rate-limit', {
      captcha_sid: '100200300400',
      captcha_img: 'https://api.vk.com/captcha.php?sid=100200300400',
    }),
    atApi(17, 'Validation required: please open redirect_uri in browser', 'reconnect', {
      redirect_uri: 'https://m.vk.com/login?act=security_check',
    }),
    atApi(10, 'Internal server error', 'retry'),
    atApi(1, 'Unknown error occurred', 'retry'),
    atApi(100, 'One of the parameters specified was missing or invalid', 'bad-body'),
    atApi(28, 'Application authorization failed', 'app-misconfigured'),
  ],
} satisfies ProviderFixture;
