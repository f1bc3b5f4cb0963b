import type { Phase } from '../define.ts';
import type { ProviderFixture } from '../fixture.ts';

const scope = ['basicProfile', 'publishPost'];

const failed = (phase: Phase, status: number, code: number, message: string) => ({
  phase,
  status,
  body: { errors: [{ message, code }] },
});

/** When the sample was made: 60 days before its `expires_at`. */
const headers = { 'content-type': 'application/json; charset=utf-8', date: 'Fri, 15 Sep 2023 22:13:20 GMT' };

/** From Medium/medium-api-docs and the issues of Medium's SDKs, as of 2026-11-23. */
export default {
  provider: 'medium',
  callback: { denied: { error: 'access_denied' }, deniedWithoutState: true },
  requests: {
    authorize: {
      url: 'https://medium.com/m/oauth/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'basicProfile,publishPost,listPublications,uploadImage',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://api.medium.com/v1/tokens',
      form: {
        redirect_uri: '{redirectUri}',
        code: '{code}',
        grant_type: 'authorization_code',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
      headers: { 'accept-charset': 'utf-8' },
    },
    profile: {
      method: 'GET',
      url: 'https://api.medium.com/v1/me',
      headers: { 'accept-charset': 'utf-8', authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://api.medium.com/v1/tokens',
      form: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
      headers: { 'accept-charset': 'utf-8' },
    },
  },
  exchange: {
    status: 201,
    headers,
    body: {
      token_type: 'Bearer',
      access_token: 'SAMPLE_AT',
      refresh_token: 'SAMPLE_RT',
      scope,
      expires_at: 1700000000000,
    },
  },
  refresh: {
    status: 201,
    headers,
    body: {
      token_type: 'Bearer',
      access_token: 'SAMPLE_AT2',
      refresh_token: 'SAMPLE_RT',
      scope,
      expires_at: 1705184000000,
    },
  },
  expected: { expiresIn: 5184000, scopes: scope, refreshToken: true },
  variants: [
    {
      note: 'expires_at in seconds, as the documentation has it',
      exchange: {
        status: 201,
        headers,
        body: { token_type: 'Bearer', access_token: 'AT', refresh_token: 'RT', scope, expires_at: 1700000000 },
      },
      expected: { expiresIn: 5184000, scopes: scope, refreshToken: true },
    },
    {
      note: 'status 200, and no refresh token as a renewal may leave it out',
      exchange: {
        status: 200,
        headers,
        body: { token_type: 'Bearer', access_token: 'AT', scope, expires_at: 1700000000000 },
      },
      expected: { expiresIn: 5184000, scopes: scope, refreshToken: false },
    },
  ],
  get: {
    'https://api.medium.com/v1/me': {
      data: {
        id: '5303d74sample',
        username: 'example',
        name: 'Example Person',
        url: 'https://medium.com/@example',
        imageUrl: 'https://images.medium.com/x.png',
      },
    },
  },
  accounts: [
    {
      id: '5303d74sample',
      type: 'profile',
      name: 'Example Person',
      username: 'example',
      picture: 'https://images.medium.com/x.png',
      url: 'https://medium.com/@example',
      ownToken: false,
    },
  ],
  errors: [
    { phase: 'authorize', status: 302, body: { error: 'access_denied' }, is: 'reconnect', error: 'consent_denied' },
    {
      ...failed('exchange', 400, 6000, '...'),
      is: 'reconnect',
      error: 'code_rejected',
      note: 'number unconfirmed',
    },
    {
      ...failed('exchange', 401, 6005, 'Application not found'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'unconfirmed',
    },
    {
      ...failed('refresh', 400, 6007, 'Unexpected field (scope) specified'),
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
    },
    {
      ...failed('refresh', 401, 6003, 'Token was invalid.'),
      is: 'reconnect',
      error: 'reauth_required',
      note: 'unconfirmed',
    },
    {
      ...failed('refresh', 401, 6005, 'Application not found'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'unconfirmed',
    },
    { ...failed('api', 401, 6003, 'Token was invalid.'), is: 'refresh-token' },
    { ...failed('api', 401, 6000, 'An access token is required.'), is: 'bad-body', note: 'unconfirmed' },
    { ...failed('api', 403, 6000, '...'), is: 'missing-scope', note: 'unconfirmed' },
    { phase: 'api', status: 429, body: '<html></html>', is: 'rate-limit', note: 'unconfirmed: HTML or JSON' },
    { phase: 'api', status: 503, body: '<html></html>', is: 'retry', note: 'unconfirmed' },
  ],
} satisfies ProviderFixture;
