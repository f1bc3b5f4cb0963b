import type { ProviderFixture } from '../fixture.ts';

const request_id = '66a0b1c2-0000-4000-8000-d3e4f5a6b7c8';
const api = 'https://businessapi.snapchat.com/v1';
const ads = 'https://adsapi.snapchat.com/v1';

const own = {
  id: 'aaaabbbb-1111-2222-3333-ccccddddeeee',
  organization_id: '11112222-aaaa-bbbb-cccc-333344445555',
  display_name: 'Example Bakery',
  snap_user_name: 'examplebakery',
  profile_type: 'BUSINESS',
  profile_tier: 'TIER_1',
  logo_urls: {
    original_logo_url: 'https://cf-st.sc-cdn.net/bakery.png',
    manage_profile_logo_url: 'https://cf-st.sc-cdn.net/bakery-small.png',
  },
};

const tokens = { token_type: 'Bearer', expires_in: 3600, scope: 'snapchat-profile-api snapchat-marketing-api' };

const failed = { request_status: 'ERROR', request_id, debug_message: 'debug', display_message: 'display' };

/** From developers.snap.com and the sources named in the definition, as of 2026-11-23. */
export default {
  provider: 'snapchat',
  callback: { denied: { error: 'access_denied', error_description: 'The user denied the request' } },
  requests: {
    authorize: {
      url: 'https://accounts.snapchat.com/login/oauth2/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'snapchat-profile-api snapchat-marketing-api snapchat-offline-conversions-api',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://accounts.snapchat.com/login/oauth2/access_token',
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
      url: 'https://businessapi.snapchat.com/v1/public_profiles/my_profile',
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://accounts.snapchat.com/login/oauth2/access_token',
      form: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    revoke: [
      {
        url: 'https://accounts.snapchat.com/accounts/oauth2/revoke',
        form: { token: '{refreshToken}', client_id: '{clientId}', client_secret: '{clientSecret}' },
      },
    ],
  },
  exchange: { status: 200, body: { access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', ...tokens } },
  refresh: { status: 200, body: { access_token: 'SAMPLE_AT2', refresh_token: 'SAMPLE_RT2', ...tokens } },
  expected: { expiresIn: 3600, scopes: tokens.scope.split(' '), refreshToken: true },
  variants: [
    {
      note: 'half the life, as older documents have it, and a renewal without another refresh token',
      exchange: {
        status: 200,
        body: { access_token: 'SAMPLE_AT', token_type: 'Bearer', expires_in: 1800, scope: 'snapchat-profile-api' },
      },
      expected: { expiresIn: 1800, scopes: ['snapchat-profile-api'], refreshToken: false },
    },
  ],
  get: {
    [`${api}/public_profiles/my_profile`]: { request_id, request_status: 'SUCCESS', public_profile: own },
    [`${ads}/me/organizations`]: {
      request_status: 'SUCCESS',
      request_id,
      organizations: [
        {
          sub_request_status: 'SUCCESS',
          organization: { id: '11112222-aaaa-bbbb-cccc-333344445555', name: 'Example Ltd' },
        },
      ],
    },
    [`${api}/organizations/11112222-aaaa-bbbb-cccc-333344445555/public_profiles`]: {
      request_status: 'SUCCESS',
      request_id,
      public_profiles: [
        { sub_request_status: 'SUCCESS', public_profile: own },
        { sub_request_status: 'ERROR', sub_request_error_reason: 'Resource can not be found' },
        {
          sub_request_status: 'ERROR',
          sub_request_error_reason: 'No role on this profile',
          public_profile: { id: 'aaaabbbb-7777-8888-9999-ccccddddeeee' },
        },
        {
          sub_request_status: 'SUCCESS',
          public_profile: {
            id: 'aaaabbbb-4444-5555-6666-ccccddddeeee',
            display_name: 'Example Museum',
            snap_user_name: 'examplemuseum',
          },
        },
      ],
    },
  },
  accounts: [
    {
      id: 'aaaabbbb-1111-2222-3333-ccccddddeeee',
      type: 'profile',
      name: 'Example Bakery',
      username: 'examplebakery',
      picture: 'https://cf-st.sc-cdn.net/bakery.png',
      ownToken: false,
    },
    {
      id: 'aaaabbbb-4444-5555-6666-ccccddddeeee',
      type: 'profile',
      name: 'Example Museum',
      username: 'examplemuseum',
      picture: null,
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
      note: 'text unconfirmed',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_grant', error_description: 'The code is invalid' },
      is: 'reconnect',
      error: 'code_rejected',
      note: 'text unconfirmed; also for another redirect URI',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_grant', error_description: 'The refresh token is invalid' },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'text unconfirmed',
    },
    ...(['exchange', 'refresh'] as const).flatMap((phase) =>
      [401, 400].map((status) => ({
        phase,
        status,
        body: { error: 'invalid_client', error_description: 'Client authentication failed' },
        is: 'app-misconfigured' as const,
        error: 'provider_app_credentials_invalid',
        note: 'text and status unconfirmed',
      })),
    ),
    {
      phase: 'api',
      status: 401,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      body: { ...failed, error_code: 'E1001' },
      is: 'refresh-token',
      note: 'the numbers are unconfirmed',
    },
    { phase: 'api', status: 403, body: { ...failed, error_code: 'E1002' }, is: 'missing-scope' },
    {
      phase: 'api',
      status: 404,
      body: { ...failed, debug_message: 'Resource can not be found', error_code: 'E1003' },
      is: 'bad-body',
      error: 'account_type_unsupported',
    },
    { phase: 'api', status: 200, body: { ...failed, error_code: 'E1003' }, is: 'bad-body' },
    {
      phase: 'api',
      status: 200,
      body: {
        request_status: 'SUCCESS',
        public_profiles: [{ sub_request_status: 'ERROR', sub_request_error_reason: 'Resource can not be found' }],
      },
      is: null,
      note: 'an item that failed in a good answer is no news of the connection',
    },
    { phase: 'api', status: 429, body: { ...failed, error_code: 'E1004' }, is: 'rate-limit', note: 'unconfirmed' },
    { phase: 'api', status: 500, body: 'Internal Server Error', is: 'retry' },
  ],
} satisfies ProviderFixture;
