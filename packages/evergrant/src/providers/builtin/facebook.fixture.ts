import type { ProviderFixture } from '../fixture.ts';
import {
  facebookDenied,
  facebookLoginErrors,
  facebookPerson,
  facebookTokenAnswers,
  graph,
  graphApiErrors,
  lostRoleError,
} from './meta.samples.ts';

/** From developers.facebook.com and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'facebook',
  callback: { denied: facebookDenied },
  ...facebookTokenAnswers,
  get: {
    ...facebookPerson('pages_manage_posts'),
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
