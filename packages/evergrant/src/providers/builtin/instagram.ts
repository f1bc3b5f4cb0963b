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

interface Page {
  instagram_business_account?: { id: string; username?: string; name?: string; profile_picture_url?: string };
}

export default defineProvider({
  id: 'instagram',
  name: 'Instagram (through Facebook)',
  protocol: oauth2(facebookLogin),
  scopes: {
    required: ['instagram_basic', 'instagram_content_publish', 'pages_show_list', 'pages_read_engagement'],
    optional: [
      'instagram_manage_comments',
      'instagram_manage_insights',
      'business_management',
      'ads_management',
      'ads_read',
    ],
    separator: ',',
    facts: {
      instagram_basic: { permits: 'Read the professional profile and its media' },
      instagram_content_publish: { permits: 'Publish photos, videos, reels and carousels' },
      pages_show_list: { permits: 'List the pages on which Instagram accounts hang' },
      pages_read_engagement: { permits: 'Read the page that holds the link to the Instagram account' },
      instagram_manage_comments: { permits: 'Read, write and hide comments' },
      instagram_manage_insights: { permits: 'Read statistics' },
      business_management: { permits: 'See pages that the person reaches only through a business portfolio' },
      ads_management: { permits: 'Needed where the role on the page was given through Business Manager' },
      ads_read: { permits: 'The same as ads_management, for reading' },
      public_profile: { permits: 'Read id, name and picture of the person; always granted' },
    },
    grantedFrom: grantedPermissions,
  },
  // As at Facebook: a re-exchange is believed by its expires_in; page tokens have no end.
  refresh: { rotates: 'never', reuseRevokes: false },
  profile: facebookProfile,
  // Two hops from the login: person, page, Instagram account. The account has no token of its own, calls take the page's.
  accounts: {
    get: 'https://graph.facebook.com/{graphVersion}/me/accounts?fields=id,name,access_token,instagram_business_account%7Bid,username,name,profile_picture_url%7D&limit=100',
    items: 'data',
    skip: (page: Page) => !page.instagram_business_account,
    map: ({ instagram_business_account: account }: Required<Page>) => ({
      id: account.id,
      // Often empty.
      name: account.name || account.username || null,
      username: account.username ?? null,
      picture: account.profile_picture_url ?? null,
    }),
    type: 'profile',
    token: 'access_token',
    next: 'paging.next',
    emptyHint:
      'Facebook named no Instagram account. It must be a Business or Creator account that is linked to a page; connect again and tick both the page and the Instagram account in the dialog. Pages that belong to a business portfolio appear only if the app asks for business_management.',
  },
  api: graphApi,
  handleErrors: [
    // The number is unknown, only the sentence (2026-11-23).
    {
      phase: 'api',
      description: /not an Instagram Business account/i,
      is: 'reconnect',
      affects: 'account',
      message: 'The Instagram account is no longer professional, or its link to the page was cut.',
    },
    // Said of every object that the token cannot see, a wrong media id as well. Only ids of accounts begin with 17841, and
    // the account itself being out of sight means that it was unlinked or deselected.
    {
      phase: 'api',
      code: '100/33',
      description: /object with id '17841\d+'/i,
      is: 'reconnect',
      affects: 'account',
      message: 'The Instagram account is no longer visible to this login: unlinked, deselected, or the role was lost.',
    },
    lostRole,
    ...graphRules('facebook.com'),
  ],
  revocationEnds: 'person',
  options: graphOptions,
  setup: {
    console: 'https://developers.facebook.com/apps',
    steps: [
      'Create an app tied to a business portfolio; choose the use case for Instagram or Pages, or Other and then Business. The app of the provider facebook may serve both.',
      'Add the product Facebook Login for Business, or Facebook Login.',
      'Settings of that product: enter the redirect URI under Valid OAuth Redirect URIs; leave Client OAuth login, Web OAuth login and strict mode on.',
      'App settings, Basic: copy App ID and App Secret; fill in privacy policy, terms, data deletion URL and icon.',
      'App Review: ask for Advanced Access to each scope, with a screen recording. Finish Business Verification.',
      'Switch the app to Live.',
    ],
    redirectUri:
      'https and exact. http://localhost works without being registered while the app is in Development mode.',
    review: 'Without Advanced Access only people with a role in the app can connect.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'developers.facebook.com/docs: Instagram API with Facebook Login, Manually Build a Login Flow, Long-Lived Access Tokens, Handling Errors, Rate Limits; Graph API changelog v26.0',
      'GitHub: gitroomhq/postiz-app (instagram), NangoHQ/nango (facebook), inovector/mixpost',
    ],
    unconfirmed: [
      'Whether PKCE is enforced for web apps',
      'Whether exchanging a long-lived token again starts a new 60 days',
      'The numbers of error_code after a fault of the dialog',
      'The number of the error for an account that is no longer professional, and code 110',
      'That subcode 33 about an account means a cut link',
    ],
  },
});
