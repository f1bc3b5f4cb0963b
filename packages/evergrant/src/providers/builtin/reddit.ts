import { days, defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'reddit',
  name: 'Reddit',
  protocol: oauth2({
    authorizationEndpoint: 'https://www.reddit.com/api/v1/authorize',
    tokenEndpoint: 'https://www.reddit.com/api/v1/access_token',
    revocationEndpoint: 'https://www.reddit.com/api/v1/revoke_token',
    // Basic only, of base64(id:secret) as it stands: Reddit's ids hold - and _, which form-encoding would change.
    clientAuthentication: 'client_secret_basic_raw',
    // Reddit's server knows no code_challenge.
    pkce: 'none',
    // Without it there is no refresh token.
    authorizationParameters: { duration: 'permanent' },
    // Reddit throttles clients that do not say what they are and whose.
    headers: { 'User-Agent': '{userAgent}' },
    // A refused code comes with status 200.
    tokenResponse: { errorsUnder200: true },
    // `error` may be a number, the status; a post that was refused names its reason in a list, also under 200.
    errors: { code: ['error', 'json.errors.0.0'], description: ['message', 'json.errors.0.1'] },
  }),
  scopes: {
    required: ['identity', 'submit', 'read', 'flair'],
    optional: ['edit', 'mysubreddits'],
    facts: {
      identity: { permits: 'Know who the person is' },
      submit: { permits: 'Submit links, texts and comments' },
      read: { permits: 'Read subreddits and posts' },
      flair: { permits: 'Choose the flair of a post' },
      edit: { permits: 'Edit and delete own posts' },
      mysubreddits: { permits: 'List the subreddits that the person follows or moderates' },
      '*': {
        permits: 'Everything',
        implies: ['identity', 'submit', 'read', 'flair', 'edit', 'mysubreddits'],
      },
    },
  },
  // Reddit announced single use in 2021 and took it back; the year of an unused token stood in the same announcement.
  refresh: { rotates: 'sometimes', reuseRevokes: false, idleLimitSeconds: days(365) },
  profile: {
    get: 'https://oauth.reddit.com/api/v1/me',
    map: ({ id, name, icon_img }) => ({
      id,
      name,
      username: name,
      // Escaped as for a page.
      picture: icon_img ? icon_img.replaceAll('&amp;', '&') : null,
      url: `https://www.reddit.com/user/${name}/`,
    }),
  },
  api: {
    // Not the host of the login.
    baseUrl: 'https://oauth.reddit.com',
    headers: { 'User-Agent': '{userAgent}' },
    rateLimitReset: { header: 'x-ratelimit-reset', unit: 'seconds' },
  },
  handleErrors: [
    {
      phase: ['exchange', 'refresh', 'revoke'],
      status: 401,
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    // invalid_request in the server's source, the bare status 400 in newer logs: every 400 is the dead refresh token.
    { phase: 'refresh', status: 400, is: 'reconnect' },
    // "Take a break for 9 minutes": the time stands in the sentence only.
    { phase: 'api', code: 'RATELIMIT', is: 'rate-limit', retryAfter: 600 },
    {
      phase: 'api',
      status: 403,
      code: '403',
      is: 'missing-scope',
      message: 'A scope is missing, or the person may not post in this subreddit.',
    },
    // A page without a code: "blocked by network security".
    {
      phase: 'api',
      status: 403,
      is: 'app-misconfigured',
      message: 'Reddit blocks the User-Agent or the IP address. Set the option userAgent as Reddit wants it.',
    },
  ],
  // Revoking the refresh token ends its access tokens, and nothing else.
  revocationEnds: 'token',
  options: { userAgent: 'web:evergrant:v0.1' },
  setup: {
    console: 'https://www.reddit.com/prefs/apps',
    steps: [
      'Apply under the Responsible Builder Policy first: since November 2025 apps are no longer given out freely.',
      'Create an app of the type "web app" and enter the redirect URI.',
      'Copy the client id (below the name of the app) and the secret.',
      'Set the option userAgent to "web:your.domain:v1.0 (by /u/your-name)".',
    ],
    redirectUri: 'Exact, and one for each app. http://localhost and http://127.0.0.1 work.',
    review: 'New apps need an approval, commercial use a contract. Apps from before November 2025 keep working.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'reddit-archive/reddit: r2/controllers/oauth2.py, r2/models/token.py (2017, the only public source of the server); its wiki page OAuth2',
      'r/redditdev: announcements of January to July 2021 on refresh tokens, Responsible Builder Policy of November 2025',
      'GitHub: praw-dev/praw#677, better-auth/better-auth#3751',
    ],
    unconfirmed: [
      'How long an unused refresh token lives; a year was announced',
      'The bare 400 of a dead refresh token',
      'The limit reported inside a 200 answer',
    ],
  },
});
