import { defineProvider, oauth1 } from '../define.ts';

export default defineProvider({
  id: 'x-oauth1',
  name: 'X (OAuth 1.0a)',
  protocol: oauth1({
    requestTokenEndpoint: 'https://api.x.com/oauth/request_token',
    // Asks each time; /oauth/authenticate, which does not, would hide which account is about to be connected.
    authorizationEndpoint: 'https://api.x.com/oauth/authorize',
    accessTokenEndpoint: 'https://api.x.com/oauth/access_token',
    revocationEndpoint: 'https://api.x.com/1.1/oauth/invalidate_token',
    // Sent when the person cancels and then goes back to the app; whoever closes the window never comes back.
    deniedParameter: 'denied',
    verifierIn: 'body',
    keep: { user_id: 'user_id', screen_name: 'screen_name' },
    // The old endpoints answer lists of errors, those of version 2 problem documents.
    errors: { code: ['errors.0.code', 'type'], description: ['errors.0.message', 'detail'] },
  }),
  // What a token permits is a setting of the app.
  scopes: { required: [] },
  refresh: { supported: false },
  profile: {
    get: 'https://api.x.com/2/users/me?user.fields=profile_image_url',
    map: ({ data }) => ({
      id: data.id,
      name: data.name,
      username: data.username,
      picture: data.profile_image_url ?? null,
      url: `https://x.com/${data.username}`,
    }),
    // Id and name came with the token: reads are billed and may be refused, and nobody must be locked out for that.
    otherwise: {
      map: ({ user_id, screen_name }) => ({
        id: user_id,
        username: screen_name,
        url: screen_name ? `https://x.com/${screen_name}` : null,
      }),
    },
  },
  // X sends no Retry-After.
  api: { baseUrl: 'https://api.x.com', rateLimitReset: { header: 'x-rate-limit-reset', unit: 'unix-seconds' } },
  handleErrors: [
    {
      phase: 'request',
      code: 415,
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
      message: 'Add the redirect URI to the callback URLs of the app, letter by letter.',
    },
    {
      phase: 'request',
      code: [32, 215],
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      message: 'The API key or secret is wrong, or the clock of this computer is.',
    },
    // "Request token missing", in plain words: used before, or too old. The app has just proved itself with its key.
    { phase: 'exchange', status: 401, is: 'reconnect', error: 'code_rejected' },
    { phase: ['revoke', 'api'], code: 89, is: 'reconnect', reason: 'revoked' },
    // Signed with the wrong secret or at the wrong time: no news of the token.
    { phase: ['revoke', 'api'], code: 32, is: 'app-misconfigured' },
    {
      phase: 'api',
      code: 'https://api.twitter.com/2/problems/oauth1-permissions',
      is: 'missing-scope',
      message:
        'The app or this token may only read. Set the app to "Read and write", then have every account connected again.',
    },
    { phase: 'api', status: 402, is: 'app-misconfigured', message: "The app's prepaid credits are used up." },
    { phase: 'api', status: 403, is: 'bad-body' },
  ],
  maxConcurrentJob: 1,
  setup: {
    console: 'https://console.x.com',
    steps: [
      'Create an app and set its permissions to "Read and write" before anybody connects: tokens keep the permissions with which they were made.',
      'Enter the redirect URI as callback URL, and a website URL. Save.',
      'Copy the API Key as client id and the API Key Secret as client secret (X_API_KEY and X_API_SECRET). They are not the OAuth 2.0 Client ID and Secret.',
    ],
    redirectUri: 'On the list of callback URLs, exactly. For local work register http://127.0.0.1 with the port.',
    review: 'No review. API calls are billed by use.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'docs.x.com (xdevplatform/docs @2871328): oauth-1-0a, request_token, authorize, authenticate, access_token, invalidate_token, response-codes',
      'GitHub: singingwolfboy/flask-dance#125, omab/python-social-auth#242, opauth/twitter#1, linvi/tweetinvi#1081 (denied)',
    ],
    unconfirmed: [
      'The answer to a request token that was used or is too old: 401 in plain words',
      'One guide for self-hosters reports that the app must be a "Native App", or error 32 appears',
    ],
  },
});
