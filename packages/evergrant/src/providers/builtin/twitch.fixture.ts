import type { Phase } from '../define.ts';
import type { ProviderFixture } from '../fixture.ts';

const scope = ['user:read:chat', 'user:write:chat'];

/** The token endpoint has no codes, only sentences. */
const refused = (phase: Phase, status: number, message: string) => ({ phase, status, body: { status, message } });

/** The API, and the refusal of a refresh token, name the phrase of the status too. */
const phrased = (phase: Phase, status: number, error: string, message: string) => ({
  phase,
  status,
  body: { error, status, message },
});

/** From dev.twitch.tv and the tests of nicklaw5/helix, as of 2026-11-23. */
export default {
  provider: 'twitch',
  callback: {
    granted: { scope: scope.join(' ') },
    denied: { error: 'access_denied', error_description: 'The user denied you access' },
  },
  requests: {
    authorize: {
      url: 'https://id.twitch.tv/oauth2/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope:
          'user:read:chat user:write:chat moderator:manage:announcements user:bot channel:bot channel:manage:broadcast',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://id.twitch.tv/oauth2/token',
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
      url: 'https://api.twitch.tv/helix/users',
      headers: { 'client-id': '{clientId}', authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://id.twitch.tv/oauth2/token',
      form: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    revoke: [{ url: 'https://id.twitch.tv/oauth2/revoke', form: { token: '{accessToken}', client_id: '{clientId}' } }],
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: {
      access_token: 'SAMPLE_AT',
      expires_in: 14124,
      refresh_token: 'SAMPLE_RT',
      scope,
      token_type: 'bearer',
    },
  },
  refresh: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: {
      access_token: 'SAMPLE_AT2',
      expires_in: 14124,
      refresh_token: 'SAMPLE_RT',
      scope,
      token_type: 'bearer',
    },
  },
  expected: { expiresIn: 14124, scopes: scope, refreshToken: true },
  variants: [
    {
      note: 'without a scope the list is empty',
      exchange: {
        status: 200,
        body: { access_token: 'AT', expires_in: 14124, refresh_token: 'RT', scope: [], token_type: 'bearer' },
      },
      expected: { expiresIn: 14124, scopes: null, refreshToken: true },
    },
    {
      note: 'or missing; and the sample of a renewal has no expires_in',
      exchange: { status: 200, body: { access_token: 'AT', refresh_token: 'RT', token_type: 'bearer' } },
      expected: { expiresIn: 14400, scopes: null, refreshToken: true },
    },
  ],
  get: {
    'https://id.twitch.tv/oauth2/validate': {
      client_id: 'SAMPLE_CLIENT',
      login: 'examplelogin',
      scopes: scope,
      user_id: '141981764',
      expires_in: 13520,
    },
    'https://api.twitch.tv/helix/users': {
      data: [
        {
          id: '141981764',
          login: 'examplelogin',
          display_name: 'ExampleLogin',
          type: '',
          broadcaster_type: 'partner',
          description: '',
          profile_image_url: 'https://static-cdn.jtvnw.net/jtv_user_pictures/x-300x300.png',
          offline_image_url: '',
          view_count: 0,
          created_at: '2016-12-14T20:32:28Z',
        },
      ],
    },
  },
  accounts: [
    {
      id: '141981764',
      type: 'profile',
      name: 'ExampleLogin',
      username: 'examplelogin',
      picture: 'https://static-cdn.jtvnw.net/jtv_user_pictures/x-300x300.png',
      url: 'https://www.twitch.tv/examplelogin',
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'access_denied', error_description: 'The user denied you access' },
      is: 'reconnect',
      error: 'consent_denied',
    },
    {
      phase: 'authorize',
      status: 302,
      body: {
        error: 'redirect_mismatch',
        error_description: 'Parameter redirect_uri does not match registered URI',
      },
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
      note: 'unconfirmed; may be a page instead',
    },
    { ...refused('exchange', 400, 'Invalid authorization code'), is: 'reconnect', error: 'code_rejected' },
    {
      ...refused('exchange', 400, 'Parameter redirect_uri does not match registered URI'),
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    {
      ...refused('exchange', 403, 'invalid client secret'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      ...refused('exchange', 400, 'invalid client'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      ...phrased('refresh', 400, 'Bad Request', 'Invalid refresh token'),
      is: 'reconnect',
      error: 'reauth_required',
    },
    {
      ...phrased('refresh', 401, 'Unauthorized', 'Invalid refresh token'),
      is: 'reconnect',
      error: 'reauth_required',
    },
    { ...refused('refresh', 400, 'missing refresh token'), is: 'bad-body' },
    {
      ...refused('refresh', 403, 'invalid client secret'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { ...refused('revoke', 400, 'Invalid token'), is: 'reconnect' },
    {
      ...refused('revoke', 404, 'client does not exist'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { ...phrased('api', 401, 'Unauthorized', 'Invalid OAuth token'), is: 'refresh-token' },
    { ...phrased('api', 401, 'Unauthorized', 'Missing scope: user:write:chat'), is: 'missing-scope' },
    { ...phrased('api', 401, 'Unauthorized', 'Client ID and OAuth token do not match'), is: 'app-misconfigured' },
    { ...phrased('api', 401, 'Unauthorized', 'Client ID is missing'), is: 'app-misconfigured' },
    { ...phrased('api', 403, 'Forbidden', '...'), is: 'bad-body' },
    {
      ...phrased('api', 429, 'Too Many Requests', '...'),
      headers: { 'ratelimit-limit': '800', 'ratelimit-remaining': '0', 'ratelimit-reset': '1795449600' },
      is: 'rate-limit',
    },
    { ...phrased('api', 503, 'Service Unavailable', ''), is: 'retry', note: 'unconfirmed' },
  ],
} satisfies ProviderFixture;
