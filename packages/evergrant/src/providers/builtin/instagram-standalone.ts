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
  id: 'instagram-standalone',
  name: 'Instagram',
  protocol: oauth2({
    // Three hosts: one for people, one for codes, one for everything else.
    authorizationEndpoint: 'https://www.instagram.com/oauth/authorize',
    tokenEndpoint: 'https://api.instagram.com/oauth/access_token',
    clientAuthentication: 'client_secret_post',
    // Not documented at all.
    pkce: 'none',
    // The code's token lives an hour and cannot renew itself.
    upgrade: firstUpgrade('https://graph.instagram.com/access_token', 'ig_exchange_token'),
    refreshRequest: selfRenewal('https://graph.instagram.com/refresh_access_token', 'ig_refresh_token'),
    tokenResponse: {
      // Documented inside a list, often sent flat, without type and life; the scopes as a text or a list, this once only.
      unwrap: ['data.0', ''],
      tokenType: 'Bearer',
      rename: { scope: 'permissions' },
      scopeList: true,
      lenientScope: true,
      // The long-lived token tells its life; without it, it is the documented one rather than endless.
      defaultExpiresIn: days(60),
    },
    revocation: 'none',
    errors: flatErrorShape,
  }),
  scopes: {
    required: ['instagram_business_basic', 'instagram_business_content_publish'],
    optional: [
      'instagram_business_manage_comments',
      'instagram_business_manage_insights',
      'instagram_business_manage_messages',
    ],
    separator: ',',
    reported: 'comma',
    facts: {
      instagram_business_basic: { permits: 'Read profile and media; without it the token cannot be renewed' },
      instagram_business_content_publish: { permits: 'Publish' },
      instagram_business_manage_comments: { permits: 'Read, write and hide comments' },
      instagram_business_manage_insights: { permits: 'Read statistics' },
      instagram_business_manage_messages: { permits: 'Read and write direct messages' },
    },
  },
  // The access token is the credential: it renews itself between one day of age and its end, and is lost after that.
  refresh: { rotates: 'sometimes', reuseRevokes: false, minimumAgeSeconds: days(1) },
  profile: {
    rereadSeconds,
    get: 'https://graph.instagram.com/{graphVersion}/me?fields=user_id,username,name,profile_picture_url,account_type',
    // `id` is another for each app, `user_id` is the account's; the one in the token answer may be neither. May be wrapped.
    map: (answer) => {
      const me = answer.data?.[0] ?? answer;
      return {
        id: me.user_id,
        name: me.name || me.username || null,
        username: me.username ?? null,
        picture: me.profile_picture_url ?? null,
      };
    },
  },
  api: { baseUrl: 'https://graph.instagram.com/{graphVersion}', rateLimitReset: regainTime },
  handleErrors: [...flatRules, ...selfRenewalRules, ...graphRules('instagram.com'), tooYoung],
  // As at Facebook: one version number for all of Meta.
  options: { graphVersion: 'v26.0' },
  setup: {
    console: 'https://developers.facebook.com/apps',
    steps: [
      'Create a Meta app of the type Business and add the product Instagram, API setup with Instagram login.',
      'Copy the Instagram App ID and Instagram App Secret shown there. They are not those of the Meta app.',
      'Set up Instagram business login: enter the redirect URI, and deauthorize and data deletion URLs. Read the field again after saving: a final slash may have been added, and then "redirectUri" must have it too.',
      'App roles: add the account as Instagram Tester; the person accepts at instagram.com/accounts/manage_access.',
      'For other people: App Review with Advanced Access, and Business Verification.',
    ],
    redirectUri: 'https and exact, with a final slash if the dashboard added one. http://localhost is refused.',
    review:
      'Without Advanced Access only own and tester accounts. The account must be professional (Business or Creator).',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'developers.facebook.com/docs: Business Login for Instagram, Refresh Access Token',
      'GitHub: gitroomhq/postiz-app (instagram.standalone), gitroomhq/postiz-docs, NangoHQ/nango (instagram), SocialiteProviders/Providers',
    ],
    unconfirmed: [
      'Whether there is a way to revoke a token: none is documented',
      'What a renewal before the age of one day is answered with',
      'The wording "Invalid platform app", and the shape in which a wrong secret is reported',
    ],
  },
});
