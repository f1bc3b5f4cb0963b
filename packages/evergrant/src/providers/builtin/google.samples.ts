import type { ErrorSample, ProviderFixture } from '../fixture.ts';

/* What every product of Google sends, from developers.google.com and the projects that the definitions name, 2026-11-23. */

/** An error of an API with its finer reason. */
export const apiError = (
  is: ErrorSample['is'],
  code: number,
  message: string,
  reason: string,
  domain: string,
  more: object = {},
): ErrorSample => ({
  phase: 'api',
  status: code,
  body: { error: { code, message, errors: [{ message, domain, reason }], ...more } },
  is,
});

export const detail = (reason: string) => [
  { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' },
];

export const userinfo = {
  sub: '108800112233445566778',
  name: 'Ada Example',
  given_name: 'Ada',
  family_name: 'Example',
  picture: 'https://lh3.googleusercontent.com/a/ada',
  email: 'ada@example.com',
  email_verified: true,
};

const headers = { 'content-type': 'application/json; charset=utf-8' };

/**
 * What Google's authorization server is sent.
 *
 * @param scope what the login asks for
 */
export const requests = (scope: string): ProviderFixture['requests'] => ({
  authorize: {
    url: 'https://accounts.google.com/o/oauth2/v2/auth',
    query: {
      access_type: 'offline',
      prompt: 'consent',
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope,
      state: '{state}',
      code_challenge: '{challenge}',
      code_challenge_method: 'S256',
    },
  },
  exchange: {
    url: 'https://oauth2.googleapis.com/token',
    form: {
      redirect_uri: '{redirectUri}',
      code: '{code}',
      code_verifier: '{verifier}',
      grant_type: 'authorization_code',
      client_id: '{clientId}',
      client_secret: '{clientSecret}',
    },
  },
  profile: {
    method: 'GET',
    url: 'https://openidconnect.googleapis.com/v1/userinfo',
    headers: { authorization: 'Bearer {accessToken}' },
  },
  refresh: {
    url: 'https://oauth2.googleapis.com/token',
    form: {
      refresh_token: '{refreshToken}',
      grant_type: 'refresh_token',
      client_id: '{clientId}',
      client_secret: '{clientSecret}',
    },
  },
  revoke: [
    { url: 'https://oauth2.googleapis.com/revoke', form: { token: '{refreshToken}' } },
    { url: 'https://oauth2.googleapis.com/revoke', form: { token: '{accessToken}' } },
  ],
});

/** The answers of the token endpoint to a login that granted these scopes, and what must come out of them. */
export const tokenAnswers = (
  scopes: string[],
): Pick<ProviderFixture, 'exchange' | 'refresh' | 'expected' | 'variants'> => {
  const common = { expires_in: 3599, scope: scopes.join(' '), token_type: 'Bearer' };
  const first = { access_token: 'SAMPLE_AT', refresh_token: '1//SAMPLE_RT', ...common };
  const expected = { expiresIn: 3599, scopes, refreshToken: true };
  return {
    exchange: { status: 200, headers, body: { ...first, id_token: 'SAMPLE.ID.TOKEN' } },
    // No refresh token: the old one is kept.
    refresh: { status: 200, headers, body: { access_token: 'SAMPLE_AT2', ...common } },
    expected: { ...expected, refreshExpiresIn: null },
    variants: [
      {
        note: 'while the consent screen is in Testing, the refresh token lives 7 days',
        exchange: { status: 200, body: { ...first, refresh_token_expires_in: 604799 } },
        expected: { ...expected, refreshExpiresIn: 604799 },
      },
    ],
  };
};

/** Those of the token endpoint, and those that all APIs share. */
export const errors: ErrorSample[] = [
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
    reason: 'expired',
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
];
