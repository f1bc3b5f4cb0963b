import type { ProviderFixture } from '../fixture.ts';
import { facebookDenied, facebookLoginErrors, graphApiErrors, lostRoleError } from './meta.samples.ts';

const graph = 'https://graph.facebook.com/v26.0';

/** From developers.facebook.com and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'facebook',
  callback: { denied: facebookDenied },
  // One to two hours as a rule; 60 days straight from the exchange are seen too. The upgrade decides.
  exchange: { status: 200, body: { access_token: 'SAMPLE_SHORT_AT', token_type: 'bearer', expires_in: 5400 } },
  upgrade: { status: 200, body: { access_token: 'SAMPLE_AT', token_type: 'bearer', expires_in: 5183944 } },
  refresh: { status: 200, body: { access_token: 'SAMPLE_AT2', token_type: 'bearer', expires_in: 5183944 } },
  expected: { expiresIn: 5183944, scopes: null, refreshToken: false },
  variants: [
    {
      note: 'expires_in may be missing where the token has no end',
      exchange: { status: 200, body: { access_token: 'SAMPLE_AT', token_type: 'bearer' } },
      expected: { expiresIn: null, scopes: null, refreshToken: false },
    },
  ],
  get: {
    [`${graph}/me/permissions`]: {
      data: [
        { permission: 'pages_show_list', status: 'granted' },
        { permission: 'pages_manage_posts', status: 'declined' },
        { permission: 'public_profile', status: 'granted' },
      ],
    },
    [`${graph}/me?fields=id,name,picture`]: {
      id: '10223344556677',
      name: 'Ada Example',
      picture: {
        data: { height: 50, width: 50, is_silhouette: false, url: 'https://platform-lookaside.fbsbx.com/ada.jpg' },
      },
    },
    [`${graph}/me/accounts?fields=id,name,username,category,tasks,access_token,picture%7Burl%7D&limit=100`]: {
      data: [
        {
          access_token: 'SAMPLE_PAGE_AT',
          category: 'Bakery',
          name: 'Example Bakery',
          username: 'examplebakery',
          id: '109876543210',
          tasks: ['ADVERTISE', 'ANALYZE', 'CREATE_CONTENT', 'MESSAGING', 'MODERATE', 'MANAGE'],
          picture: { data: { url: 'https://scontent.example/bakery.jpg' } },
        },
      ],
      paging: { cursors: { before: 'MTA5', after: 'MTA5' }, next: `${graph}/me/accounts?limit=100&after=MTA5` },
    },
    [`${graph}/me/accounts?limit=100&after=MTA5`]: {
      data: [
        {
          access_token: 'SAMPLE_PAGE_AT2',
          category: 'Museum',
          name: 'Example Museum',
          id: '109876543211',
          tasks: ['ANALYZE'],
          picture: { data: { url: 'https://scontent.example/museum.jpg' } },
        },
      ],
      paging: { cursors: { before: 'MTEw', after: 'MTEw' } },
    },
  },
  grantedScopes: ['pages_show_list', 'public_profile'],
  accounts: [
    {
      id: '109876543210',
      type: 'page',
      name: 'Example Bakery',
      username: 'examplebakery',
      picture: 'https://scontent.example/bakery.jpg',
      ownToken: true,
    },
    {
      id: '109876543211',
      type: 'page',
      name: 'Example Museum',
      username: null,
      picture: 'https://scontent.example/museum.jpg',
      ownToken: true,
    },
  ],
  errors: [...facebookLoginErrors, ...graphApiErrors, lostRoleError],
} satisfies ProviderFixture;
