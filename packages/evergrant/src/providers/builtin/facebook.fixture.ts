import type { ProviderFixture } from '../fixture.ts';
import { denied, graph, loginErrors, pageErrors, person, requests, tokenAnswers } from './facebook.samples.ts';
import { graphApiErrors } from './meta.samples.ts';

/** From developers.facebook.com and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'facebook',
  callback: { denied },
  requests: requests(
    'pages_show_list,pages_read_engagement,pages_manage_posts,business_management,pages_manage_engagement,read_insights',
  ),
  ...tokenAnswers,
  get: {
    ...person('pages_manage_posts'),
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
  errors: [...loginErrors, ...graphApiErrors, ...pageErrors],
} satisfies ProviderFixture;
