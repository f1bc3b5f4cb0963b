import { defineProvider, oauth2, type TokenRequestShape } from '../define.ts';

/**
 * Trades a living user token for one of about 60 days. Documented as GET, but Meta takes the POST form too, and a GET would
 * put the app secret and the token into a URL.
 */
const longLivedExchange: TokenRequestShape = {
  grantType: 'fb_exchange_token',
  credential: 'access_token',
  credentialParameter: 'fb_exchange_token',
};

/** Meta tells when a limit ends as JSON in a header, in minutes, for each page or business and each kind of limit. */
const regainTime = (headers: Readonly<Record<string, string>>): number | null => {
  const minutes = [
    ...(headers['x-business-use-case-usage'] ?? '').matchAll(/"estimated_time_to_regain_access":\s*(\d+)/g),
  ];
  const longest = Math.max(0, ...minutes.map(([, count]) => Number(count)));
  return longest > 0 ? longest * 60 : null;
};

export default defineProvider({
  id: 'facebook',
  name: 'Facebook Pages',
  protocol: oauth2({
    authorizationEndpoint: 'https://www.facebook.com/{graphVersion}/dialog/oauth',
    tokenEndpoint: 'https://graph.facebook.com/{graphVersion}/oauth/access_token',
    clientAuthentication: 'client_secret_post',
    // Optional, and nobody confirmed that Meta enforces it for web apps; it does no harm, and `state` carries the load.
    pkce: 'S256',
    // Without it the dialog skips what the person declined before.
    reconnectParameters: { auth_type: 'rerequest' },
    // The code's token lives one to two hours, and page tokens drawn from it die with it: always upgrade first.
    upgrade: longLivedExchange,
    // There is no refresh token: the living user token renews itself.
    refreshRequest: longLivedExchange,
    revocation: {
      endpoint: 'https://graph.facebook.com/{graphVersion}/me/permissions',
      method: 'DELETE',
      encoding: 'none',
      tokens: ['access_token'],
      authentication: 'bearer',
    },
    // `error` is an object in answers, a text after a refusal; the dialog's own faults say error_code and error_message.
    errors: {
      code: ['error.code', 'error', 'error_code'],
      subcode: 'error.error_subcode',
      description: ['error.message', 'error_description', 'error_message'],
    },
  }),
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
    // The token answer names no scopes.
    grantedFrom: {
      get: 'https://graph.facebook.com/{graphVersion}/me/permissions',
      items: 'data',
      scope: 'permission',
      where: { status: 'granted' },
    },
  },
  // Whether an exchange of a long-lived token starts a new 60 days is unconfirmed: expires_in is believed, not the constant.
  refresh: { rotates: 'never', reuseRevokes: false },
  profile: {
    get: 'https://graph.facebook.com/{graphVersion}/me?fields=id,name,picture',
    map: { id: 'id', name: 'name', username: null, picture: 'picture.data.url', url: null },
  },
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
  // bearer works for page tokens; leave "Require App Secret" off, calls carry no appsecret_proof.
  api: { baseUrl: 'https://graph.facebook.com/{graphVersion}', rateLimitReset: regainTime },
  // Decided by code: a dead token comes with status 400 or 401, a limit with 400 or 403.
  handleErrors: [
    // Faults of the dialog before consent (app unknown, not available to this person); their numbers are not documented.
    { phase: 'authorize', code: '1-99999999', is: 'app-misconfigured', error: 'provider_app_not_allowed' },
    { phase: 'exchange', code: ['100/36007', '100/36009'], is: 'reconnect', error: 'code_rejected' },
    { phase: 'exchange', code: '100/36008', is: 'app-misconfigured', error: 'redirect_uri_mismatch' },
    // Elsewhere code 1 means "try again"; with this sentence (2026-11-23) the app secret is wrong.
    {
      phase: ['exchange', 'refresh'],
      code: '1',
      description: /validating client secret/i,
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { code: '101', is: 'app-misconfigured', error: 'provider_app_credentials_invalid' },
    { code: '190/458', is: 'reconnect', reason: 'revoked' },
    { code: '190/459', is: 'reconnect', message: 'Sign in at facebook.com and follow the instructions there first.' },
    { code: '190/460', is: 'reconnect', reason: 'password_changed' },
    { code: '190/463', is: 'reconnect', reason: 'expired' },
    { code: '190/464', is: 'reconnect', message: 'Confirm your account at facebook.com first.' },
    { code: '190/492', is: 'reconnect', affects: 'account', message: 'You no longer have a role on this page.' },
    { code: ['190', '102'], is: 'reconnect' },
    { phase: 'api', code: ['10', '200-299'], is: 'missing-scope' },
    { phase: 'api', code: '3', is: 'app-misconfigured' },
    {
      phase: 'api',
      code: '100',
      description: /appsecret_proof/,
      is: 'app-misconfigured',
      message: 'Switch off "Require App Secret" in the advanced settings of the app.',
    },
    { code: ['4', '17', '32', '341', '613', '80000-80099'], is: 'rate-limit' },
    {
      code: '368',
      is: 'rate-limit',
      retryAfter: 6 * 3600,
      message: 'Facebook has blocked this action for some hours for breaking its rules.',
    },
    { code: ['1', '2'], is: 'retry' },
    { phase: 'api', code: '100', is: 'bad-body' },
    { status: [500, 502, 503, 504], is: 'retry' },
  ],
  revocationEnds: 'person',
  // A version lives about two years; a call to a dead one is silently served by the oldest that lives.
  options: { graphVersion: 'v26.0' },
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
    sources: [
      'developers.facebook.com/docs: Manually Build a Login Flow, Access Token Guide, Long-Lived Access Tokens, Handling Errors, Rate Limits, Permissions Reference; Graph API changelog v26.0',
      'GitHub: facebookarchive/php-graph-sdk#1124, overtrue/socialite#198 (36007), NangoHQ/nango (facebook), gitroomhq/postiz-app (facebook)',
    ],
    unconfirmed: [
      'Whether PKCE is enforced for web apps',
      'Whether exchanging a long-lived token again starts a new 60 days',
      'The numbers of error_code after a fault of the dialog',
      'The subcode of a mangled code; it is read like an expired one',
    ],
  },
});
