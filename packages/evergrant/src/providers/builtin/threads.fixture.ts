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

/** From developers.facebook.com/docs/threads and the sources named in the definition, as of 2026-11-23. */
export default {
  provider: 'threads',
  callback: { denied },
  requests: {
    authorize: {
      url: 'https://threads.com/oauth/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope:
          'threads_basic,threads_content_publish,threads_manage_replies,threads_read_replies,threads_manage_insights,threads_delete,threads_location_tagging,threads_manage_mentions,threads_keyword_search,threads_profile_discovery,threads_share_to_instagram',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://graph.threads.com/oauth/access_token',
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
      url: 'https://graph.threads.net/access_token',
      query: { access_token: '{accessToken}', grant_type: 'th_exchange_token', client_secret: '{clientSecret}' },
    },
    profile: {
      method: 'GET',
      url: 'https://graph.threads.net/v1.0/debug_token',
      query: { access_token: '{accessToken}', input_token: '{accessToken}' },
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      method: 'GET',
      url: 'https://graph.threads.net/refresh_access_token',
      query: { access_token: '{accessToken}', grant_type: 'th_refresh_token' },
    },
  },
  exchange: { status: 200, body: { access_token: 'SAMPLE_SHORT_AT', user_id: '17841409876543211' } },
  upgrade: { status: 200, body: { access_token: 'SAMPLE_AT', token_type: 'bearer', expires_in: 5183944 } },
  refresh: { status: 200, body: { access_token: 'SAMPLE_AT2', token_type: 'bearer', expires_in: 5183944 } },
  expected: { expiresIn: 5183944, scopes: null, refreshToken: false },
  variants: [
    {
      note: 'the id as a bare number beyond 2^53',
      exchange: { status: 200, body: '{"access_token":"SAMPLE_AT","user_id":17841409876543211}' },
      expected: { expiresIn: 5184000, scopes: null, refreshToken: false },
    },
    {
      note: 'with a type',
      exchange: {
        status: 200,
        body: { access_token: 'SAMPLE_AT', token_type: 'bearer', user_id: '17841409876543211' },
      },
      expected: { expiresIn: 5184000, scopes: null, refreshToken: false },
    },
  ],
  get: {
    'https://graph.threads.net/v1.0/debug_token': {
      data: {
        type: 'USER',
        application: 'My app',
        data_access_expires_at: 1803225600,
        expires_at: 1800633600,
        is_valid: true,
        issued_at: 1795449600,
        scopes: ['threads_basic', 'threads_content_publish'],
        user_id: '1234567890123456',
      },
    },
    'https://graph.threads.net/v1.0/me?fields=id,username,name,threads_profile_picture_url,threads_biography': {
      id: '1234567890123456',
      username: 'example.bakery',
      name: 'Example Bakery',
      threads_profile_picture_url: 'https://scontent-sjc3-1.cdninstagram.com/bakery.jpg',
      threads_biography: 'Bread.',
    },
  },
  grantedScopes: ['threads_basic', 'threads_content_publish'],
  accounts: [
    {
      id: '1234567890123456',
      type: 'profile',
      name: 'Example Bakery',
      username: 'example.bakery',
      picture: 'https://scontent-sjc3-1.cdninstagram.com/bakery.jpg',
      ownToken: false,
    },
  ],
  errors: [
    { phase: 'authorize', status: 302, body: denied, is: 'reconnect', error: 'consent_denied' },
    // As at Facebook's login, should it come: unconfirmed.
    ...dialogErrors,
    {
      phase: 'exchange',
      status: 400,
      body: flatError('Matching code was not found or was already used'),
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      phase: 'exchange',
      status: 400,
      body: flatError('Error validating client secret.'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'exchange',
      status: 400,
      body: flatError(
        'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
      ),
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
      note: 'unconfirmed here; the same engine as at Instagram',
    },
    // This shape or the one above: unconfirmed.
    ...codeErrors,
    { phase: 'refresh', status: 400, body: expired, is: 'reconnect', error: 'reauth_required' },
    { phase: 'refresh', status: 401, body: expired, is: 'reconnect', error: 'reauth_required' },
    {
      phase: 'refresh',
      status: 400,
      body: graphError('Application does not have permission for this action', 10),
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
    ...graphApiErrors,
    atApi('missing-scope', 'Application does not have permission for this action', 10),
    {
      ...atApi('missing-scope', 'Application does not have permission for this action', 10),
      status: 500,
      note: '500 has been seen',
    },
    atApi('rate-limit', '(#4) Application request limit reached', 4),
    { ...atApi('retry', 'The requested resource does not exist', 24, 4279009), note: 'subcode unconfirmed' },
  ],
} satisfies ProviderFixture;
