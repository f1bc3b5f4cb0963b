import type { ProviderFixture } from '../fixture.ts';

const scope = 'chat:write user:read channel:read';
const scopes = scope.split(' ');
const ends = { expires_in: 7200, refresh_expires_in: 2592000 };
const invalidGrant = {
  error: 'invalid_grant',
  error_description:
    'The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client',
};

/** From docs.kick.com and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'kick',
  callback: { denied: { error: 'access_denied' } },
  requests: {
    authorize: {
      url: 'https://id.kick.com/oauth/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope:
          'user:read channel:read chat:write channel:write events:subscribe streamkey:read moderation:ban moderation:chat_message:manage channel:rewards:read kicks:read',
        state: '{state}',
        code_challenge: '{challenge}',
        code_challenge_method: 'S256',
      },
    },
    exchange: {
      url: 'https://id.kick.com/oauth/token',
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
      url: 'https://api.kick.com/public/v1/users',
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://id.kick.com/oauth/token',
      form: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    revoke: [
      { url: 'https://id.kick.com/oauth/revoke', query: { token: '{refreshToken}', token_hint_type: 'refresh_token' } },
      { url: 'https://id.kick.com/oauth/revoke', query: { token: '{accessToken}', token_hint_type: 'access_token' } },
    ],
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { access_token: 'SAMPLE_AT', token_type: 'Bearer', refresh_token: 'SAMPLE_RT', ...ends, scope },
  },
  refresh: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { access_token: 'SAMPLE_AT2', token_type: 'Bearer', refresh_token: 'SAMPLE_RT2', ...ends, scope },
  },
  expected: { expiresIn: 7200, scopes, refreshToken: true, refreshExpiresIn: 2592000 },
  variants: [
    {
      note: 'as documented: expires_in as text, and no refresh_expires_in',
      exchange: {
        status: 200,
        body: { access_token: 'AT', token_type: 'Bearer', refresh_token: 'RT', expires_in: '7200', scope },
      },
      expected: { expiresIn: 7200, scopes, refreshToken: true, refreshExpiresIn: null },
    },
  ],
  get: {
    'https://api.kick.com/public/v1/users': {
      data: [
        {
          user_id: 123456,
          name: 'example',
          email: 'a@example.org',
          profile_picture: 'https://files.kick.com/images/user/123456/profile_image/x.webp',
        },
      ],
      message: 'OK',
    },
  },
  accounts: [
    {
      id: '123456',
      type: 'profile',
      name: 'example',
      username: 'example',
      picture: 'https://files.kick.com/images/user/123456/profile_image/x.webp',
      url: null,
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
      note: 'unconfirmed: the standard shape',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'Invalid request' },
      is: 'reconnect',
      error: 'code_rejected',
      note: 'documented for every fault; no code of the standard',
    },
    { phase: 'exchange', status: 400, body: invalidGrant, is: 'reconnect', error: 'code_rejected' },
    {
      phase: 'exchange',
      status: 401,
      body: { error: 'invalid_client', error_description: 'Client authentication failed' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'unconfirmed',
    },
    { phase: 'refresh', status: 400, body: invalidGrant, is: 'reconnect', error: 'reauth_required' },
    {
      phase: 'refresh',
      status: 401,
      body: { error: 'invalid_grant' },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'unconfirmed',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'Invalid request' },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'documented for the token endpoint without a phase',
    },
    {
      phase: 'refresh',
      status: 401,
      body: { error: 'invalid_client', error_description: 'Client authentication failed' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'unconfirmed',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_client' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'unconfirmed: RFC 6749 section 5.2 permits this status, and no description',
    },
    { phase: 'refresh', status: 400, body: '', is: 'retry', note: 'unconfirmed: seen, cause unknown' },
    {
      phase: 'refresh',
      status: 404,
      headers: { 'content-type': 'text/html' },
      body: '<html></html>',
      is: 'retry',
      note: 'unconfirmed: an outage in September 2026',
    },
    { phase: 'revoke', status: 400, body: { error: 'Invalid request' }, is: 'bad-body' },
    { phase: 'api', status: 401, body: { data: {}, message: 'Unauthorized' }, is: 'refresh-token' },
    {
      phase: 'api',
      status: 403,
      body: { data: {}, message: 'User not authenticated' },
      is: 'missing-scope',
      note: 'unconfirmed',
    },
    { phase: 'api', status: 429, body: { message: 'Too Many Requests' }, is: 'rate-limit', note: 'unconfirmed' },
    {
      phase: 'api',
      status: 500,
      body: { data: {}, message: 'Internal Server Error' },
      is: 'retry',
      note: 'unconfirmed',
    },
  ],
} satisfies ProviderFixture;
