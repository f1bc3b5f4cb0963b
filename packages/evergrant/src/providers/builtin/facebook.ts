import { defineProvider, oauth2 } from '../define.ts';
import {
  facebookLogin,
  facebookProfile,
  grantedPermissions,
  graphApi,
  graphOptions,
  graphRules,
  lostRole,
} from './meta.shared.ts';

export default defineProvider({
  id: 'facebook',
  name: 'Facebook Pages',
  protocol: oauth2(facebookLogin),
  scopes: {
    required: ['pages_show_list', 'pages_read_engagement', 'pages_manage_posts'],
    optional: ['business_management', 'pages_manage_engagement', 'read_insights'],
    separator: ',',
    facts: {
      pages_show_list: { permits: 'List the pages that the person manages' },
      pages_read_engagement: { permits: "Read a page's posts, followers, name and picture; most page calls demand it" },
      pages_manage_posts: { permits: 'Create, edit and delete posts of a page' },
      business_management: { permits: 'See pages that the person reaches only through a business portfolio' },
      pages_manage_engagement: { permits: 'Comment and react as the page' },
      read_insights: { permits: 'Read statistics of pages and posts' },
      public_profile: { permits: 'Read id, name and picture of the person; always granted' },
    },
    grantedFrom: grantedPermissions,
  },
  // Whether an exchange of a long-lived token starts a new 60 days is unconfirmed: expires_in is believed, not the constant.
  refresh: { rotates: 'never', reuseRevokes: false },
  profile: facebookProfile,
  accounts: {
    get: 'https://graph.facebook.com/{graphVersion}/me/accounts?fields=id,name,username,category,tasks,access_token,picture%7Burl%7D&limit=100',
    items: 'data',
    map: { id: 'id', name: 'name', username: 'username', picture: 'picture.data.url', url: null },
    type: 'page',
    // The page posts with its own token, which has no end when it was drawn from a long-lived user token.
    token: 'access_token',
    next: 'paging.next',
    emptyHint:
      'Facebook named no page. Connect again and tick the pages in the dialog. Pages that belong to a business portfolio appear only if the app asks for business_management.',
    unavailable: (page: { tasks?: string[] }) =>
      page.tasks && !page.tasks.includes('CREATE_CONTENT') ? 'You may not create content on this page.' : undefined,
  },
  api: graphApi,
  handleErrors: [lostRole, ...graphRules('facebook.com')],
  revocationEnds: 'person',
  options: graphOptions,
  setup: {
    console: 'https://developers.facebook.com/apps',
    steps: [
      'Create an app tied to a business portfolio; choose the use case Pages, or Other and then Business.',
      'Add the product Facebook Login for Business, or Facebook Login.',
      'Settings of that product: enter the redirect URI under Valid OAuth Redirect URIs; leave Client OAuth login, Web OAuth login and strict mode on.',
      'App settings, Basic: copy App ID and App Secret; fill in privacy policy, terms, data deletion URL and icon.',
      'App Review: ask for Advanced Access to each scope, with a screen recording. Finish Business Verification.',
      'Switch the app to Live.',
    ],
    redirectUri:
      'https and exact. http://localhost works without being registered while the app is in Development mode.',
    review:
      'Without Advanced Access only people with a role in the app can connect. Posts from Development mode are seen by them only.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'developers.facebook.com/docs: Manually Build a Login Flow, Access Token Guide, Long-Lived Access Tokens, Handling Errors, Rate Limits, Permissions Reference; Graph API changelog v26.0',
      'GitHub: facebookarchive/php-graph-sdk#1124, overtrue/socialite#198 (36007), NangoHQ/nango (facebook), gitroomhq/postiz-app (facebook)',
    ],
    unconfirmed: [
      'Whether PKCE is enforced for web apps',
      'Whether exchanging a long-lived token again starts a new 60 days',
      'The numbers of error_code after a fault of the dialog',
      'The subcode of a mangled code; the sentence tells it from an expired one',
    ],
  },
});
