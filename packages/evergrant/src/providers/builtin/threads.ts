import { days, defineProvider, oauth2 } from '../define.ts';
import {
  firstUpgrade,
  flatErrorShape,
  flatRules,
  graphRules,
  regainTime,
  rereadSeconds,
  selfRenewal,
  selfRenewalRules,
  tooYoung,
} from './meta.shared.ts';

export default defineProvider({
  id: 'threads',
  name: 'Threads',
  protocol: oauth2({
    // In 2026 the documents moved these two from .net to .com and left the others; `origins` takes either side elsewhere.
    authorizationEndpoint: 'https://threads.com/oauth/authorize',
    tokenEndpoint: 'https://graph.threads.com/oauth/access_token',
    clientAuthentication: 'client_secret_post',
    // Not documented at all.
    pkce: 'none',
    // The code's token lives an hour and cannot renew itself.
    upgrade: firstUpgrade('https://graph.threads.net/access_token', 'th_exchange_token'),
    refreshRequest: selfRenewal('https://graph.threads.net/refresh_access_token', 'th_refresh_token'),
    // The first answer has neither a type (since August 2026 perhaps) nor a life. The long-lived token tells its life;
    // without it, it is the documented one rather than endless.
    tokenResponse: { tokenType: 'Bearer', defaultExpiresIn: days(60) },
    revocation: 'none',
    errors: flatErrorShape,
  }),
  scopes: {
    required: ['threads_basic', 'threads_content_publish'],
    optional: [
      ...['threads_manage_replies', 'threads_read_replies', 'threads_manage_insights', 'threads_delete'],
      ...['threads_location_tagging', 'threads_manage_mentions', 'threads_keyword_search'],
      ...['threads_profile_discovery', 'threads_share_to_instagram'],
    ],
    separator: ',',
    facts: {
      threads_basic: { permits: 'Read the profile and own threads; everything demands it, renewal too' },
      threads_content_publish: { permits: 'Publish' },
      threads_manage_replies: { permits: 'Write and hide replies, and control who may reply' },
      threads_read_replies: { permits: 'Read replies' },
      threads_manage_insights: { permits: 'Read statistics' },
      threads_delete: { permits: 'Delete posts' },
      threads_location_tagging: { permits: 'Tag posts with a location' },
      threads_manage_mentions: { permits: 'Read posts that mention the person' },
      threads_keyword_search: { permits: 'Search public posts' },
      threads_profile_discovery: { permits: 'Look up public profiles' },
      threads_share_to_instagram: { permits: 'Share posts to Instagram' },
    },
    // No answer names scopes. Officially this wants, as access_token, one of a tester of the app; the inspected token itself
    // mostly serves, and where it does not, what was asked counts as granted.
    grantedFrom: {
      get: 'https://graph.threads.net/v1.0/debug_token?access_token={accessToken}&input_token={accessToken}',
      items: 'data.scopes',
      scope: '',
      optional: true,
    },
  },
  // The access token is the credential: it renews itself between one day of age and its end, and is lost after that.
  refresh: { rotates: 'sometimes', reuseRevokes: false, minimumAgeSeconds: days(1) },
  profile: {
    rereadSeconds,
    get: 'https://graph.threads.net/v1.0/me?fields=id,username,name,threads_profile_picture_url,threads_biography',
    // This id counts, not the number in the token answer.
    map: (me) => ({
      id: me.id,
      name: me.name || me.username || null,
      username: me.username ?? null,
      picture: me.threads_profile_picture_url ?? null,
    }),
  },
  api: { baseUrl: 'https://graph.threads.net/v1.0', rateLimitReset: regainTime },
  handleErrors: [
    // A container that is published before it is ready.
    { phase: 'api', code: '24/4279009', is: 'retry' },
    ...flatRules,
    ...selfRenewalRules,
    ...graphRules('threads.com'),
    tooYoung,
  ],
  setup: {
    console: 'https://developers.facebook.com/apps',
    steps: [
      'Create an app with the use case "Access the Threads API" and add the permissions there.',
      'Settings of the use case: copy the Threads App ID and Threads App Secret. They are not those of the Meta app.',
      'There too: Redirect Callback URLs (the redirect URI), Uninstall callback and Delete callback. All three are needed before it saves.',
      'App roles: add a Threads Tester; the person accepts in Threads under Settings, Account, Website permissions, Invites.',
      'For other people: App Review and Business Verification, then publish the app.',
    ],
    redirectUri: 'https and exact. http://localhost is refused.',
    review: 'Only testers can connect until the app was reviewed.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'developers.facebook.com/docs/threads: Get Access Tokens and Permissions, Long-Lived Tokens, Debug token',
      'GitHub: fbsamples/threads_api, gitroomhq/postiz-app (threads), NangoHQ/nango (threads)',
    ],
    unconfirmed: [
      'Whether the first answer has a token_type since August 2026',
      'How long the .net hosts keep working',
      'That permissions of private profiles end after 90 days unless the token is renewed',
      'Whether debug_token answers everybody; the status of errors with code 10',
      'What a renewal before the age of one day is answered with',
      'The shape in which a wrong secret and a wrong redirect URI are reported, and the subcode 4279009',
    ],
  },
});
