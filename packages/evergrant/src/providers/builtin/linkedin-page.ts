import { EvergrantError, isEvergrantError } from '../../errors/index.ts';
import { type Account, defineProvider, type IdentifyContext } from '../define.ts';
import { inBatches } from '../in-batches.ts';
import {
  api,
  consentEnds,
  handleErrors,
  options,
  profile,
  protocol,
  refresh,
  scopeFacts,
  unconfirmed,
} from './linkedin.shared.ts';

interface Role {
  role?: string;
  state?: string;
  /** A URN. The name of the member differs by endpoint and age. */
  organization?: string;
  organizationTarget?: string;
  organizationalTarget?: string;
}

const unavailable = ({ role, state }: Role): string | undefined => {
  if (state !== undefined && state !== 'APPROVED') return 'Your role on this page is not approved yet.';
  // Older data says CONTENT_ADMINISTRATOR.
  const mayPost = role === undefined || /^(?:ADMINISTRATOR|CONTENT_ADMIN(?:ISTRATOR)?)$/.test(role);
  return mayPost ? undefined : 'Your role on this page does not allow posting.';
};

const pageSize = 100;
const mostPages = 50;

/** The member's roles by the id of the page; of several the one that may post. */
const rolesOf = async (context: IdentifyContext): Promise<Map<string, Role>> => {
  const roles = new Map<string, Role>();
  for (let page = 0, start = 0; page < mostPages; page++) {
    const url = `https://api.linkedin.com/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED&start=${start}&count=${pageSize}`;
    const { elements = [], paging } = (await context.getJson(url)) as {
      elements?: Role[];
      paging?: { total?: number };
    };
    for (const element of elements) {
      const urn = element.organization ?? element.organizationTarget ?? element.organizationalTarget;
      const id = urn?.split(':').at(-1);
      if (id && (!roles.has(id) || unavailable(element) === undefined)) roles.set(id, element);
    }
    start += elements.length;
    const isLast = paging?.total === undefined ? elements.length < pageSize : start >= paging.total;
    if (isLast || elements.length === 0) break;
  }
  return roles;
};

/** The versioned API tells the logo as a URN; only the unversioned one resolves it. A page without a picture is a page. */
const pictureOf = async (context: IdentifyContext, id: string): Promise<string | null> => {
  const fields = '(id,logoV2(original~:playableStreams))';
  // biome-ignore lint/suspicious/noExplicitAny: a platform's answer has no static type
  const answer: any = await context
    .getJson(`https://api.linkedin.com/v2/organizations/${id}?projection=${fields}`)
    .catch(() => null);
  return answer?.logoV2?.['original~']?.elements?.[0]?.identifiers?.[0]?.identifier ?? null;
};

const pageOf = async (context: IdentifyContext, id: string, role: Role): Promise<Account> => {
  const answer = await context.getJson(`https://api.linkedin.com/rest/organizations/${id}`).catch((error: unknown) => {
    // One page that is gone hides no other.
    if (isEvergrantError(error, 'provider_bad_response')) return {};
    throw error;
  });
  const page = answer as { localizedName?: string; vanityName?: string; logoV2?: object };
  return {
    id,
    type: 'organization',
    name: page.localizedName ?? null,
    username: page.vanityName ?? null,
    picture: page.logoV2 ? await pictureOf(context, id) : null,
    url: null,
    unavailable: unavailable(role),
  };
};

export default defineProvider({
  id: 'linkedin-page',
  name: 'LinkedIn Pages',
  protocol,
  scopes: {
    required: ['openid', 'profile', 'w_organization_social', 'r_organization_social', 'rw_organization_admin'],
    optional: ['w_member_social', 'r_basicprofile', 'email'],
    // Asked with spaces, reported with commas; the documentation shows both.
    reported: 'space-or-comma',
    facts: scopeFacts,
  },
  refresh,
  profile,
  // A page has no token: the member's serves all pages of one login, and dies with it.
  accounts: async (context) => {
    const roles = await rolesOf(context);
    if (roles.size === 0) {
      throw new EvergrantError('account_type_unsupported', {
        detail:
          'LinkedIn names no page that you administer. Ask a super admin of the page for the role, or sign in as another member.',
      });
    }
    return inBatches([...roles], 5, ([id, role]) => pageOf(context, id, role));
  },
  api,
  handleErrors,
  maxConcurrentJob: 2,
  consentEnds,
  options,
  setup: {
    console: 'https://www.linkedin.com/developers/apps',
    steps: [
      'Create an app, apart from one for members, and have an admin of its LinkedIn page verify it by link.',
      'Products: request "Community Management API", development tier first. It is often offered only to an app that has no other product. "Advertising API" is an alternative.',
      'Auth tab: add the redirect URI, copy the Client ID and the Primary Client Secret.',
      'If the app has no product with OpenID Connect, ask for r_basicprofile in place of openid and profile.',
    ],
    redirectUri:
      'Exact and absolute, several per app, no fragment; LinkedIn ignores query arguments. http://localhost works.',
    review: 'By hand: a registered legal organisation, a form about the use, a screen recording for the standard tier.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'medium',
    sources: [
      'learn.microsoft.com/linkedin: authorization-code-flow, programmatic-refresh-tokens, organization-access-control-by-role, organization-authorizations, error-handling',
      'gitroomhq/postiz-app (linkedin.page), Pipedream (linkedin), api-evangelist/linkedin (organizationAcls)',
    ],
    unconfirmed: [
      ...unconfirmed,
      'Which products grant r_organization_admin, with which pages could be listed but not managed',
      'Content admins: LinkedIn is asked for administrators only, as others do',
    ],
  },
});
