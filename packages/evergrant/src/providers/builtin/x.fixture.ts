import type { ProviderFixture } from '../fixture.ts';

const scope = 'tweet.write users.read tweet.read offline.access';
const scopes = scope.split(' ');

const problem = (status: number, members: object) => ({ phase: 'api' as const, status, body: { status, ...members } });

/** From docs.x.com and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'x',
  callback: { denied: { error: 'access_denied' } },
  requests: {
    authorize: {
      url: 'https://x.com/i/oauth2/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'tweet.read tweet.write users.read offline.access media.write users.email',
        state: '{state}',
        code_challenge: '{challenge}',
        code_challenge_method: 'S256',
      },
    },
    exchange: {
      url: 'https://api.x.com/2/oauth2/token',
      form: {
        redirect_uri: '{redirectUri}',
        code: '{code}',
        code_verifier: '{verifier}',
        grant_type: 'authorization_code',
      },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
    },
    profile: {
      method: 'GET',
      url: 'https://api.x.com/2/users/me',
      query: { 'user.fields': 'profile_image_url,verified' },
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://api.x.com/2/oauth2/token',
      form: { refresh_token: '{refreshToken}', grant_type: 'refresh_token' },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
    },
    revoke: [
      {
        url: 'https://api.x.com/2/oauth2/revoke',
        form: { token: '{refreshToken}', token_type_hint: 'refresh_token' },
        headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
      },
      {
        url: 'https://api.x.com/2/oauth2/revoke',
        form: { token: '{accessToken}', token_type_hint: 'access_token' },
        headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
      },
    ],
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    // The order of the scopes is X's own.
    body: { token_type: 'bearer', expires_in: 7200, access_token: 'SAMPLE_AT', scope, refresh_token: 'SAMPLE_RT' },
  },
  refresh: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { token_type: 'bearer', expires_in: 7200, access_token: 'SAMPLE_AT2', scope, refresh_token: 'SAMPLE_RT2' },
  },
  expected: { expiresIn: 7200, scopes, refreshToken: true },
  variants: [
    {
      note: 'without offline.access there is no refresh token',
      exchange: {
        status: 200,
        body: { token_type: 'bearer', expires_in: 7200, access_token: 'SAMPLE_AT', scope: 'users.read tweet.read' },
      },
      expected: { expiresIn: 7200, scopes: ['users.read', 'tweet.read'], refreshToken: false },
    },
  ],
  get: {
    'https://api.x.com/2/users/me?user.fields=profile_image_url,verified': {
      data: {
        id: '1234567890',
        name: 'Example Person',
        username: 'example',
        profile_image_url: 'https://pbs.twimg.com/profile_images/1/a_normal.jpg',
        verified: false,
      },
    },
  },
  accounts: [
    {
      id: '1234567890',
      type: 'profile',
      name: 'Example Person',
      username: 'example',
      picture: 'https://pbs.twimg.com/profile_images/1/a_normal.jpg',
      url: 'https://x.com/example',
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
      body: { error: 'invalid_request', error_description: 'Value passed for the authorization code was invalid.' },
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      phase: 'exchange',
      status: 401,
      body: { error: 'unauthorized_client', error_description: 'Missing valid authorization header' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'exchange',
      status: 401,
      body: { error: 'invalid_client', error_description: '...' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'unknown client id; unconfirmed',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' },
      is: 'reconnect',
      error: 'reauth_required',
    },
    {
      phase: 'refresh',
      status: 401,
      body: { error: 'unauthorized_client', error_description: 'Missing valid authorization header' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_request', error_description: 'Missing required parameter [refresh_token].' },
      is: 'bad-body',
      note: 'a request that is wrong in another way must not end the connection',
    },
    {
      phase: 'revoke',
      status: 400,
      body: { error: 'invalid_request', error_description: 'Missing required parameter [token_type_hint].' },
      is: 'bad-body',
    },
    { ...problem(401, { title: 'Unauthorized', type: 'about:blank', detail: 'Unauthorized' }), is: 'refresh-token' },
    {
      ...problem(403, {
        title: 'Forbidden',
        detail: 'Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.',
        type: 'https://api.twitter.com/2/problems/oauth1-permissions',
      }),
      is: 'app-misconfigured',
    },
    {
      ...problem(403, {
        title: 'Unsupported Authentication',
        detail: 'Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.',
        type: 'https://api.twitter.com/2/problems/unsupported-authentication',
      }),
      is: 'app-misconfigured',
    },
    {
      ...problem(403, {
        title: 'Client Forbidden',
        reason: 'client-not-enrolled',
        type: 'https://api.twitter.com/2/problems/client-forbidden',
      }),
      is: 'app-misconfigured',
    },
    {
      ...problem(403, {
        title: 'Forbidden',
        detail: 'You are not permitted to perform this action.',
        type: 'about:blank',
      }),
      is: 'bad-body',
      note: 'unconfirmed',
    },
    { ...problem(402, { title: 'CreditsDepleted' }), is: 'app-misconfigured', note: 'body unconfirmed' },
    {
      ...problem(429, { title: 'Too Many Requests', detail: 'Too Many Requests', type: 'about:blank' }),
      headers: { 'x-rate-limit-limit': '100', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '1795449600' },
      is: 'rate-limit',
    },
    { ...problem(503, { title: 'Service Unavailable' }), is: 'retry' },
  ],
} satisfies ProviderFixture;
