import { defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'vk',
  name: 'VK',
  // VK ID. The former oauth.vk.com refuses apps of its console. All hosts have twins that end in .ru: see `origins`.
  protocol: oauth2({
    authorizationEndpoint: 'https://id.vk.com/authorize',
    tokenEndpoint: 'https://id.vk.com/oauth2/auth',
    revocationEndpoint: 'https://id.vk.com/oauth2/revoke',
    // There is no secret: PKCE stands for it.
    clientAuthentication: 'none',
    pkce: 'S256',
    // The login belongs to a device, which the callback names; every renewal must name it again, and repeat the state.
    exchange: { carry: ['device_id', 'state'] },
    tokenResponse: { state: 'state' },
    // An ID token comes along; who the person is comes from user_info, over TLS.
    idToken: 'ignore',
    revocation: { tokens: ['access_token'], tokenParameter: 'access_token', typeHint: false },
    // Mostly under 200: a text at id.vk.com, an object at the API.
    errors: {
      code: ['error.error_code', 'error'],
      subcode: 'error.error_subcode',
      description: ['error.error_msg', 'error_description'],
      under200: { path: 'error' },
    },
  }),
  scopes: {
    required: ['vkid.personal_info'],
    optional: ['email', 'phone', 'wall', 'photos', 'video', 'docs', 'groups', 'status'],
    facts: {
      'vkid.personal_info': { permits: 'Read name, picture, sex and birthday' },
      email: { permits: 'Read the e-mail address' },
      phone: { permits: 'Read the phone number; needs a verified business profile' },
      wall: { permits: 'Write on the wall; by approval only' },
      photos: { permits: 'Upload photos; by approval only' },
      video: { permits: 'Upload videos; by approval only' },
      docs: { permits: 'Upload documents; by approval only' },
      groups: { permits: 'List and use communities; by approval only' },
      status: { permits: 'Set the status; by approval only' },
    },
  },
  // Both tokens are replaced. About 180 days are said of the refresh token, unconfirmed, and no answer tells.
  refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0 },
  profile: {
    get: 'https://id.vk.com/oauth2/user_info',
    post: { client_id: '{clientId}', access_token: '{accessToken}' },
    map: ({ user }) => ({
      // A text here, a number in the token answer.
      id: user.user_id,
      name: [user.first_name, user.last_name].filter(Boolean).join(' ') || null,
      picture: user.avatar ?? null,
    }),
  },
  api: { baseUrl: 'https://api.vk.com/method', parameters: { v: '{apiVersion}' } },
  handleErrors: [
    // What is wrong with a request stands in its sentence only (2026-11-23, some unconfirmed).
    {
      phase: ['exchange', 'refresh'],
      code: 'invalid_request',
      description: /redirect_uri/i,
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    // A token of another app, of another device, or used up.
    {
      phase: 'refresh',
      code: 'invalid_request',
      description: /refresh_token|device_id/i,
      is: 'reconnect',
    },
    {
      phase: 'exchange',
      code: 'invalid_request',
      description: /device_id|code_verifier|\bcode is/i,
      is: 'reconnect',
      error: 'code_rejected',
    },
    // An app of the former login ("Security Error").
    {
      phase: ['exchange', 'refresh'],
      code: 'invalid_request',
      description: /security error/i,
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
    },
    { phase: 'api', code: 'invalid_token', is: 'refresh-token' },
    {
      phase: 'api',
      code: '5/1130',
      is: 'refresh-token',
      message:
        'VK binds a token to the IP address that fetched it. All requests to VK must leave by one and the same address.',
    },
    { phase: 'api', code: '5', is: 'refresh-token' },
    { phase: 'api', code: '7', is: 'missing-scope' },
    { phase: 'api', code: '6', is: 'rate-limit', retryAfter: 1 },
    { phase: 'api', code: '9', is: 'rate-limit', retryAfter: 60 },
    { phase: 'api', code: '29', is: 'rate-limit', retryAfter: 3600 },
    {
      phase: 'api',
      code: '14',
      is: 'rate-limit',
      retryAfter: 3600,
      message: 'VK wants a person to solve a captcha; trying again does not help.',
    },
    { phase: 'api', code: '17', is: 'reconnect', message: 'VK wants the person to pass a check in the browser.' },
    { phase: 'api', code: ['1', '10'], is: 'retry' },
    { phase: 'api', code: ['27', '28'], is: 'app-misconfigured' },
  ],
  revocationEnds: 'person',
  options: { apiVersion: '5.199' },
  setup: {
    console: 'https://id.vk.com/about/business/go',
    steps: [
      'Sign in and create a business profile.',
      'Add an app of the type Web: base domain, and the redirect URI as trusted redirect URL.',
      'Copy the app id. The protected key and the service key are not needed: leave VK_CLIENT_SECRET out.',
      'Access rights: switch on e-mail if it is wanted; for the phone number verify the business.',
      'For wall, photos, video or groups write to devsupport@corp.vk.com; without approval a connection cannot post.',
    ],
    redirectUri: 'https, and one of the trusted redirect URLs. http://localhost is said to work on port 80 only.',
    review: 'Scopes for posting are given in exceptional cases, one by one.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'low',
    sources: [
      'id.vk.com: Access token, API description, User info (in Russian); VKCOM/vkid-web-sdk, vkid-android-sdk, vkid-ios-sdk, vk-api-schema',
      'GitHub: gitroomhq/postiz-app (vk), better-auth (vk)',
    ],
    unconfirmed: [
      'That a refresh token lives 180 days',
      'The redirect URI on localhost',
      'The wording of several token errors, and their status: 200 mostly, 400 and 401 are seen',
      'The limit of 50 posts a day',
    ],
  },
});
