import { EvergrantError, isEvergrantError } from '../../errors/index.ts';
import { type Account, defineProvider, type IdentifyContext } from '../define.ts';
import { inBatches } from '../in-batches.ts';
import { apiErrors, consentEnds, profile, protocol, refresh, scope, scopeFacts, tokenErrors } from './google.shared.ts';

const accountsUrl = 'https://mybusinessaccountmanagement.googleapis.com/v1/accounts?pageSize=20';
const informationUrl = 'https://mybusinessbusinessinformation.googleapis.com/v1';
const mostPages = 50;

/** A list over all its pages; Google leaves out the member of an empty one. */
const listed = async <Item>(context: IdentifyContext, url: string, member: string): Promise<Item[]> => {
  const items: Item[] = [];
  let token: unknown;
  for (let page = 0; page === 0 || (typeof token === 'string' && token !== '' && page < mostPages); page++) {
    const next = page === 0 ? '' : `&pageToken=${encodeURIComponent(String(token))}`;
    const answer = (await context.getJson(url + next)) as Record<string, unknown>;
    items.push(...((answer[member] as Item[] | undefined) ?? []));
    token = answer['nextPageToken'];
  }
  return items;
};

interface Location {
  name: string;
  title?: string;
  metadata?: { mapsUri?: string };
}

/** Posts and reviews want both names joined, and a location's own name leaves out the account. */
const locationsOf = async (context: IdentifyContext, account: string): Promise<Account[]> => {
  const readMask = 'name,title,storefrontAddress,metadata';
  const url = `${informationUrl}/${account}/locations?readMask=${readMask}&pageSize=100`;
  const locations = await listed<Location>(context, url, 'locations').catch((error: unknown) => {
    // An account in which the person has lost the role hides no other.
    if (isEvergrantError(error, 'reauth_required')) return [];
    throw error;
  });
  return locations.map(({ name, title, metadata }) => ({
    id: `${account}/${name}`,
    type: 'location',
    name: title ?? null,
    username: null,
    picture: null,
    url: metadata?.mapsUri ?? null,
  }));
};

export default defineProvider({
  id: 'google-business',
  name: 'Google Business Profile',
  protocol: {
    ...protocol,
    // A quota of "0" is how Google says that the project was never approved.
    errors: { ...protocol.errors, subcode: ['error_subtype', 'error.details.0.metadata.quota_limit_value'] },
  },
  scopes: {
    required: ['openid', 'profile', scope('business.manage')],
    optional: ['email'],
    facts: {
      ...scopeFacts,
      [scope('business.manage')]: { permits: 'See and manage business profiles: locations, posts, reviews' },
    },
  },
  refresh,
  profile,
  // Accounts hold locations; what is connected is a location. The person's token serves them all.
  accounts: async (context) => {
    const accounts = await listed<{ name: string }>(context, accountsUrl, 'accounts');
    const locations = await inBatches(accounts, 5, ({ name }) => locationsOf(context, name));
    if (locations.flat().length > 0) return locations.flat();
    throw new EvergrantError('account_type_unsupported', {
      detail:
        'Google names no business profile of this account. Create one at business.google.com, have its owner add you as a manager, or sign in with another Google account.',
    });
  },
  // Posts, media and reviews exist in the old API only, accounts in a third.
  api: {
    baseUrl: informationUrl,
    origins: ['https://mybusinessaccountmanagement.googleapis.com', 'https://mybusiness.googleapis.com'],
  },
  handleErrors: [
    ...tokenErrors,
    {
      phase: 'api',
      code: ['RATE_LIMIT_EXCEEDED/0', 'rateLimitExceeded/0', 'RESOURCE_EXHAUSTED/0'],
      is: 'app-misconfigured',
      message: 'Google has not approved this project for the Business Profile APIs: its quota is 0.',
    },
    {
      phase: 'api',
      code: ['accessNotConfigured', 'SERVICE_DISABLED'],
      is: 'app-misconfigured',
      message: 'Enable all three Business Profile APIs in the Google Cloud project.',
    },
    {
      phase: 'api',
      code: 'PERMISSION_DENIED',
      is: 'reconnect',
      affects: 'account',
      message: 'You no longer have a role on this location, or it is not verified.',
    },
    ...apiErrors,
    // Removed or merged locations, and wrong fields.
    { phase: 'api', status: [400, 404], is: 'bad-body' },
  ],
  revocationEnds: 'person',
  consentEnds,
  setup: {
    console: 'https://console.cloud.google.com',
    steps: [
      'Create a project; Google Auth platform (OAuth consent screen): External, name and domains of the app, add the scopes.',
      'Credentials: create an OAuth client ID of the type Web application and enter the redirect URI.',
      'Apply for Basic API Access at support.google.com/business/contact/api_default, with a Google account that has managed a verified profile for 60 days or more.',
      'Once approved, enable My Business Account Management API, My Business Business Information API and Google My Business API.',
      'Look at the quotas: 0 requests a minute means not approved, 300 means approved.',
      'Publish the app (while it is in Testing, refresh tokens die after 7 days) and submit the verification of business.manage.',
    ],
    redirectUri:
      'Exact, with the final slash and the case as registered. https and a public domain; http://localhost and http://127.0.0.1 work with any port. Other IP addresses, .local and bare host names are refused.',
    review: 'Access to the APIs by application; business.manage is a sensitive scope that must be verified.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'developers.google.com/my-business: Prerequisites, Basic setup, accounts.list, locations.list; developers.google.com/identity',
      'gitroomhq/postiz-app (gmb), NangoHQ/nango (google), issues about a quota of 0',
    ],
    unconfirmed: [
      'How many edits of one location Google takes in a minute',
      'Whether the parent of a location group must be listed by itself',
    ],
  },
});
