import { defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'mastodon',
  name: 'Mastodon',
  instance: {
    label: 'Your server',
    placeholder: 'mastodon.social',
    registration: {
      endpoint: 'https://{instance}/api/v1/apps',
      parameters: {
        client_name: '{clientName}',
        // Plural also for one; servers before 4.3 take nothing but a single text.
        redirect_uris: '{redirectUri}',
        scopes: '{scopes}',
        website: '{publicUrl}',
      },
    },
  },
  protocol: oauth2({
    // Known only where a server names it in its answer (RFC 9207); with a slash at the end.
    issuer: 'https://{instance}/',
    // The same paths on every server. What a server publishes instead is not asked for: it could name another server,
    // and have us send our credentials or a code there (RFC 9700 section 4.4).
    authorizationEndpoint: 'https://{instance}/oauth/authorize',
    tokenEndpoint: 'https://{instance}/oauth/token',
    revocationEndpoint: 'https://{instance}/oauth/revoke',
    // Basic works too; this is what every version documents.
    clientAuthentication: 'client_secret_post',
    // From 4.3 on; older servers and forks ignore it.
    pkce: 'S256',
    revocation: { typeHint: false },
    // The API has no codes, only sentences.
    errors: { description: ['error_description', 'error'] },
  }),
  scopes: {
    // `profile` would do instead of read:accounts, but servers before 4.3 refuse an app that asks for it.
    required: ['read:accounts', 'write:statuses', 'write:media'],
    optional: ['profile'],
    facts: {
      'read:accounts': { permits: 'See accounts, your own among them' },
      'write:statuses': { permits: 'Publish and delete posts' },
      'write:media': { permits: 'Upload pictures and videos' },
      profile: { permits: 'See your own account only; servers from 4.3 on' },
      read: { permits: 'Read everything', implies: ['read:accounts', 'profile'] },
      write: { permits: 'Change everything', implies: ['write:statuses', 'write:media'] },
    },
  },
  // Mastodon's tokens never end and it has no refresh tokens. Some of its forks have: theirs may be for single use.
  refresh: { rotates: 'sometimes' },
  profile: {
    get: 'https://{instance}/api/v1/accounts/verify_credentials',
    map: (me: { id: string; username: string; display_name?: string; avatar?: string; url?: string }) => ({
      id: me.id,
      name: me.display_name || me.username,
      username: me.username,
      picture: me.avatar,
      url: me.url,
    }),
  },
  // Ids and user names are unique on their own server only.
  accounts: async ({ profile, instance }) => [
    { ...profile, id: `${instance}:${profile.id}`, username: profile.username && `${profile.username}@${instance}` },
  ],
  api: { baseUrl: 'https://{instance}', rateLimitReset: { header: 'x-ratelimit-reset', unit: 'iso-date' } },
  handleErrors: [
    {
      phase: 'register',
      status: 422,
      description: /scope/i,
      is: 'app-misconfigured',
      error: 'scope_unavailable',
      message: 'The server does not know one of the scopes that are asked for.',
    },
    {
      phase: 'register',
      status: 422,
      description: /redirect/i,
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
      message: 'The server refuses the redirect URI.',
    },
    { phase: 'api', status: 401, description: /expired/i, is: 'refresh-token' },
    { phase: 'api', status: 401, is: 'reconnect' },
    { phase: 'api', status: 403, description: /outside the authorized scopes/i, is: 'missing-scope' },
    {
      phase: 'api',
      status: 403,
      description: /login is currently disabled/i,
      is: 'reconnect',
      message: 'The account is suspended or disabled by the moderators of its server.',
    },
    { phase: 'api', status: 422, is: 'bad-body' },
  ],
  // A token revoked ends alone.
  revocationEnds: 'token',
  options: { clientName: 'Evergrant' },
  setup: {
    console: 'https://docs.joinmastodon.org/client/token/#app',
    steps: [
      'Nothing: an app is registered at each server when the first person of it connects.',
      'The option clientName is the name under which people see your application there.',
    ],
    redirectUri: 'Sent along at the registration. When PUBLIC_URL changes, apps are registered anew by themselves.',
    review: 'None.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'mastodon/documentation @2903485 (July 2026): methods/oauth, methods/apps, spec/oauth, api/oauth-scopes, api/rate-limits, entities/Token',
      'mastodon/mastodon: config/locales/doorkeeper.en.yml, config/initializers/doorkeeper.rb, pull requests #27948 and #30329 (tokens that end, not released)',
      'GitHub: gitroomhq/postiz-app (mastodon.provider.ts)',
    ],
    unconfirmed: [
      'The wording of a refused scope at the registration, and the answer of a server that blocks applications',
      'Refresh tokens of forks: read as the standard has them, taken for single use',
      'Servers whose accounts carry another domain than the server itself: the account is known by the host that was named',
      'The 503 of a server that cannot reach another one',
    ],
  },
});
