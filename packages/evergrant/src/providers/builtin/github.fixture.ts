import type { Phase } from '../define.ts';
import type { ErrorSample, ProviderFixture } from '../fixture.ts';

const docs = 'https://docs.github.com/rest';
const uri = { error_uri: 'https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps' };

type Headers = NonNullable<ErrorSample['headers']>;

const html: Headers = { 'content-type': 'text/html' };
const minute: Headers = { 'retry-after': '60' };
const used: Headers = {
  'x-ratelimit-limit': '5000',
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': '1795449600',
};

/** Errors of the token endpoint have status 200. */
const failed = (phase: Phase, error: string, error_description: string) => ({
  phase,
  status: 200,
  body: { error, error_description, ...uri },
});

const appTokens = { expires_in: 28800, refresh_token_expires_in: 15811200, scope: '', token_type: 'bearer' };

/** From github/docs and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'github',
  callback: {
    denied: {
      error: 'access_denied',
      error_description: 'The user has denied your application access.',
      error_uri:
        'https://docs.github.com/apps/managing-oauth-apps/troubleshooting-authorization-request-errors/#access-denied',
    },
  },
  // An OAuth App: no end, nothing to renew with.
  requests: {
    authorize: {
      url: 'https://github.com/login/oauth/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'read:user gist public_repo repo user:email',
        state: '{state}',
        code_challenge: '{challenge}',
        code_challenge_method: 'S256',
      },
    },
    exchange: {
      url: 'https://github.com/login/oauth/access_token',
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
      url: 'https://api.github.com/user',
      headers: {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        authorization: 'Bearer {accessToken}',
      },
    },
    refresh: {
      url: 'https://github.com/login/oauth/access_token',
      form: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    revoke: [
      {
        method: 'DELETE',
        url: 'https://api.github.com/applications/{clientId}/token',
        json: { access_token: '{accessToken}' },
        headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
      },
    ],
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: { access_token: 'SAMPLE_AT', scope: 'gist,read:user', token_type: 'bearer' },
  },
  // A GitHub App.
  refresh: {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: { access_token: 'SAMPLE_AT2', refresh_token: 'SAMPLE_RT2', ...appTokens },
  },
  expected: { expiresIn: null, scopes: ['gist', 'read:user'], refreshToken: false, refreshExpiresIn: null },
  variants: [
    {
      note: 'a GitHub App with expiring tokens; its rights are no scopes',
      exchange: { status: 200, body: { access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', ...appTokens } },
      expected: { expiresIn: 28800, scopes: null, refreshToken: true, refreshExpiresIn: 15811200 },
    },
    {
      note: 'the life of a refresh token in newer documentation',
      exchange: {
        status: 200,
        body: { access_token: 'AT', refresh_token: 'RT', ...appTokens, refresh_token_expires_in: 15897600 },
      },
      expected: { expiresIn: 28800, scopes: null, refreshToken: true, refreshExpiresIn: 15897600 },
    },
    {
      note: 'form-encoded, as it comes where the Accept header was lost',
      exchange: {
        status: 200,
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: 'access_token=SAMPLE_AT&scope=gist%2Cread%3Auser&token_type=bearer',
      },
      expected: { expiresIn: null, scopes: ['gist', 'read:user'], refreshToken: false },
    },
  ],
  get: {
    'https://api.github.com/user': {
      login: 'example',
      id: 1,
      node_id: 'MDQ6VXNlcjE=',
      avatar_url: 'https://avatars.githubusercontent.com/u/1?v=4',
      html_url: 'https://github.com/example',
      type: 'User',
      name: 'Example Person',
      email: null,
    },
  },
  accounts: [
    {
      id: '1',
      type: 'profile',
      name: 'Example Person',
      username: 'example',
      picture: 'https://avatars.githubusercontent.com/u/1?v=4',
      url: 'https://github.com/example',
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'access_denied', error_description: 'The user has denied your application access.', ...uri },
      is: 'reconnect',
      error: 'consent_denied',
    },
    {
      phase: 'authorize',
      status: 302,
      body: {
        error: 'redirect_uri_mismatch',
        error_description: 'The redirect_uri MUST match the registered callback URL for this application.',
        ...uri,
      },
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
      note: 'sent to the registered callback',
    },
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'application_suspended', error_description: 'Your application has been suspended.', ...uri },
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
    },
    {
      ...failed('exchange', 'bad_verification_code', 'The code passed is incorrect or expired.'),
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      ...failed('exchange', 'incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      ...failed(
        'exchange',
        'redirect_uri_mismatch',
        'The redirect_uri MUST match the registered callback URL for this application.',
      ),
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    {
      ...failed('exchange', 'unverified_user_email', 'The user must have a verified primary email.'),
      is: 'bad-body',
      error: 'account_type_unsupported',
    },
    {
      phase: 'exchange',
      status: 404,
      body: { error: 'Not Found' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'unconfirmed: an unknown client id',
    },
    {
      ...failed('refresh', 'bad_refresh_token', 'The refresh token passed is incorrect or expired.'),
      is: 'reconnect',
      error: 'reauth_required',
    },
    {
      ...failed('refresh', 'unauthorized_client', '...'),
      is: 'reconnect',
      error: 'reauth_required',
      note: 'unconfirmed',
    },
    {
      ...failed('refresh', 'incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { phase: 'revoke', status: 404, body: { message: 'Not Found', documentation_url: docs }, is: 'reconnect' },
    { phase: 'revoke', status: 422, body: { message: 'Validation Failed', documentation_url: docs }, is: 'bad-body' },
    {
      phase: 'api',
      status: 401,
      body: { message: 'Bad credentials', documentation_url: docs, status: '401' },
      is: 'refresh-token',
    },
    {
      phase: 'api',
      status: 403,
      body: { message: 'Resource not accessible by integration', documentation_url: docs, status: '403' },
      is: 'missing-scope',
    },
    {
      phase: 'api',
      status: 404,
      body: { message: 'Not Found', documentation_url: docs, status: '404' },
      is: 'missing-scope',
    },
    {
      phase: 'api',
      status: 403,
      headers: used,
      body: { message: 'API rate limit exceeded for user ID 1.', documentation_url: docs },
      is: 'rate-limit',
    },
    {
      phase: 'api',
      status: 403,
      headers: minute,
      body: {
        message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
      },
      is: 'rate-limit',
    },
    {
      phase: 'api',
      status: 403,
      headers: html,
      body: 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header',
      is: 'app-misconfigured',
    },
    { phase: 'api', status: 502, body: { message: 'Server Error' }, is: 'retry' },
  ],
} satisfies ProviderFixture;
