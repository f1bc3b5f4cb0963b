import { isEvergrantError } from '../../errors/index.ts';
import { type Account, defineProvider, type IdentifyContext, oauth2 } from '../define.ts';

const api = 'https://businessapi.snapchat.com/v1';
const ads = 'https://adsapi.snapchat.com/v1';

interface PublicProfile {
  id: string;
  display_name?: string;
  snap_user_name?: string;
  logo_urls?: { original_logo_url?: string };
}

type Listed<Name extends string, Item> = { [Member in Name]?: Item } & { sub_request_status?: string };

const accountOf = (profile: PublicProfile) => ({
  id: profile.id,
  type: 'profile' as const,
  name: profile.display_name ?? null,
  username: profile.snap_user_name ?? null,
  picture: profile.logo_urls?.original_logo_url ?? null,
});

/** Every item of a list has a status of its own under a good answer; what failed is left out. */
const succeeded = <Name extends string, Item>(list: Listed<Name, Item>[] | undefined, name: Name): Item[] =>
  (list ?? []).flatMap((listed) => {
    const item = listed[name];
    return item && (listed.sub_request_status ?? 'SUCCESS') === 'SUCCESS' ? [item as Item] : [];
  });

/** A member may see an organization without its public profiles. */
const profilesOf = async (getJson: IdentifyContext['getJson'], organization: string): Promise<PublicProfile[]> => {
  try {
    const answer = await getJson(`${api}/organizations/${encodeURIComponent(organization)}/public_profiles`);
    const { public_profiles: list } = answer as { public_profiles?: Listed<'public_profile', PublicProfile>[] };
    return succeeded(list, 'public_profile');
  } catch (error) {
    if (isEvergrantError(error) && !error.retryable) return [];
    throw error;
  }
};

/** The person's own public profile, and those of their organizations where the scope allows to ask. */
const findProfiles = async ({ getJson, profile, grantedScopes }: IdentifyContext): Promise<Account[]> => {
  const own = profile.type === 'profile' ? [profile] : [];
  if (!grantedScopes?.includes('snapchat-marketing-api')) return own;
  const answer = await getJson(`${ads}/me/organizations`);
  const { organizations } = answer as { organizations?: Listed<'organization', { id: string }>[] };
  const accounts = new Map<string, Account>(own.map((account) => [account.id, account]));
  for (const { id } of succeeded(organizations, 'organization')) {
    for (const found of await profilesOf(getJson, id)) accounts.set(found.id, accountOf(found));
  }
  return accounts.size > 0 ? [...accounts.values()] : [{ ...profile, unavailable: noProfile }];
};

const noProfile =
  'There is no public profile that this login may use. Create one at business.snapchat.com, or ask an admin of the organization for a role on it.';

export default defineProvider({
  id: 'snapchat',
  name: 'Snapchat',
  protocol: oauth2({
    // The paths /accounts/oauth2/… belong to Login Kit, which only tells who a person is and cannot post.
    authorizationEndpoint: 'https://accounts.snapchat.com/login/oauth2/authorize',
    tokenEndpoint: 'https://accounts.snapchat.com/login/oauth2/access_token',
    // Login Kit's all the same: none is known for these tokens.
    revocationEndpoint: 'https://accounts.snapchat.com/accounts/oauth2/revoke',
    clientAuthentication: 'client_secret_post',
    pkce: 'none',
    revocation: { tokens: ['refresh_token'], typeHint: false },
    // Also under a good status.
    errors: {
      code: ['error', 'error_code'],
      description: ['error_description', 'debug_message', 'display_message'],
      under200: { path: 'request_status', equals: 'ERROR' },
    },
  }),
  scopes: {
    required: ['snapchat-profile-api'],
    optional: ['snapchat-marketing-api', 'snapchat-offline-conversions-api'],
    facts: {
      'snapchat-profile-api': {
        permits: 'List, read and post to public profiles; Snap must have allow-listed the app',
      },
      'snapchat-marketing-api': { permits: "Read the person's organizations, to choose among their public profiles" },
      'snapchat-offline-conversions-api': { permits: 'Upload conversions' },
    },
  },
  // A refresh token comes with some renewals and not with others; no end is documented.
  refresh: { rotates: 'sometimes' },
  profile: {
    get: `${api}/public_profiles/my_profile`,
    map: ({ public_profile: found }) => accountOf(found),
    // A member of an organization need not have a public profile; then they are known, but are no account.
    otherwise: {
      code: 'account_type_unsupported',
      get: `${ads}/me`,
      map: { id: 'me.id', name: 'me.display_name' },
      type: 'organization',
    },
  },
  accounts: findProfiles,
  api: { baseUrl: api, origins: ['https://adsapi.snapchat.com'] },
  handleErrors: [
    // The numbers of error_code are unknown, so the status decides.
    {
      phase: 'api',
      status: 403,
      is: 'missing-scope',
      // What it means right after a login.
      error: 'provider_app_not_allowed',
      message:
        'Snap has not allow-listed the app for the Public Profile API, or the person has no role on this profile.',
    },
    { phase: 'api', status: [200, 404], is: 'bad-body', error: 'account_type_unsupported', message: noProfile },
  ],
  setup: {
    console: 'https://business.snapchat.com',
    steps: [
      'As an admin of the organization open Business Details.',
      'Add an OAuth App: name and redirect URI.',
      'Copy Client ID and Client Secret; the secret is shown once.',
      'For posting ask Snap to allow-list the client id for the Public Profile API. Send the client id only.',
    ],
    redirectUri: 'Exact. https: whether http://localhost is taken is not documented.',
    review: 'Snap allow-lists each app; until then the scope is refused, or calls answer 403.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'low',
    sources: [
      'developers.snap.com: Marketing API (Authentication, API patterns), Public Profile API; Login Kit',
      'GitHub: NangoHQ/nango (snapchat), SocialiteProviders/Providers, simov/grant; schemas.apis.io, adskull.io, Claravine (third parties)',
    ],
    unconfirmed: [
      'When a renewal gives another refresh token, and whether one ends by itself',
      'Whether tokens can be revoked: the address is known for Login Kit only',
      'The numbers of error_code, and the texts of token errors',
      'Limits: 20 requests a second for each app are often quoted',
      'The redirect URI on localhost',
    ],
  },
});
