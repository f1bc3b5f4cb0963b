import { days, defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'kick',
  name: 'Kick',
  protocol: oauth2({
    authorizationEndpoint: 'https://id.kick.com/oauth/authorize',
    tokenEndpoint: 'https://id.kick.com/oauth/token',
    revocationEndpoint: 'https://id.kick.com/oauth/revoke',
    // Basic was answered with 400 (KickDevDocs#383).
    clientAuthentication: 'client_secret_post',
    // Demanded.
    pkce: 'S256',
    // Kick asks for it at the revocation too, which has no body.
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    // New in August 2026 and not always there.
    tokenResponse: { refreshExpiresIn: 'refresh_expires_in' },
    revocation: { encoding: 'query', typeHintParameter: 'token_hint_type', authentication: 'anonymous' },
    errors: { description: ['error_description', 'message'] },
  }),
  scopes: {
    required: ['user:read', 'channel:read', 'chat:write'],
    optional: [
      'channel:write',
      'events:subscribe',
      'streamkey:read',
      'moderation:ban',
      'moderation:chat_message:manage',
      'channel:rewards:read',
      'kicks:read',
    ],
    facts: {
      'user:read': { permits: 'Know who the person is' },
      'channel:read': { permits: 'Read information about the channel' },
      'chat:write': { permits: 'Send chat messages, as bot too in the own chat' },
      'channel:write': { permits: 'Change title and category of the stream' },
      'events:subscribe': { permits: 'Receive webhooks' },
      'streamkey:read': { permits: 'Read the stream key' },
      'moderation:ban': { permits: 'Ban people' },
      'moderation:chat_message:manage': { permits: 'Delete messages' },
      'channel:rewards:read': { permits: 'Read channel points' },
      'kicks:read': { permits: 'Read the leaderboard of kicks' },
    },
  },
  // A later change is said to forgive repeats; without details it counts as single use.
  refresh: { rotates: 'always', reuseRevokes: true, lifetime: { sliding: days(30) } },
  profile: {
    get: 'https://api.kick.com/public/v1/users',
    map: {
      id: 'data.0.user_id',
      name: 'data.0.name',
      username: 'data.0.name',
      picture: 'data.0.profile_picture',
      url: null,
    },
  },
  api: { baseUrl: 'https://api.kick.com', headers: { Accept: 'application/json' } },
  handleErrors: [
    // Not a code of the standard: the phase decides. What we send differs in nothing but the code or the token.
    { phase: 'exchange', code: 'Invalid request', is: 'reconnect', error: 'code_rejected' },
    { phase: 'refresh', code: ['invalid_grant', 'Invalid request'], is: 'reconnect' },
    // Also without a description, which would pass for the empty 400.
    {
      phase: 'refresh',
      code: 'invalid_client',
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    // An empty 400 of unknown cause, and the 404 of an outage in September 2026.
    { phase: 'refresh', status: 400, description: /^$/, is: 'retry' },
    { phase: 'refresh', status: 404, is: 'retry' },
    { phase: 'api', status: 403, is: 'missing-scope' },
  ],
  setup: {
    console: 'https://kick.com/settings/developer',
    steps: [
      'Switch on two-factor authentication.',
      'Developer tab: create an app, enter the redirect URL, choose the scopes.',
      'Copy Client ID and Client Secret.',
    ],
    redirectUri:
      "Exact. For local work use http://localhost: with 127.0.0.1 Kick's login page rewrites the address and the login fails.",
    review: 'None; a verification of the app is optional.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'medium',
    sources: [
      'KickEngineering/KickDevDocs (docs.kick.com): generating-tokens-oauth2-flow, kick-apps-setup, scopes, changelog, apis/users',
      'GitHub: KickEngineering/KickDevDocs#52, #156, #253, #277, #289, #291, #359, #383, #397, #421; kick4j#32',
    ],
    unconfirmed: [
      'The callback after a refusal',
      'The life of a refresh token (30 days by refresh_expires_in, up to 90 in reports), and whether a repeat is forgiven',
      'The answers to a wrong secret, to a dead refresh token with 401, and the empty 400',
      'What 403, 429 and 500 of the API look like',
      'What a revocation ends beside the token',
    ],
  },
});
