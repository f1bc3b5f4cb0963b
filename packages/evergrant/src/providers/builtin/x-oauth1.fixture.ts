import type { ProviderFixture } from '../fixture.ts';

/** X calls its forms HTML. */
const form = { 'content-type': 'text/html;charset=utf-8' };

const errors = (code: number, message: string) => ({ errors: [{ code, message }] });

/** From docs.x.com and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'x-oauth1',
  requestToken: {
    status: 200,
    headers: form,
    body: 'oauth_token=SAMPLE_REQUEST_TOKEN&oauth_token_secret=SAMPLE_REQUEST_SECRET&oauth_callback_confirmed=true',
  },
  callback: { denied: { denied: 'SAMPLE_REQUEST_TOKEN' } },
  requests: {
    requestToken: { url: 'https://api.x.com/oauth/request_token', headers: { authorization: 'OAuth {signature}' } },
    authorize: { url: 'https://api.x.com/oauth/authorize', query: { oauth_token: 'SAMPLE_REQUEST_TOKEN' } },
    exchange: {
      url: 'https://api.x.com/oauth/access_token',
      form: { oauth_verifier: '{code}' },
      headers: { authorization: 'OAuth {signature}' },
    },
    profile: {
      method: 'GET',
      url: 'https://api.x.com/2/users/me',
      query: { 'user.fields': 'profile_image_url' },
      headers: { authorization: 'OAuth {signature}' },
    },
    revoke: [{ url: 'https://api.x.com/1.1/oauth/invalidate_token', headers: { authorization: 'OAuth {signature}' } }],
  },
  exchange: {
    status: 200,
    headers: form,
    body: 'oauth_token=12345-SAMPLE_AT&oauth_token_secret=SAMPLE_SECRET&user_id=12345&screen_name=example',
  },
  expected: { expiresIn: null, scopes: [], refreshToken: false, kept: { screen_name: 'example', user_id: '12345' } },
  get: {
    'https://api.x.com/2/users/me?user.fields=profile_image_url': {
      data: {
        id: '12345',
        name: 'Example Person',
        username: 'example',
        profile_image_url: 'https://pbs.twimg.com/profile_images/1/a_normal.jpg',
      },
    },
  },
  accounts: [
    {
      id: '12345',
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
      phase: 'request',
      status: 403,
      body: errors(
        415,
        'Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings',
      ),
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    {
      phase: 'request',
      status: 401,
      body: errors(32, 'Could not authenticate you.'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'wrong key or secret, bad signature, clock skew, or a nonce that is not ASCII',
    },
    {
      phase: 'request',
      status: 400,
      body: errors(215, 'Bad Authentication data.'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'exchange',
      status: 401,
      body: 'Reverse auth credentials are invalid',
      is: 'reconnect',
      error: 'code_rejected',
      note: 'unconfirmed',
    },
    {
      phase: 'exchange',
      status: 401,
      body: 'Request token missing',
      is: 'reconnect',
      error: 'code_rejected',
      note: 'unconfirmed',
    },
    {
      phase: 'revoke',
      status: 401,
      body: errors(89, 'Invalid or expired token.'),
      is: 'reconnect',
      reason: 'revoked',
      note: 'nothing is left to revoke',
    },
    { phase: 'api', status: 401, body: errors(89, 'Invalid or expired token.'), is: 'reconnect', reason: 'revoked' },
    {
      phase: 'api',
      status: 401,
      body: errors(32, 'Could not authenticate you.'),
      is: 'app-misconfigured',
      note: 'as at the request for a request token: every request is signed',
    },
    {
      phase: 'api',
      status: 401,
      body: { title: 'Unauthorized', type: 'about:blank', status: 401, detail: 'Unauthorized' },
      is: 'reconnect',
      note: 'the same at endpoints of version 2',
    },
    {
      phase: 'api',
      status: 403,
      body: {
        title: 'Forbidden',
        status: 403,
        detail: 'Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.',
        type: 'https://api.twitter.com/2/problems/oauth1-permissions',
      },
      is: 'missing-scope',
    },
    {
      phase: 'api',
      status: 402,
      body: { title: 'CreditsDepleted', status: 402 },
      is: 'app-misconfigured',
      note: 'as with OAuth 2.0; body unconfirmed',
    },
    {
      phase: 'api',
      status: 403,
      body: {
        title: 'Forbidden',
        detail: 'You are not permitted to perform this action.',
        type: 'about:blank',
        status: 403,
      },
      is: 'bad-body',
      note: 'as with OAuth 2.0; unconfirmed',
    },
    {
      phase: 'api',
      status: 429,
      body: errors(88, 'Rate limit exceeded'),
      headers: { 'x-rate-limit-reset': '1795449600' },
      is: 'rate-limit',
    },
  ],
} satisfies ProviderFixture;
