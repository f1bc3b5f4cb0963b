import { defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'twitch',
  name: 'Twitch',
  protocol: oauth2({
    authorizationEndpoint: 'https://id.twitch.tv/oauth2/authorize',
    tokenEndpoint: 'https://id.twitch.tv/oauth2/token',
    revocationEndpoint: 'https://id.twitch.tv/oauth2/revoke',
    // Basic is not supported.
    clientAuthentication: 'client_secret_post',
    pkce: 'none',
    tokenResponse: {
      scopeList: true,
      // The official sample of a renewal has no expires_in; about four hours are usual.
      defaultExpiresIn: 14_400,
    },
    // Client id and access token, no secret and no hint.
    revocation: { tokens: ['access_token'], typeHint: false, authentication: 'none' },
    // Errors are {status, message}; `error`, where it is there, is only the phrase of the status.
    errors: { code: [], description: 'message' },
  }),
  scopes: {
    required: ['user:read:chat', 'user:write:chat'],
    optional: ['moderator:manage:announcements', 'user:bot', 'channel:bot', 'channel:manage:broadcast'],
    facts: {
      'user:read:chat': { permits: 'Receive chat messages' },
      'user:write:chat': { permits: 'Send chat messages as the person' },
      'moderator:manage:announcements': { permits: 'Post announcements' },
      'user:bot': { permits: "Act as the person's bot, with the app's own token" },
      'channel:bot': { permits: "Let bots into the channel, with the app's own token" },
      'channel:manage:broadcast': { permits: 'Change title and category of the stream' },
      'user:read:email': { permits: 'Read the e-mail address' },
    },
  },
  // Usually the same refresh token comes back and stays usable, at most 50 access tokens alive.
  refresh: { rotates: 'sometimes', reuseRevokes: false },
  profile: {
    get: 'https://api.twitch.tv/helix/users',
    map: ({ data: [user] }) => ({
      id: user.id,
      name: user.display_name,
      username: user.login,
      picture: user.profile_image_url,
      url: `https://www.twitch.tv/${user.login}`,
    }),
  },
  api: {
    baseUrl: 'https://api.twitch.tv/helix',
    // Must belong to the token.
    headers: { 'Client-Id': '{clientId}' },
    rateLimitReset: { header: 'ratelimit-reset', unit: 'unix-seconds' },
  },
  // Twitch has sentences instead of codes; these are of 2026-11-23.
  handleErrors: [
    {
      phase: 'authorize',
      code: 'redirect_mismatch',
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    {
      phase: 'exchange',
      description: /redirect_uri does not match/i,
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    { phase: 'exchange', description: /invalid authorization code/i, is: 'reconnect', error: 'code_rejected' },
    // 400 or 401, both documented.
    { phase: 'refresh', description: /invalid refresh token/i, is: 'reconnect' },
    {
      phase: ['exchange', 'refresh', 'revoke'],
      description: /invalid client|client does not exist/i,
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { phase: 'revoke', description: /invalid token/i, is: 'reconnect' },
    // A 401 that no renewal mends.
    { phase: 'api', description: /missing scope/i, is: 'missing-scope' },
    {
      phase: 'api',
      description: /client id (?:and oauth token do not match|is missing)/i,
      is: 'app-misconfigured',
      message: 'The header Client-Id is missing or names another app than the one that got the token.',
    },
    // Banned, or no moderator.
    { phase: 'api', status: 403, is: 'bad-body' },
  ],
  // Whoever keeps tokens must ask at the start of a session and every hour, and Twitch audits it. The scheme of the header is
  // their own; that Bearer works too is unconfirmed.
  validation: {
    get: 'https://id.twitch.tv/oauth2/validate',
    everySeconds: 3600,
    authentication: { header: 'Authorization', prefix: 'OAuth' },
  },
  // The access token alone is named; that others of the person live on is documented for none.
  revocationEnds: 'person',
  setup: {
    console: 'https://dev.twitch.tv/console/apps',
    steps: [
      'Switch on two-factor authentication for the Twitch account.',
      'Register Your Application; enter the redirect URI; client type Confidential.',
      'Copy the Client ID; press New Secret and copy it.',
    ],
    redirectUri: 'Exact, several per app. https, except for http://localhost with any port.',
    review: 'None.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'dev.twitch.tv/docs: getting-tokens-oauth, refresh-tokens, validate-tokens, revoke-tokens, register-app, scopes; API guide and reference',
      'GitHub: twitchdev/twitch-cli, nicklaw5/helix (bodies in its tests)',
    ],
    unconfirmed: [
      'The callback after a redirect URI that does not match',
      'That /oauth2/validate takes the scheme Bearer as well as OAuth',
      'The answer 503',
      'Whether revoking an access token ends the refresh token too',
    ],
  },
});
