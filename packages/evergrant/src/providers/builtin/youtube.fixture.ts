import type { ProviderFixture } from '../fixture.ts';
import { apiError, detail, errors, requests, tokenAnswers, userinfo } from './google.samples.ts';

const scopes = [
  'https://www.googleapis.com/auth/youtube.upload',
  'https://www.googleapis.com/auth/youtube.readonly',
  'openid',
  'https://www.googleapis.com/auth/userinfo.profile',
];

/** From developers.google.com and the projects named in the definition, as of 2026-11-23. */
export default {
  provider: 'youtube',
  callback: { denied: { error: 'access_denied' } },
  requests: requests(
    'openid profile https://www.googleapis.com/auth/youtube.upload https://www.googleapis.com/auth/youtube.readonly https://www.googleapis.com/auth/youtube https://www.googleapis.com/auth/youtube.force-ssl https://www.googleapis.com/auth/yt-analytics.readonly',
  ),
  ...tokenAnswers(scopes),
  get: {
    'https://openidconnect.googleapis.com/v1/userinfo': userinfo,
    'https://www.googleapis.com/youtube/v3/channels?part=snippet&mine=true&maxResults=50': {
      kind: 'youtube#channelListResponse',
      pageInfo: { totalResults: 1, resultsPerPage: 50 },
      items: [
        {
          kind: 'youtube#channel',
          id: 'UCabcdefghijklmnopqrstuv',
          snippet: {
            title: 'Example Channel',
            customUrl: '@examplechannel',
            thumbnails: { default: { url: 'https://yt3.ggpht.com/example', width: 88, height: 88 } },
          },
        },
      ],
    },
  },
  grantedScopes: [
    'openid',
    'profile',
    'https://www.googleapis.com/auth/youtube.readonly',
    'https://www.googleapis.com/auth/youtube.upload',
  ],
  accounts: [
    {
      id: 'UCabcdefghijklmnopqrstuv',
      type: 'channel',
      name: 'Example Channel',
      username: '@examplechannel',
      picture: 'https://yt3.ggpht.com/example',
      ownToken: false,
    },
  ],
  errors: [
    ...errors,
    apiError(
      'app-misconfigured',
      403,
      'YouTube Data API v3 has not been used in project 123456789012 before or it is disabled.',
      'accessNotConfigured',
      'usageLimits',
      { status: 'PERMISSION_DENIED', details: detail('SERVICE_DISABLED') },
    ),
    {
      ...apiError('bad-body', 401, 'Unauthorized', 'youtubeSignupRequired', 'youtube.header'),
      error: 'account_type_unsupported',
      note: 'the token is healthy',
    },
    {
      ...apiError('bad-body', 403, 'Unauthorized', 'youtubeSignupRequired', 'youtube.header'),
      error: 'account_type_unsupported',
      note: '403 in some reports',
    },
    apiError(
      'rate-limit',
      403,
      'The request cannot be completed because you have exceeded your quota.',
      'quotaExceeded',
      'youtube.quota',
    ),
    apiError(
      'rate-limit',
      400,
      'The user has exceeded the number of videos they may upload.',
      'uploadLimitExceeded',
      'youtube.video',
    ),
    apiError('missing-scope', 403, 'Forbidden', 'forbidden', 'youtube.common'),
  ],
} satisfies ProviderFixture;
