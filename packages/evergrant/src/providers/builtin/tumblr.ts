import { days, defineProvider, oauth2 } from '../define.ts';
import { tumblrApi, tumblrBlogs, tumblrProfile } from './tumblr.shared.ts';

export default defineProvider({
  id: 'tumblr',
  name: 'Tumblr',
  protocol: oauth2({
    authorizationEndpoint: 'https://www.tumblr.com/oauth2/authorize',
    tokenEndpoint: 'https://api.tumblr.com/v2/oauth2/token',
    // The consumer key and secret of the app. A User-Agent is demanded and must not vary: ours is constant.
    clientAuthentication: 'client_secret_post',
    // Not mentioned anywhere.
    pkce: 'none',
    // `id_token` is the boolean false.
    idToken: 'ignore',
    // People remove the app at tumblr.com/settings/apps.
    revocation: 'none',
    // Mostly the envelope of the API; the words of RFC 6749 are reported too.
    errors: { code: ['error', 'errors.0.code'], description: ['error_description', 'errors.0.detail', 'meta.msg'] },
  }),
  scopes: {
    required: ['basic', 'write', 'offline_access'],
    facts: {
      basic: { permits: 'Read the account and its blogs' },
      write: { permits: 'Create and edit posts, like and follow', implies: ['basic'] },
      offline_access: {
        permits: 'Stay connected: without it Tumblr gives no refresh token and access ends in 42 minutes',
      },
    },
  },
  // Six weeks unused and a refresh token is dead. `auto`: a token of 42 minutes that is kept fresh for every account, used
  // or not, would spend the app's 5,000 calls of the day on 150 accounts.
  refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0, lifetime: { sliding: days(42) }, policy: 'auto' },
  profile: tumblrProfile,
  accounts: tumblrBlogs,
  api: tumblrApi,
  handleErrors: [
    { code: 'invalid_client', is: 'app-misconfigured', error: 'provider_app_credentials_invalid' },
    // The same answer for a code or a refresh token that is dead and, at the exchange, for a wrong secret.
    { phase: ['exchange', 'refresh'], status: 401, is: 'reconnect' },
    // With a code it is about the blog or the post (8001 to 8023, the day's limit of posts); without, `write` is missing.
    { phase: 'api', status: 403, code: '0-99999', is: 'bad-body' },
    { phase: 'api', status: 403, is: 'missing-scope' },
  ],
  setup: {
    console: 'https://www.tumblr.com/oauth/apps',
    steps: [
      'Register an application.',
      'Enter the redirect URI under "OAuth2 redirect URLs". The "Default callback URL" is for OAuth 1.0a, and without an OAuth2 redirect URL the app has no OAuth 2.0.',
      'Copy the OAuth consumer key as client id, and the secret key as client secret.',
    ],
    redirectUri: 'Exact.',
    review: 'None. Higher limits on request.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'medium',
    sources: [
      'tumblr/docs @708be10 api.md (OAuth2 authorization, user agent, rate limits, user/info), tumblr/docs#134 (42 days)',
      'NangoHQ/nango, pilcrowonpaper/arctic, gitroomhq/postiz-app (tumblr), tumblr/tumblr.php#123',
    ],
    unconfirmed: [
      'That write includes basic: the official sample says so only by working',
      'The callback after a refusal, and redirect_uri_mismatch in it',
      'Error bodies of the token endpoint in the words of RFC 6749: both forms are read',
      'That a 403 without a code means a missing scope',
      'The headers that tell when a limit ends',
      'Whether http://localhost may be registered',
    ],
  },
});
