import type { ProviderFixture } from '../fixture.ts';
import {
  atApi,
  codeErrors,
  denied,
  dialogErrors,
  expired,
  flatError,
  graphApiErrors,
  graphError,
} from './meta.samples.ts';

const permissions = 'instagram_business_basic,instagram_business_content_publish';
const scopes = permissions.split(',');

const flat = (message: string) => ({ phase: 'exchange' as const, status: 400, body: flatError(message) });

/** From developers.facebook.com and the sources named in the definition, as of 2026-11-23. */
export default {
  provider: 'instagram-standalone',
  callback: { denied },
  requests: {
    authorize: {
      url: 'https://www.instagram.com/oauth/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope:
          'instagram_business_basic,instagram_business_content_publish,instagram_business_manage_comments,instagram_business_manage_insights,instagram_business_manage_messages',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://api.instagram.com/oauth/access_token',
      form: {
        redirect_uri: '{redirectUri}',
        code: '{code}',
        grant_type: 'authorization_code',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    upgrade: {
      method: 'GET',
      url: 'https://graph.instagram.com/access_token',
      query: { access_token: '{accessToken}', grant_type: 'ig_exchange_token', client_secret: '{clientSecret}' },
    },
    profile: {
      method: 'GET',
      url: 'https://graph.instagram.com/v26.0/me',
      query: { fields: 'user_id,username,name,profile_picture_url,account_type' },
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      method: 'GET',
      url: 'https://graph.instagram.com/refresh_access_token',
      query: { access_token: '{accessToken}', grant_type: 'ig_refresh_token' },
    },
  },
  exchange: {
    status: 200,
    body: { data: [{ access_token: 'SAMPLE_SHORT_AT', user_id: '17841400123456789', permissions }] },
  },
  upgrade: { status: 200, body: { access_token: 'SAMPLE_AT', token_type: 'bearer', expires_in: 5183944 } },
  refresh: { status: 200, body: { access_token: 'SAMPLE_AT2', token_type: 'bearer', expires_in: 5183944 } },
  expected: { expiresIn: 5183944, scopes: null, refreshToken: false },
  variants: [
    {
      note: 'wrapped in a list, with the scopes as a text',
      exchange: {
        status: 200,
        body: { data: [{ access_token: 'SAMPLE_AT', user_id: '17841400123456789', permissions }] },
      },
      expected: { expiresIn: 5184000, scopes, refreshToken: false },
    },
    {
      note: 'flat, with a bare number beyond 2^53 as id and the scopes as a list',
      exchange: {
        status: 200,
        body: '{"access_token":"SAMPLE_AT","user_id":17841400123456789,"permissions":["instagram_business_basic","instagram_business_content_publish"]}',
      },
      expected: { expiresIn: 5184000, scopes, refreshToken: false },
    },
    {
      note: 'without scopes',
      exchange: { status: 200, body: { access_token: 'SAMPLE_AT', user_id: '17841400123456789', permissions: null } },
      expected: { expiresIn: 5184000, scopes: null, refreshToken: false },
    },
  ],
  get: {
    'https://graph.instagram.com/v26.0/me?fields=user_id,username,name,profile_picture_url,account_type': {
      id: '9012345678901234',
      user_id: '17841400123456789',
      username: 'example.bakery',
      name: 'Example Bakery',
      profile_picture_url: 'https://scontent.cdninstagram.com/bakery.jpg',
      account_type: 'BUSINESS',
    },
  },
  accounts: [
    {
      id: '17841400123456789',
      type: 'profile',
      name: 'Example Bakery',
      username: 'example.bakery',
      picture: 'https://scontent.cdninstagram.com/bakery.jpg',
      ownToken: false,
    },
  ],
  errors: [
    { phase: 'authorize', status: 302, body: denied, is: 'reconnect', error: 'consent_denied' },
    // As at Facebook's login, should it come: unconfirmed.
    ...dialogErrors,
    { ...flat('Matching code was not found or was already used'), is: 'reconnect', error: 'code_rejected' },
    { ...flat('This authorization code has been used'), is: 'reconnect', error: 'code_rejected' },
    {
      ...flat(
        'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
      ),
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    {
      ...flat('Error validating client secret.'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'the flat shape is unconfirmed; the other one follows',
    },
    {
      ...flat('Invalid platform app'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'the id of the Meta app instead of the Instagram app; wording unconfirmed',
    },
    ...codeErrors,
    { phase: 'exchange', status: 400, body: expired, is: 'reconnect', note: 'at the trade for the long-lived token' },
    { phase: 'refresh', status: 400, body: expired, is: 'reconnect', error: 'reauth_required' },
    {
      phase: 'refresh',
      status: 400,
      body: graphError('(#10) Application does not have permission for this action', 10),
      is: 'missing-scope',
      error: 'reauth_required',
    },
    {
      phase: 'refresh',
      status: 400,
      body: graphError('The access token is too young to be renewed', 100),
      is: 'retry',
      note: 'before one day of age; number and wording are unconfirmed',
    },
    { phase: 'refresh', status: 500, body: graphError('An unexpected error has occurred.', 2), is: 'retry' },
    ...graphApiErrors,
    atApi('bad-body', 'Unsupported request - method type: get', 100, 33),
  ],
} satisfies ProviderFixture;
