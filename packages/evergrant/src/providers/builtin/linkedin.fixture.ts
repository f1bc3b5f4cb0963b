import type { ProviderFixture } from '../fixture.ts';

const scope = 'email,openid,profile,w_member_social';
const scopes = scope.split(',');

const codeFault =
  'Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired. Or external member binding exists';

/** From learn.microsoft.com and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'linkedin',
  callback: {
    denied: { error: 'user_cancelled_login', error_description: 'The user cancelled LinkedIn login' },
  },
  requests: {
    authorize: {
      url: 'https://www.linkedin.com/oauth/v2/authorization',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'openid profile w_member_social email',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://www.linkedin.com/oauth/v2/accessToken',
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
      url: 'https://api.linkedin.com/v2/userinfo',
      headers: {
        'linkedin-version': '202607',
        'x-restli-protocol-version': '2.0.0',
        authorization: 'Bearer {accessToken}',
      },
    },
    refresh: {
      url: 'https://www.linkedin.com/oauth/v2/accessToken',
      form: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    revoke: [
      {
        url: 'https://www.linkedin.com/oauth/v2/revoke',
        form: { token: '{accessToken}', client_id: '{clientId}', client_secret: '{clientSecret}' },
      },
    ],
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: {
      access_token: 'SAMPLE_AT',
      expires_in: 5183999,
      scope,
      token_type: 'Bearer',
      id_token: 'SAMPLE.ID.TOKEN',
    },
  },
  refresh: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: {
      access_token: 'SAMPLE_AT2',
      expires_in: 5184000,
      refresh_token: 'SAMPLE_RT',
      refresh_token_expires_in: 26438400,
      scope,
      token_type: 'Bearer',
    },
  },
  // An ordinary app: nothing to renew with.
  expected: { expiresIn: 5183999, scopes, refreshToken: false, refreshExpiresIn: null },
  variants: [
    {
      note: 'an app with a Marketing or Community product gets a refresh token',
      exchange: {
        status: 200,
        body: {
          access_token: 'SAMPLE_AT',
          expires_in: 5184000,
          refresh_token: 'SAMPLE_RT',
          refresh_token_expires_in: 31536000,
          scope: 'r_basicprofile,w_organization_social',
          token_type: 'Bearer',
        },
      },
      expected: {
        expiresIn: 5184000,
        scopes: ['r_basicprofile', 'w_organization_social'],
        refreshToken: true,
        refreshExpiresIn: 31536000,
      },
    },
    {
      note: 'token_type is absent in some official samples, and scopes may come with spaces',
      exchange: {
        status: 200,
        body: { access_token: 'SAMPLE_AT', expires_in: 5184000, scope: 'openid profile w_member_social' },
      },
      expected: { expiresIn: 5184000, scopes: ['openid', 'profile', 'w_member_social'], refreshToken: false },
    },
  ],
  get: {
    'https://api.linkedin.com/v2/userinfo': {
      sub: '782bbtaQ',
      name: 'Example Person',
      given_name: 'Example',
      family_name: 'Person',
      picture: 'https://media.licdn.com/dms/image/x.jpg',
      locale: { country: 'US', language: 'en' },
      email: 'a@example.org',
      email_verified: true,
    },
  },
  accounts: [
    {
      id: '782bbtaQ',
      type: 'profile',
      name: 'Example Person',
      username: null,
      picture: 'https://media.licdn.com/dms/image/x.jpg',
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'user_cancelled_login', error_description: 'The user cancelled LinkedIn login' },
      is: 'reconnect',
      error: 'consent_denied',
    },
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'user_cancelled_authorize', error_description: 'The user cancelled the authorization' },
      is: 'reconnect',
      error: 'consent_denied',
    },
    {
      phase: 'authorize',
      status: 302,
      body: {
        error: 'unauthorized_scope_error',
        error_description: 'Scope &quot;w_organization_social&quot; is not authorized for your application',
      },
      is: 'app-misconfigured',
      error: 'scope_unavailable',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_request', error_description: codeFault },
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_redirect_uri', error_description: codeFault },
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_request', error_description: 'A required parameter "client_secret" is missing' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'exchange',
      status: 401,
      body: { error: 'invalid_client', error_description: 'Client authentication failed' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_request', error_description: 'A required parameter "refresh_token" is missing' },
      is: 'reconnect',
      error: 'reauth_required',
    },
    {
      phase: 'refresh',
      status: 400,
      body: {
        error: 'invalid_request',
        error_description: 'The provided authorization grant or refresh token is invalid, expired or revoked',
      },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'text unconfirmed',
    },
    {
      phase: 'refresh',
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: 'The provided authorization grant or refresh token is invalid, expired or revoked',
      },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'unconfirmed: the standard code may come instead',
    },
    {
      phase: 'api',
      status: 401,
      body: {
        status: 401,
        serviceErrorCode: 65600,
        code: 'INVALID_ACCESS_TOKEN',
        message: 'Invalid access token',
      },
      is: 'refresh-token',
    },
    {
      phase: 'api',
      status: 401,
      body: {
        status: 401,
        serviceErrorCode: 65601,
        code: 'REVOKED_ACCESS_TOKEN',
        message: 'The token used in the request has been revoked by the user',
      },
      is: 'refresh-token',
    },
    {
      phase: 'api',
      status: 401,
      body: {
        status: 401,
        serviceErrorCode: 65602,
        code: 'EXPIRED_ACCESS_TOKEN',
        message: 'The token used in the request has expired',
      },
      is: 'refresh-token',
    },
    {
      phase: 'api',
      status: 401,
      body: { message: 'Empty oauth2_access_token', serviceErrorCode: 401, status: 401 },
      is: 'bad-body',
    },
    {
      phase: 'api',
      status: 403,
      body: {
        status: 403,
        serviceErrorCode: 100,
        code: 'ACCESS_DENIED',
        message: 'Not enough permissions to access: partnerApiMe.GET.20230601',
      },
      is: 'missing-scope',
    },
    {
      phase: 'api',
      status: 426,
      body: { status: 426, code: 'NONEXISTENT_VERSION', message: 'Requested version 20230101 is not active' },
      is: 'app-misconfigured',
      note: 'unconfirmed',
    },
    {
      phase: 'api',
      status: 429,
      body: {
        status: 429,
        serviceErrorCode: 101,
        code: 'TOO_MANY_REQUESTS',
        message: 'Resource level throttle APPLICATION DAY limit for calls to this resource is reached.',
      },
      is: 'rate-limit',
      retryAfter: 3600,
      note: 'text unconfirmed',
    },
    { phase: 'api', status: 500, body: { message: 'Internal Server Error', status: 500 }, is: 'retry' },
    { phase: 'api', status: 504, body: { message: 'Gateway Timeout', status: 504 }, is: 'retry' },
  ],
} satisfies ProviderFixture;
