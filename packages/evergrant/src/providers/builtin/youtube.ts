import { defineProvider } from '../define.ts';
import { apiErrors, consentEnds, profile, protocol, refresh, scope, scopeFacts, tokenErrors } from './google.shared.ts';

export default defineProvider({
  id: 'youtube',
  name: 'YouTube',
  protocol,
  scopes: {
    required: ['openid', 'profile', scope('youtube.upload'), scope('youtube.readonly')],
    optional: [scope('youtube'), scope('youtube.force-ssl'), scope('yt-analytics.readonly')],
    facts: {
      ...scopeFacts,
      [scope('youtube.upload')]: { permits: 'Upload videos; alone it cannot even list the channel' },
      [scope('youtube.readonly')]: { permits: 'Read channel, videos and playlists' },
      [scope('youtube')]: { permits: 'Manage videos, thumbnails and playlists' },
      [scope('youtube.force-ssl')]: { permits: 'Write comments and captions, delete' },
      [scope('yt-analytics.readonly')]: { permits: 'Read statistics' },
    },
  },
  refresh,
  profile,
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
    ...tokenErrors,
    // Not a dead token: renewing it would go round in circles. Comes with 401, in some reports with 403.
    {
      phase: 'api',
      code: 'youtubeSignupRequired',
      is: 'bad-body',
      error: 'account_type_unsupported',
      message: 'This Google account has no YouTube channel.',
    },
    // Not allowed on this channel.
    { phase: 'api', code: 'forbidden', is: 'missing-scope' },
    {
      phase: 'api',
      code: ['accessNotConfigured', 'SERVICE_DISABLED'],
      is: 'app-misconfigured',
      message: 'Enable the YouTube Data API v3 in the Google Cloud project.',
    },
    // The project's quota of the day (until midnight in Los Angeles) and the channel's: an hour keeps the wait from being useless.
    { phase: 'api', code: ['quotaExceeded', 'uploadLimitExceeded'], is: 'rate-limit', retryAfter: 3600 },
    ...apiErrors,
  ],
  revocationEnds: 'person',
  consentEnds,
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
    confidence: 'high',
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
