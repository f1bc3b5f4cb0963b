import { defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'x',
  name: 'X',
  protocol: oauth2({
    authorizationEndpoint: 'https://x.com/i/oauth2/authorize',
    tokenEndpoint: 'https://api.x.com/2/oauth2/token',
    revocationEndpoint: 'https://api.x.com/2/oauth2/revoke',
    // A "Web App, Automated App or Bot" has a secret and must use Basic, a secret in the body is refused; a "Native App"
    // or "Single page App" has none and names itself in the body. Raw: X documents base64(client_id:client_secret), and
    // its secrets hold - and _, which the form-encoding of the protocol library would change.
    clientAuthentication: ['client_secret_basic_raw', 'none'],
    // Demanded of confidential apps too.
    pkce: 'S256',
    stateMaxLength: 500,
    // X's guide leaves the hint out, its server answers 400 without it (arctic#314).
    revocation: { typeHint: true },
    // Token answers follow RFC 6749; API answers are problem documents, a few old ones lists of errors.
    errors: {
      code: ['error', 'type', 'errors.0.code'],
      description: ['error_description', 'detail', 'errors.0.message'],
    },
  }),
  scopes: {
    required: ['tweet.read', 'tweet.write', 'users.read', 'offline.access'],
    optional: ['media.write', 'users.email'],
    facts: {
      'tweet.read': { permits: 'Read posts; posting and reading the own profile demand it' },
      'tweet.write': { permits: 'Create, repost and delete posts' },
      'users.read': { permits: 'Read profiles; posting and reading the own profile demand it' },
      'offline.access': {
        permits: 'Stay connected: without it X gives no refresh token and access ends after two hours',
      },
      'media.write': { permits: 'Upload pictures and videos' },
      'users.email': { permits: 'Read the confirmed e-mail address, if the app has that switched on' },
    },
  },
  // Single use, dead at once, no grace documented. The life of an unused refresh token is not published.
  refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0 },
  profile: {
    get: 'https://api.x.com/2/users/me?user.fields=profile_image_url,verified',
    map: ({ data }) => ({
      id: data.id,
      name: data.name,
      username: data.username,
      picture: data.profile_image_url ?? null,
      url: `https://x.com/${data.username}`,
    }),
  },
  // X sends no Retry-After.
  api: { baseUrl: 'https://api.x.com', rateLimitReset: { header: 'x-rate-limit-reset', unit: 'unix-seconds' } },
  handleErrors: [
    // X reports a dead code and a dead refresh token as invalid_request; only the sentence tells them from a request that
    // is wrong in another way. Sentences as of 2026-11-23.
    {
      phase: 'exchange',
      code: 'invalid_request',
      description: /authorization code was invalid/i,
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      phase: 'refresh',
      code: 'invalid_request',
      description: /value passed for the token was invalid/i,
      is: 'reconnect',
    },
    // "Missing valid authorization header": the secret is missing, wrong, or in the body. Not the login's fault.
    {
      phase: ['exchange', 'refresh', 'revoke'],
      code: 'unauthorized_client',
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'api',
      code: 'https://api.twitter.com/2/problems/oauth1-permissions',
      is: 'app-misconfigured',
      message: 'The app may only read. Set its permissions to "Read and write" in the developer console.',
    },
    {
      phase: 'api',
      code: 'https://api.twitter.com/2/problems/unsupported-authentication',
      is: 'app-misconfigured',
      message: 'The token belongs to the app, not to a person.',
    },
    {
      phase: 'api',
      code: 'https://api.twitter.com/2/problems/client-forbidden',
      is: 'app-misconfigured',
      message: 'The app is in no usable package. Move it to Pay-per-use, environment Production.',
    },
    { phase: 'api', status: 402, is: 'app-misconfigured', message: "The app's prepaid credits are used up." },
    // A missing scope, a duplicate post, a locked account or a policy: X says which only in prose.
    { phase: 'api', status: 403, is: 'bad-body' },
  ],
  maxConcurrentJob: 1,
  setup: {
    console: 'https://console.x.com',
    steps: [
      'Create a project and an app: package Pay-per-use, environment Production. In another package calls fail with client-not-enrolled.',
      'Open the user authentication settings of the app and set them up: permissions "Read and write", type "Web App, Automated App or Bot".',
      'Enter the redirect URI as callback URL, and a website URL. Save.',
      'Copy the OAuth 2.0 Client ID and Client Secret. They are not the API Key and Secret, and the secret is shown once.',
    ],
    redirectUri:
      'Exact, with or without a final slash as registered; ten per app. For local work register http://127.0.0.1 with the port, not localhost.',
    review: 'No review. API calls are billed by use from prepaid credits.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'medium',
    sources: [
      'docs.x.com (xdevplatform/docs @2871328): oauth-2-0/authorization-code, user-access-token, developer-apps, rate-limits, response-codes, openapi.json',
      'GitHub: PLhery/node-twitter-api-v2#496, xdevplatform/twitter-api-typescript-sdk#71 (error bodies), pilcrowonpaper/arctic#314 (token_type_hint)',
    ],
    unconfirmed: [
      'The callback after a refusal',
      'The body of a successful revocation: any 2xx counts',
      'The life of a refresh token; six months is often repeated',
      'The answer for an unknown client id, and the bodies of 402 and of a plain 403',
    ],
  },
});
