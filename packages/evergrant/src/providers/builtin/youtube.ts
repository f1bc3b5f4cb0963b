import { days, defineProvider, oauth2 } from '../define.ts';

const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;

export default defineProvider({
  id: 'youtube',
  name: 'YouTube',
  protocol: oauth2({
    authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
    clientAuthentication: 'client_secret_post',
    pkce: 'S256',
    // Google gives a refresh token only for offline access, and after the first consent only when consent is asked again.
    // include_granted_scopes stays out: a revocation would then end other connections of the person too.
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    // Sent while the consent screen is in Testing (7 days) or when the person limited the time.
    tokenResponse: { refreshExpiresIn: 'refresh_token_expires_in' },
    // `openid` brings an ID token, but the account is the channel, and the person comes from userinfo over TLS.
    idToken: 'ignore',
    // Google names no client here and no hint, only the token.
    revocation: { typeHint: false, authentication: 'anonymous' },
    // The reason is finer than the status; some answers have only one of them.
    errors: {
      code: ['error.errors.0.reason', 'error.details.0.reason', 'error.status', 'error'],
      subcode: 'error_subtype',
      description: ['error.message', 'error_description'],
    },
  }),
  scopes: {
    required: ['openid', 'profile', scope('youtube.upload'), scope('youtube.readonly')],
    optional: [scope('youtube'), scope('youtube.force-ssl'), scope('yt-analytics.readonly')],
    facts: {
      openid: { permits: 'Know who the person is' },
      // Google takes the short names of these two and reports the long ones.
      profile: { permits: 'Read name and picture of the person', aliases: [scope('userinfo.profile')] },
      email: { permits: 'Read the e-mail address', aliases: [scope('userinfo.email')] },
      [scope('youtube.upload')]: { permits: 'Upload videos; alone it cannot even list the channel' },
      [scope('youtube.readonly')]: { permits: 'Read channel, videos and playlists' },
      [scope('youtube')]: { permits: 'Manage videos, thumbnails and playlists' },
      [scope('youtube.force-ssl')]: { permits: 'Write comments and captions, delete' },
      [scope('yt-analytics.readonly')]: { permits: 'Read statistics' },
    },
  },
  // Answers to a renewal leave the refresh token out: the old one stays good. The 101st token of an account and client
  // silently kills the oldest.
  refresh: { rotates: 'never', reuseRevokes: false, idleLimitSeconds: days(182) },
  profile: {
    get: 'https://openidconnect.googleapis.com/v1/userinfo',
    map: { id: 'sub', name: 'name', username: null, picture: 'picture', url: null },
  },
  // The token is bound to the channel that the person picked in Google's chooser: a second channel is a second login.
  accounts: {
    get: 'https://www.googleapis.com/youtube/v3/channels?part=snippet&mine=true&maxResults=50',
    // Missing, not empty, when there is no channel.
    items: 'items',
    map: {
      id: 'id',
      name: 'snippet.title',
      username: 'snippet.customUrl',
      picture: 'snippet.thumbnails.default.url',
      url: null,
    },
    type: 'channel',
    emptyHint:
      'This Google account has no YouTube channel. Create one at youtube.com, or connect again and choose the account or brand account that owns the channel.',
  },
  api: { baseUrl: 'https://www.googleapis.com' },
  handleErrors: [
    // A mangled code: Google's codes hold a slash and must be decoded exactly once (sentence of 2026-11-23).
    {
      phase: 'exchange',
      code: 'invalid_grant',
      description: /malformed auth code/i,
      is: 'bad-body',
      error: 'code_rejected',
    },
    { code: 'redirect_uri_mismatch', is: 'app-misconfigured', error: 'redirect_uri_mismatch' },
    { code: 'deleted_client', is: 'app-misconfigured', error: 'provider_app_credentials_invalid' },
    {
      phase: 'refresh',
      code: 'unauthorized_client',
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      message:
        'The refresh token belongs to another client id. Set the old client again, or have every account reconnected.',
    },
    {
      phase: 'refresh',
      code: 'invalid_grant/invalid_rapt',
      is: 'reconnect',
      reason: 'expired',
      message: 'The organisation of this Google account asks for a new sign-in from time to time.',
    },
    { phase: 'revoke', code: 'invalid_token', is: 'reconnect' },
    // Not a dead token: renewing it would go round in circles. Comes with 401, in some reports with 403.
    {
      phase: 'api',
      code: 'youtubeSignupRequired',
      is: 'bad-body',
      error: 'account_type_unsupported',
      message: 'This Google account has no YouTube channel.',
    },
    {
      phase: 'api',
      code: ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'forbidden'],
      is: 'missing-scope',
    },
    {
      phase: 'api',
      code: ['accessNotConfigured', 'SERVICE_DISABLED'],
      is: 'app-misconfigured',
      message: 'Enable the YouTube Data API v3 in the Google Cloud project.',
    },
    {
      phase: 'api',
      code: ['rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED', 'RESOURCE_EXHAUSTED'],
      is: 'rate-limit',
    },
    // The project's quota of the day (until midnight in Los Angeles) and the channel's: an hour keeps the wait from being useless.
    { phase: 'api', code: ['quotaExceeded', 'uploadLimitExceeded'], is: 'rate-limit', retryAfter: 3600 },
    { phase: 'api', code: ['authError', 'UNAUTHENTICATED'], is: 'refresh-token' },
    { phase: 'api', status: 401, is: 'refresh-token' },
    { phase: 'api', status: 429, is: 'rate-limit' },
    { status: [500, 502, 503, 504], is: 'retry' },
  ],
  revocationEnds: 'person',
  setup: {
    console: 'https://console.cloud.google.com',
    steps: [
      'Create a project. APIs & Services, Library: enable YouTube Data API v3, and YouTube Analytics API for statistics.',
      'Google Auth platform (OAuth consent screen): External, name and domains of the app, add the scopes; add test users while in Testing.',
      'Credentials: create an OAuth client ID of the type Web application and enter the redirect URI.',
      'Publish the app: while it is in Testing, refresh tokens die after 7 days.',
      'Submit the verification for sensitive scopes, and ask for the YouTube API audit so that uploads are not locked to private.',
    ],
    redirectUri:
      'Exact, with the final slash and the case as registered. https and a public domain; http://localhost and http://127.0.0.1 work with any port. Other IP addresses, .local and bare host names are refused.',
    review: 'Published but not verified, it works for up to 100 people, behind a warning page.',
  },
  facts: {
    date: '2026-11-23',
    sources: [
      'developers.google.com/identity: Using OAuth 2.0 for Web Server Applications, Using OAuth 2.0 to Access Google APIs',
      'developers.google.com/youtube/v3: Errors, Channels: list',
      'NangoHQ/nango (google, youtube), gitroomhq/postiz-app (youtube)',
    ],
    unconfirmed: [
      'The sample of invalid_rapt',
      'That uploads of projects without an audit are locked to private',
      'The id that userinfo gives for a brand account: the channel id is what identifies the account',
    ],
  },
});
