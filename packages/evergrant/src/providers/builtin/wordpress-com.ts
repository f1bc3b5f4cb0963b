import { type Account, defineProvider, type IdentifyContext, oauth2 } from '../define.ts';

const base = 'https://public-api.wordpress.com/rest/v1.1';

interface Site {
  ID?: number;
  name?: string;
  URL?: string;
  icon?: { img?: string };
  capabilities?: { publish_posts?: boolean };
}

const toAccount = ({ ID, name, URL: url, icon, capabilities }: Site): Account => ({
  id: String(ID),
  type: 'site',
  name: name ?? null,
  username: URL.parse(url ?? '')?.host ?? null,
  picture: icon?.img ?? null,
  url: url ?? null,
  ...(capabilities?.publish_posts === false ? { unavailable: 'You may not publish on this site.' } : {}),
});

/** A token for all sites lists them. Any other is for one site, chosen on WordPress.com's own page and named with the token. */
const sites = async ({ getJson, extra }: IdentifyContext): Promise<Account[]> => {
  const { site, siteUrl, scope } = extra;
  if (scope === 'global' || !site || site === '0') {
    const answer = await getJson(`${base}/me/sites?fields=ID,name,URL,icon,capabilities,jetpack`);
    return ((answer as { sites?: Site[] }).sites ?? []).map(toAccount);
  }
  // Narrow scopes may not allow it; name and picture are then left out.
  const details = await getJson(`${base}/sites/${encodeURIComponent(site)}?fields=ID,name,URL,icon`).catch(() => ({}));
  return [{ ...toAccount({ URL: siteUrl, ...(details as Site) }), id: site }];
};

export default defineProvider({
  id: 'wordpress-com',
  name: 'WordPress.com',
  protocol: oauth2({
    authorizationEndpoint: 'https://public-api.wordpress.com/oauth2/authorize',
    tokenEndpoint: 'https://public-api.wordpress.com/oauth2/token',
    clientAuthentication: 'client_secret_post',
    // The classic endpoints do not document it.
    pkce: 'none',
    // blog_id comes as text or number, "0" or null for all sites.
    tokenResponse: { lenientScope: true, keep: { site: 'blog_id', siteUrl: 'blog_url', scope: 'scope' } },
    revocation: 'none',
    errors: { description: ['error_description', 'message'] },
  }),
  scopes: {
    required: ['global'],
    optional: ['posts', 'media', 'sites', 'users', 'taxonomy'],
    // The documentation shows both.
    reported: 'space-or-comma',
    facts: {
      global: { permits: "Everything on all of the person's sites; must stand alone" },
      auth: { permits: 'Know who the person is, and nothing else; must stand alone' },
      posts: { permits: 'View and manage posts of one site' },
      media: { permits: 'Manage media of one site' },
      sites: { permits: 'Read information about one site' },
      users: { permits: 'Read information about users' },
      taxonomy: { permits: 'Manage tags and categories of one site' },
    },
  },
  // Tokens of the code flow have no end.
  refresh: { supported: false },
  profile: {
    get: `${base}/me?fields=ID,display_name,username,avatar_URL,primary_blog,profile_URL`,
    map: { id: 'ID', name: 'display_name', username: 'username', picture: 'avatar_URL', url: 'profile_URL' },
    // A token for one site may not ask: the site is all that is known.
    otherwise: { code: 'authorization_required', map: { id: 'site' } },
  },
  accounts: sites,
  api: { baseUrl: 'https://public-api.wordpress.com' },
  handleErrors: [
    {
      phase: 'exchange',
      code: 'invalid_request',
      description: /redirect_uri/i,
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    // By name: the same fault comes with 400, 401 or 403.
    { phase: 'api', code: ['invalid_token', 'authorization_required'], is: 'reconnect' },
    { phase: 'api', code: 'invalid_request', description: /token is invalid/i, is: 'reconnect' },
    {
      phase: 'api',
      code: 'unauthorized',
      is: 'missing-scope',
      message: 'The scope or your role on this site does not allow it.',
    },
    {
      phase: 'api',
      code: 'unknown_blog',
      is: 'reconnect',
      affects: 'account',
      message: 'The site was deleted, or Jetpack was disconnected from it.',
    },
  ],
  setup: {
    console: 'https://developer.wordpress.com/apps/',
    steps: [
      'Create New Application: name, description, website, the redirect URI, type Web.',
      'Copy Client ID (a number) and Client Secret.',
    ],
    redirectUri: 'Exact, with or without the final slash as registered. That http://localhost works is unconfirmed.',
    review: 'None.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'medium',
    sources: [
      'developer.wordpress.com: docs/api/oauth2 and docs/oauth2 (two generations of one page), docs/api/1.1/get/me, get/me/sites, get/sites/$site',
      'GitHub: diaspora/diaspora#6676 (invalid_grant), Automattic/wpcom-connect-examples#1 (token answer, errors of token-info and /me)',
    ],
    unconfirmed: [
      'Whether a refusal repeats the state',
      'The sentences of the token endpoint for a wrong redirect URI and a wrong client',
      'The statuses of the errors of the API',
      'Whether http://localhost, and several redirect URIs, may be registered',
    ],
  },
});
