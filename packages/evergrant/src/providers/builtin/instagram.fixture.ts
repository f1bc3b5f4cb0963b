import type { ProviderFixture } from '../fixture.ts';
import { denied, graph, loginErrors, pageErrors, person, requests, tokenAnswers } from './facebook.samples.ts';
import { atApi, graphApiErrors, graphError } from './meta.samples.ts';

const accounts = `${graph}/me/accounts?fields=id,name,access_token,instagram_business_account%7Bid,username,name,profile_picture_url%7D&limit=100`;

/** From developers.facebook.com and the sources named in the definition, as of 2026-11-23. */
export default {
  provider: 'instagram',
  callback: { denied },
  requests: requests(
    'instagram_basic,instagram_content_publish,pages_show_list,pages_read_engagement,instagram_manage_comments,instagram_manage_insights,business_management,ads_management,ads_read',
  ),
  ...tokenAnswers,
  get: {
    ...person('instagram_content_publish'),
    [accounts]: {
      data: [
        {
          id: '109876543210',
          name: 'Example Bakery',
          access_token: 'SAMPLE_PAGE_AT',
          instagram_business_account: {
            id: '17841401234567890',
            username: 'example.bakery',
            name: 'Example Bakery',
            profile_picture_url: 'https://scontent.cdninstagram.com/bakery.jpg',
          },
        },
        { id: '109876543211', name: 'Page without Instagram', access_token: 'SAMPLE_PAGE_AT2' },
      ],
      paging: { cursors: { before: 'x', after: 'y' }, next: `${graph}/me/accounts?limit=100&after=y` },
    },
    [`${graph}/me/accounts?limit=100&after=y`]: {
      data: [
        {
          id: '109876543212',
          name: 'Example Museum',
          access_token: 'SAMPLE_PAGE_AT3',
          instagram_business_account: { id: '17841401234567891', username: 'example.museum' },
        },
      ],
      paging: { cursors: { before: 'z', after: 'z' } },
    },
  },
  grantedScopes: ['pages_show_list', 'public_profile'],
  accounts: [
    {
      id: '17841401234567890',
      type: 'profile',
      name: 'Example Bakery',
      username: 'example.bakery',
      picture: 'https://scontent.cdninstagram.com/bakery.jpg',
      ownToken: true,
    },
    {
      id: '17841401234567891',
      type: 'profile',
      name: 'example.museum',
      username: 'example.museum',
      picture: null,
      ownToken: true,
    },
  ],
  errors: [
    ...loginErrors,
    ...graphApiErrors,
    ...pageErrors,
    { ...atApi('bad-body', 'Invalid user id', 110), note: 'unconfirmed' },
    atApi(
      'rate-limit',
      '(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.',
      80002,
    ),
    {
      phase: 'api',
      status: 400,
      body: {
        error: {
          ...graphError('Application request limit reached', 4, 2207051).error,
          error_user_title: 'Action is blocked',
        },
      },
      is: 'rate-limit',
      note: 'blocked as spam-like; the subcode is unconfirmed',
    },
    {
      ...atApi('reconnect', 'The user is not an Instagram Business account', 100),
      error: 'reauth_required',
      note: 'known by its sentence only; the number is unconfirmed',
    },
    atApi(
      'reconnect',
      "Unsupported get request. Object with ID '17841401234567890' does not exist, cannot be loaded due to missing permissions, or does not support this operation.",
      100,
      33,
    ),
    {
      ...atApi(
        'bad-body',
        "Unsupported get request. Object with ID '17895695668004550' does not exist, cannot be loaded due to missing permissions, or does not support this operation.",
        100,
        33,
      ),
      note: 'a wrong media id: nothing is wrong with the account',
    },
  ],
} satisfies ProviderFixture;
