import type { Phase } from '../define.ts';
import type { ProviderFixture } from '../fixture.ts';

const base = 'https://public-api.wordpress.com/rest/v1.1';
const site = { ID: 987654321, name: 'Example Blog', URL: 'https://example.wordpress.com' };
const icon = {
  img: 'https://example.files.wordpress.com/x.png',
  ico: 'https://example.files.wordpress.com/x.png?w=16',
};
/** Tokens hold % & ^ ( ) and go into the header as they are. */
const access_token = 'SAMPLE%AT^with(specials)';

const failed = (phase: Phase, status: number, error: string, message: string) => ({
  phase,
  status,
  body: phase === 'api' ? { error, message } : { error, error_description: message },
});

/** From developer.wordpress.com and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'wordpress-com',
  callback: { denied: { error: 'access_denied' } },
  requests: {
    authorize: {
      url: 'https://public-api.wordpress.com/oauth2/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'global posts media sites users taxonomy',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://public-api.wordpress.com/oauth2/token',
      form: {
        redirect_uri: '{redirectUri}',
        code: '{code}',
        grant_type: 'authorization_code',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    profile: {
      method: 'GET',
      url: 'https://public-api.wordpress.com/rest/v1.1/me',
      query: { fields: 'ID,display_name,username,avatar_URL,primary_blog,profile_URL' },
      headers: { authorization: 'Bearer {accessToken}' },
    },
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: {
      access_token,
      blog_id: '987654321',
      blog_url: 'https://example.wordpress.com',
      token_type: 'bearer',
      scope: 'global',
    },
  },
  expected: {
    expiresIn: null,
    scopes: ['global'],
    refreshToken: false,
    kept: { scope: 'global', site: '987654321', siteUrl: 'https://example.wordpress.com' },
  },
  variants: [
    {
      note: 'for one site, without a scope',
      exchange: {
        status: 200,
        body: { access_token, blog_id: 987654321, blog_url: 'https://example.wordpress.com', token_type: 'bearer' },
      },
      expected: { expiresIn: null, scopes: null, refreshToken: false },
    },
    {
      note: 'for one site, with an empty scope',
      exchange: { status: 200, body: { access_token, blog_id: '987654321', token_type: 'bearer', scope: '' } },
      expected: { expiresIn: null, scopes: null, refreshToken: false },
    },
    {
      note: 'for all sites, naming none; scopes with commas',
      exchange: {
        status: 200,
        body: { access_token, blog_id: '0', blog_url: null, token_type: 'bearer', scope: 'posts,media' },
      },
      expected: { expiresIn: null, scopes: ['posts', 'media'], refreshToken: false },
    },
  ],
  get: {
    [`${base}/me?fields=ID,display_name,username,avatar_URL,primary_blog,profile_URL`]: {
      ID: 123456789,
      display_name: 'Example Person',
      username: 'example',
      avatar_URL: 'https://gravatar.com/avatar/x',
      primary_blog: 987654321,
      profile_URL: 'https://gravatar.com/example',
    },
    [`${base}/me/sites?fields=ID,name,URL,icon,capabilities,jetpack`]: {
      sites: [
        { ...site, jetpack: false, icon, capabilities: { publish_posts: true } },
        {
          ID: 987654322,
          name: 'Second Blog',
          URL: 'https://second.example',
          jetpack: true,
          capabilities: { publish_posts: true },
        },
        {
          ID: 987654323,
          name: 'Read Only',
          URL: 'https://readonly.wordpress.com',
          jetpack: false,
          capabilities: { publish_posts: false },
        },
      ],
    },
    [`${base}/sites/987654321?fields=ID,name,URL,icon`]: { ...site, icon },
  },
  accounts: [
    {
      id: '987654321',
      type: 'site',
      name: 'Example Blog',
      username: 'example.wordpress.com',
      picture: 'https://example.files.wordpress.com/x.png',
      url: 'https://example.wordpress.com',
      ownToken: false,
    },
    {
      id: '987654322',
      type: 'site',
      name: 'Second Blog',
      username: 'second.example',
      picture: null,
      url: 'https://second.example',
      ownToken: false,
    },
    {
      id: '987654323',
      type: 'site',
      name: 'Read Only',
      username: 'readonly.wordpress.com',
      picture: null,
      url: 'https://readonly.wordpress.com',
      ownToken: false,
    },
  ],
  errors: [
    { phase: 'authorize', status: 302, body: { error: 'access_denied' }, is: 'reconnect', error: 'consent_denied' },
    {
      ...failed('exchange', 400, 'invalid_grant', 'Invalid authorization_code.'),
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      ...failed(
        'exchange',
        400,
        'invalid_request',
        'The required "redirect_uri" parameter is missing or does not match.',
      ),
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
      note: 'text unconfirmed',
    },
    {
      ...failed('exchange', 400, 'invalid_client', 'Unknown client_id.'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'text unconfirmed',
    },
    {
      ...failed('api', 400, 'invalid_token', 'The OAuth2 token is invalid.'),
      is: 'reconnect',
      note: 'status unconfirmed',
    },
    {
      ...failed(
        'api',
        403,
        'authorization_required',
        'An active access token must be used to query information about the current user.',
      ),
      is: 'reconnect',
      note: 'status unconfirmed: 401 or 403',
    },
    {
      phase: 'api',
      status: 400,
      body: { error: 'invalid_request', error_description: 'The specified token is invalid.' },
      is: 'reconnect',
      note: 'of token-info',
    },
    { ...failed('api', 403, 'unauthorized', 'User cannot publish posts'), is: 'missing-scope', note: 'unconfirmed' },
    { ...failed('api', 404, 'unknown_blog', 'Unknown blog'), is: 'reconnect', note: 'unconfirmed' },
    { ...failed('api', 429, 'too_many_requests', '...'), is: 'rate-limit', note: 'unconfirmed' },
    { ...failed('api', 500, 'internal_error', '...'), is: 'retry', note: 'unconfirmed' },
  ],
} satisfies ProviderFixture;
