import type { ErrorSample, ProviderFixture } from '../fixture.ts';
import { errors, requests, tokenAnswers, userinfo } from './google.samples.ts';

const scopes = [
  'https://www.googleapis.com/auth/business.manage',
  'https://www.googleapis.com/auth/userinfo.profile',
  'https://www.googleapis.com/auth/userinfo.email',
  'openid',
];

const accounts = 'https://mybusinessaccountmanagement.googleapis.com/v1/accounts?pageSize=20';
const locations = (account: string) =>
  `https://mybusinessbusinessinformation.googleapis.com/v1/${account}/locations?readMask=name,title,storefrontAddress,metadata&pageSize=100`;

const personal = 'accounts/112233445566778899001';
const group = 'accounts/112233445566778899002';
const empty = 'accounts/112233445566778899003';

const location = (name: string, title: string, cid: string) => ({
  name,
  title,
  storefrontAddress: { regionCode: 'DE', locality: 'Berlin', addressLines: ['Musterstr. 1'] },
  metadata: {
    canHaveBusinessCalls: false,
    placeId: `ChIJ${cid}`,
    mapsUri: `https://maps.google.com/maps?cid=${cid}`,
  },
});

const account = (id: string, name: string, cid: string) => ({
  id,
  type: 'location',
  name,
  username: null,
  picture: null,
  url: `https://maps.google.com/maps?cid=${cid}`,
  ownToken: false,
});

/** An error of the Business Profile APIs, which name no `errors`. */
const businessError = (
  is: ErrorSample['is'],
  code: number,
  status: string,
  message: string,
  detail?: object,
): ErrorSample => ({
  phase: 'api',
  status: code,
  body: {
    error: {
      code,
      message,
      status,
      ...(detail ? { details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', ...detail }] } : {}),
    },
  },
  is,
});

/** From developers.google.com and the projects named in the definition, as of 2026-11-23. */
export default {
  provider: 'google-business',
  callback: { denied: { error: 'access_denied' } },
  requests: requests('openid profile https://www.googleapis.com/auth/business.manage email'),
  ...tokenAnswers(scopes),
  get: {
    'https://openidconnect.googleapis.com/v1/userinfo': userinfo,
    [accounts]: {
      accounts: [
        {
          name: personal,
          accountName: 'Ada Example',
          type: 'PERSONAL',
          role: 'PRIMARY_OWNER',
          verificationState: 'UNVERIFIED',
          vettedState: 'NOT_VETTED',
        },
      ],
      nextPageToken: 'abc/2',
    },
    [`${accounts}&pageToken=abc%2F2`]: {
      accounts: [
        { name: group, accountName: 'Example Group', type: 'LOCATION_GROUP', role: 'MANAGER' },
        { name: empty, accountName: 'Example Attic', type: 'LOCATION_GROUP', role: 'MANAGER' },
      ],
    },
    [locations(personal)]: {
      locations: [location('locations/9988776655443322110', 'Example Bakery', '1001')],
      nextPageToken: 'def',
      totalSize: 2,
    },
    [`${locations(personal)}&pageToken=def`]: {
      locations: [location('locations/9988776655443322111', 'Example Museum', '1002')],
      totalSize: 2,
    },
    [locations(group)]: {
      locations: [location('locations/9988776655443322112', 'Example Garage', '1003')],
      totalSize: 1,
    },
    // Missing, not empty.
    [locations(empty)]: {},
  },
  grantedScopes: ['openid', 'profile', 'email', 'https://www.googleapis.com/auth/business.manage'],
  accounts: [
    account(`${personal}/locations/9988776655443322110`, 'Example Bakery', '1001'),
    account(`${personal}/locations/9988776655443322111`, 'Example Museum', '1002'),
    account(`${group}/locations/9988776655443322112`, 'Example Garage', '1003'),
  ],
  errors: [
    ...errors,
    {
      ...businessError(
        'app-misconfigured',
        429,
        'RESOURCE_EXHAUSTED',
        "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service 'mybusinessaccountmanagement.googleapis.com' for consumer 'project_number:123456789012'.",
        {
          reason: 'RATE_LIMIT_EXCEEDED',
          domain: 'googleapis.com',
          metadata: {
            quota_limit_value: '0',
            quota_metric: 'mybusinessaccountmanagement.googleapis.com/default_requests',
            service: 'mybusinessaccountmanagement.googleapis.com',
          },
        },
      ),
      note: 'the project was never approved; waiting does not help',
    },
    businessError('rate-limit', 429, 'RESOURCE_EXHAUSTED', "Quota exceeded for quota metric 'Requests'.", {
      reason: 'RATE_LIMIT_EXCEEDED',
      domain: 'googleapis.com',
      metadata: { quota_limit_value: '300' },
    }),
    businessError(
      'app-misconfigured',
      403,
      'PERMISSION_DENIED',
      'My Business Account Management API has not been used in project 123456789012 before or it is disabled.',
      { reason: 'SERVICE_DISABLED' },
    ),
    {
      ...businessError('reconnect', 403, 'PERMISSION_DENIED', 'The caller does not have permission'),
      note: 'the role on this location is lost, or it is not verified',
    },
    businessError('bad-body', 404, 'NOT_FOUND', 'Requested entity was not found.'),
    businessError('bad-body', 400, 'INVALID_ARGUMENT', 'Request contains an invalid argument.'),
  ],
} satisfies ProviderFixture;
