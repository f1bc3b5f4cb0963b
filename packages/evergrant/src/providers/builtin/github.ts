import { defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'github',
  name: 'GitHub',
  protocol: oauth2({
    authorizationEndpoint: 'https://github.com/login/oauth/authorize',
    tokenEndpoint: 'https://github.com/login/oauth/access_token',
    clientAuthentication: 'client_secret_post',
    // Since July 2025.
    pkce: 'S256',
    // Without it the answer is form-encoded, which is read as well.
    headers: { Accept: 'application/json' },
    // Errors come with status 200. Only a GitHub App sends an end and a refresh token.
    tokenResponse: { form: true, errorsUnder200: true, refreshExpiresIn: 'refresh_token_expires_in' },
    errors: { description: ['error_description', 'message'] },
    revocation: {
      endpoint: 'https://api.github.com/applications/{clientId}/token',
      method: 'DELETE',
      encoding: 'json',
      tokens: ['access_token'],
      tokenParameter: 'access_token',
      typeHint: false,
      authentication: 'client_secret_basic_raw',
    },
  }),
  scopes: {
    required: ['read:user', 'gist'],
    optional: ['public_repo', 'repo', 'user:email'],
    // Asked with spaces, reported with commas, and without those that another one includes.
    reported: 'comma',
    facts: {
      'read:user': { permits: 'Read the profile' },
      gist: { permits: 'Create gists' },
      public_repo: { permits: 'Write to public repositories: issues, discussions, releases, contents' },
      repo: { permits: 'The same in private repositories too', implies: ['public_repo'] },
      'user:email': { permits: 'Read the e-mail addresses' },
      user: { permits: 'Read and change the profile', implies: ['read:user', 'user:email', 'user:follow'] },
    },
  },
  // A GitHub App's: a renewal kills the old refresh token and the old access token at once. An OAuth App's token has no
  // end and no renewal.
  refresh: { rotates: 'always', reuseRevokes: true, lifetime: { sliding: 15_811_200 } },
  profile: {
    get: 'https://api.github.com/user',
    map: ({ id, name, login, avatar_url, html_url }) => ({
      id: String(id),
      name: name ?? login,
      username: login,
      picture: avatar_url,
      url: html_url,
    }),
  },
  api: {
    baseUrl: 'https://api.github.com',
    headers: { Accept: 'application/vnd.github+json', 'X-GitHub-Api-Version': '{apiVersion}' },
    rateLimitReset: { header: 'x-ratelimit-reset', unit: 'unix-seconds' },
  },
  handleErrors: [
    { phase: 'exchange', code: 'bad_verification_code', is: 'reconnect', error: 'code_rejected' },
    {
      phase: 'exchange',
      code: 'unverified_user_email',
      is: 'bad-body',
      error: 'account_type_unsupported',
      message: 'Verify your primary e-mail address at GitHub first.',
    },
    {
      phase: ['exchange', 'refresh'],
      code: 'incorrect_client_credentials',
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    // An unknown client id.
    {
      phase: ['exchange', 'refresh'],
      status: 404,
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { phase: 'refresh', code: ['bad_refresh_token', 'unauthorized_client'], is: 'reconnect' },
    // The token is gone already.
    { phase: 'revoke', status: 404, is: 'reconnect' },
    // Both limits may come as 403. For the second one GitHub asks for a minute where it names no time.
    { phase: 'api', status: [403, 429], description: /rate limit/i, is: 'rate-limit', retryAfter: 60 },
    // Text instead of JSON: "Please make sure your request has a User-Agent header".
    { phase: 'api', status: 403, description: /^$/, is: 'app-misconfigured' },
    // What a token may not see does not exist: a missing right may look like 404.
    { phase: 'api', status: [403, 404], is: 'missing-scope' },
  ],
  revocationEnds: 'token',
  // The 11th token of a person, an app and a set of scopes silently removes the oldest.
  consentEnds: { beyond: 10, ofSameScopes: true },
  options: { apiVersion: '2022-11-28' },
  setup: {
    console: 'https://github.com/settings/developers',
    steps: [
      'OAuth Apps, New OAuth App: homepage URL, and the redirect URI as Authorization callback URL.',
      'Register; copy the Client ID; Generate a new client secret and copy it, it is shown once.',
      'Or GitHub Apps, New GitHub App: the same, and leave "Expire user authorization tokens" on. Rights are then permissions of the app, not scopes.',
    ],
    redirectUri:
      'OAuth App: one, whose host and port must be equal and below whose path others may lie. GitHub App: up to ten, exact. http://localhost works; for 127.0.0.1 the port may differ.',
    review: 'None; organisations that restrict third parties must approve the app.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'github/docs: authorizing-oauth-apps, scopes-for-oauth-apps, refreshing-user-access-tokens, troubleshooting of both requests, rest/apps/oauth-applications, rate limits',
      'github.blog: changelog of 2025-07-14 (PKCE)',
      'GitHub: interlink-hq/interLink#262 (bad_refresh_token), runteq/fledge-hub#298 (refusal), ballerina-platform/module-ballerinax-github#335 (15897600)',
    ],
    unconfirmed: [
      'The answer to an unknown client id',
      'unauthorized_client at a renewal, read as final',
      'Whether a refresh token lives 15811200 or 15897600 seconds; the answer is believed',
    ],
  },
});
