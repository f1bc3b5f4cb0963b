import type { ProviderFixture } from '../fixture.ts';
import linkedin from './linkedin.fixture.ts';

const scope =
  'openid,profile,r_basicprofile,r_organization_social,rw_organization_admin,w_member_social,w_organization_social';
const scopes = scope.split(',');

const roles = 'https://api.linkedin.com/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR&state=APPROVED';
const role = (id: string, more: object) => ({ roleAssignee: 'urn:li:person:782bbtaQ', state: 'APPROVED', ...more, id });
const urn = (id: string) => `urn:li:organization:${id}`;
const logo = (id: string) => `https://media.licdn.com/dms/image/${id}.png`;

/** A page as the versioned API tells it, and its logo from the other one. */
const page = (id: string, localizedName: string, vanityName: string) => ({
  [`https://api.linkedin.com/rest/organizations/${id}`]: {
    id: Number(id),
    localizedName,
    vanityName,
    logoV2: { original: `urn:li:digitalmediaAsset:${id}` },
  },
  [`https://api.linkedin.com/v2/organizations/${id}`]: {
    id: Number(id),
    logoV2: { 'original~': { elements: [{ identifiers: [{ identifier: logo(id) }] }] } },
  },
});

const account = (id: string, name: string, username: string) => ({
  id,
  type: 'organization',
  name,
  username,
  picture: logo(id),
  url: null,
  ownToken: false,
});

/** A token answer to the page's login. */
const withScope = (answer: typeof linkedin.exchange | typeof linkedin.refresh) => ({
  ...answer,
  body: { ...answer.body, scope },
});

/** From learn.microsoft.com and the projects named in the definition, as of 2026-11-23. */
export default {
  provider: 'linkedin-page',
  callback: linkedin.callback,
  requests: {
    ...linkedin.requests,
    authorize: {
      ...linkedin.requests.authorize,
      query: {
        ...linkedin.requests.authorize.query,
        scope:
          'openid profile w_organization_social r_organization_social rw_organization_admin w_member_social r_basicprofile email',
      },
    },
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: {
      access_token: 'SAMPLE_AT',
      expires_in: 5184000,
      refresh_token: 'SAMPLE_RT',
      refresh_token_expires_in: 31536000,
      scope,
      token_type: 'Bearer',
    },
  },
  refresh: withScope(linkedin.refresh),
  expected: { expiresIn: 5184000, scopes, refreshToken: true, refreshExpiresIn: 31536000 },
  variants: [
    {
      note: 'an app that is not approved for refresh tokens',
      exchange: withScope(linkedin.exchange),
      expected: { expiresIn: 5183999, scopes, refreshToken: false, refreshExpiresIn: null },
    },
    {
      note: 'token_type is absent in some official samples, and scopes may come with spaces',
      exchange: {
        status: 200,
        body: { access_token: 'SAMPLE_AT', expires_in: 5184000, scope: 'openid profile w_organization_social' },
      },
      expected: {
        expiresIn: 5184000,
        scopes: ['openid', 'profile', 'w_organization_social'],
        refreshToken: false,
      },
    },
  ],
  get: {
    ...linkedin.get,
    // The member that names the page has three names, by endpoint and age; the total tells that there is more.
    [`${roles}&start=0&count=100`]: {
      paging: { start: 0, count: 100, links: [], total: 3 },
      elements: [
        role('1', { role: 'ADMINISTRATOR', organization: urn('10002687') }),
        role('2', { role: 'CONTENT_ADMINISTRATOR', organizationTarget: urn('10002688') }),
      ],
    },
    [`${roles}&start=2&count=100`]: {
      paging: { start: 2, count: 100, links: [], total: 3 },
      elements: [role('3', { role: 'ANALYST', organizationalTarget: urn('10002689') })],
    },
    ...page('10002687', 'Example Org', 'example-org'),
    ...page('10002688', 'Example Foundation', 'example-foundation'),
    ...page('10002689', 'Example Shop', 'example-shop'),
  },
  accounts: [
    account('10002687', 'Example Org', 'example-org'),
    account('10002688', 'Example Foundation', 'example-foundation'),
    account('10002689', 'Example Shop', 'example-shop'),
  ],
  errors: [
    ...linkedin.errors,
    {
      phase: 'api',
      status: 403,
      body: {
        status: 403,
        serviceErrorCode: 100,
        code: 'ACCESS_DENIED',
        message: 'Not enough permissions to access: organizationAcls.FINDER-roleAssignee.NO_VERSION',
      },
      is: 'missing-scope',
      note: 'the product is not approved, the scope is missing, or the member has lost the role on the page',
    },
  ],
} satisfies ProviderFixture;
