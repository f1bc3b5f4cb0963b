import { days, defineProvider, oauth2 } from '../define.ts';

const api = 'https://business-api.tiktok.com/open_api/v1.3';

export default defineProvider({
  id: 'tiktok-business',
  name: 'TikTok Business',
  protocol: oauth2({
    authorizationEndpoint: 'https://www.tiktok.com/v2/auth/authorize',
    // The final slashes matter: without them the answer is a plain 404.
    tokenEndpoint: `${api}/tt_user/oauth2/token/`,
    revocationEndpoint: `${api}/tt_user/oauth2/revoke/`,
    // In the JSON body, as client_id; the consent page still calls it client_key.
    clientAuthentication: 'client_secret_post',
    authorizationClientIdParameter: 'client_key',
    pkce: 'none',
    // Else TikTok passes over the consent page for somebody who has consented before, and asks for nothing new.
    reconnectParameters: { disable_auto_auth: '1' },
    exchange: { encoding: 'json', credentialParameter: 'auth_code' },
    refreshRequest: { endpoint: `${api}/tt_user/oauth2/refresh_token/`, encoding: 'json' },
    tokenResponse: {
      unwrap: 'data',
      tokenType: 'Bearer',
      refreshExpiresIn: 'refresh_token_expires_in',
      // Who the account is stands in no other answer.
      keep: { openId: 'open_id' },
    },
    revocation: { encoding: 'json', tokens: ['access_token'], tokenParameter: 'access_token', typeHint: false },
    // Everything comes with HTTP 200.
    errors: { code: 'code', description: 'message', under200: { path: 'code', notEquals: 0 } },
  }),
  scopes: {
    required: ['user.info.basic', 'user.info.username', 'video.publish'],
    optional: [
      ...['user.info.stats', 'user.account.type', 'user.insights', 'video.list', 'video.upload', 'video.insights'],
      ...['comment.list', 'comment.list.manage'],
    ],
    separator: ',',
    reported: 'comma',
    facts: {
      'user.info.basic': { permits: 'Read id, name and picture' },
      'user.info.username': { permits: 'Read the user name' },
      'user.info.stats': { permits: 'Read the numbers of followers, likes and videos' },
      'user.account.type': { permits: 'Know whether it is a business account' },
      'user.insights': { permits: 'Read statistics of the account' },
      'video.publish': { permits: 'Publish videos' },
      'video.upload': { permits: 'Upload drafts' },
      'video.list': { permits: 'List videos' },
      'video.insights': { permits: 'Read statistics of videos' },
      'comment.list': { permits: 'Read comments' },
      'comment.list.manage': { permits: 'Answer and hide comments' },
    },
  },
  // What comes is kept, though it may equal the old one. The year counts from the login: a renewal tells what remains of it.
  refresh: { rotates: 'always', reuseRevokes: true, lifetime: { fixed: days(365) } },
  profile: {
    // Addresses of pictures end within days, some within hours.
    rereadSeconds: days(0.5),
    // `fields` is a list in JSON.
    get: `${api}/business/get/?business_id={extra.openId}&fields=%5B%22username%22%2C%22display_name%22%2C%22profile_image%22%5D`,
    map: ({ data }, { openId }) => ({
      id: openId!,
      name: data.display_name ?? null,
      username: data.username ?? null,
      picture: data.profile_image ?? null,
    }),
  },
  api: { baseUrl: api, authentication: { header: 'Access-Token' } },
  handleErrors: [
    { code: ['40100', '51021'], is: 'rate-limit' },
    { code: '50000-59999', is: 'retry' },
    {
      phase: ['exchange', 'refresh', 'revoke'],
      code: '40101',
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { phase: 'exchange', code: '40110', is: 'reconnect', error: 'code_rejected' },
    {
      phase: 'exchange',
      code: '40002',
      description: /redirect/i,
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
      message: 'The redirect URI must end in a slash and have no port: set the provider\'s "redirectUri".',
    },
    { phase: 'exchange', code: '40002', is: 'app-misconfigured', error: 'provider_app_not_allowed' },
    // Which code a dead refresh token has is unconfirmed; nothing else is left to be said at a renewal.
    { phase: 'refresh', code: '1-99999', is: 'reconnect' },
    { phase: 'revoke', code: ['40102', '40105'], is: 'reconnect' },
    { phase: 'api', code: ['40102', '40105'], is: 'refresh-token' },
    { phase: 'api', code: '40001', is: 'missing-scope' },
    { phase: 'api', status: 404, is: 'bad-body' },
  ],
  setup: {
    console: 'https://business-api.tiktok.com/portal',
    steps: [
      'Register as a developer; a company is expected.',
      'Create an app with the permissions of the TikTok Accounts (Organic) API, a logo, and the redirect URI with its final slash.',
      'In the settings of this provider give "redirectUri" the same address with the final slash.',
      'Wait for the approval. Copy App ID and Secret.',
    ],
    redirectUri:
      'https, with a final slash, without port and query, 10 to 512 characters. Ten may be registered, one is active. http://localhost is refused.',
    review: 'The app and each group of scopes are reviewed by hand.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'low',
    sources: [
      'GitHub: tiktok/tiktok-business-api-sdk, sns-sdks/python-tiktok (test data), bububa/tiktok-business',
      'GitHub: gitroomhq/postiz-app (tiktok.business), NangoHQ/nango (tiktok-accounts), Airbyte (40105)',
    ],
    unconfirmed: [
      'The wording of the codes 40101, 40102, 40110 and 51021',
      'The code of a dead refresh token: every code that is no limit and no fault of the server counts',
      'Whether the lives shortened in November 2026 (see tiktok) apply here too',
      'Whether a renewal always gives another refresh token',
    ],
  },
});
