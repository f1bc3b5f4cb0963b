import { defineProvider, oauth1 } from '../define.ts';
import { tumblrApi, tumblrBlogs, tumblrProfile } from './tumblr.shared.ts';

export default defineProvider({
  id: 'tumblr-oauth1',
  name: 'Tumblr (OAuth 1.0a)',
  protocol: oauth1({
    requestTokenEndpoint: 'https://www.tumblr.com/oauth/request_token',
    authorizationEndpoint: 'https://www.tumblr.com/oauth/authorize',
    // Documented as GET; clients POST, as RFC 5849 wants it. A User-Agent is demanded and must not vary: ours is constant.
    accessTokenEndpoint: 'https://www.tumblr.com/oauth/access_token',
    // Who declines comes back without a verifier, or as at X; nobody has written down which.
    deniedParameter: 'denied',
    refusesWithoutVerifier: true,
    errors: { code: 'errors.0.code', description: ['errors.0.detail', 'meta.msg'] },
  }),
  // Every token may do everything.
  scopes: { required: [] },
  refresh: { supported: false },
  profile: tumblrProfile,
  accounts: tumblrBlogs,
  api: tumblrApi,
  handleErrors: [
    {
      phase: 'request',
      status: 401,
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      message: 'The consumer key or secret is wrong, or the clock of this computer is.',
    },
    // A verifier that was used or is too old. The app has just proved itself with its key.
    { phase: 'exchange', status: 401, is: 'reconnect', error: 'code_rejected' },
    // With a code it is about the blog or the post (8001 to 8023, the day's limit of posts); without, a right is missing.
    { phase: 'api', status: 403, code: '0-99999', is: 'bad-body' },
    { phase: 'api', status: 403, is: 'missing-scope' },
    // The blog was renamed or deleted; under its uuid it is still found.
    { phase: 'api', status: 404, is: 'bad-body' },
  ],
  setup: {
    console: 'https://www.tumblr.com/oauth/apps',
    steps: [
      'Register an application.',
      'Enter the redirect URI as "Default callback URL".',
      'Copy the OAuth consumer key as client id, and the secret key as client secret. They are the same as for OAuth 2.0.',
    ],
    redirectUri: 'The default callback URL; http://localhost works.',
    review: 'None.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'medium',
    sources: [
      'tumblr/docs @708be10 api.md (OAuth1, user agent, rate limits, user/info), tumblr/docs#72 (code 1016)',
      'push-things/django-th#289 (401 in plain text); grant and nango (tumblr)',
    ],
    unconfirmed: [
      'The callback after a refusal: without a verifier, or with denied',
      'The answer to a verifier that was used or is too old',
      'The body of a 403 without a code',
      'The headers that tell when a limit ends',
      'The fragment #_=_ behind the redirect URI',
    ],
  },
});
