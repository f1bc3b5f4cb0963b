import { days, defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'pinterest',
  name: 'Pinterest',
  protocol: oauth2({
    authorizationEndpoint: 'https://www.pinterest.com/oauth/',
    tokenEndpoint: 'https://api.pinterest.com/v5/oauth/token',
    revocationEndpoint: 'https://api.pinterest.com/v5/oauth/token/revoke',
    // Basic only, and documented as base64(client_id:client_secret), without the form-encoding of the standard.
    clientAuthentication: 'client_secret_basic_raw',
    // Not documented at all.
    pkce: 'none',
    // Apps made before 25 September 2025 get a refresh token that renews itself only when they ask; others ignore it.
    exchange: { parameters: { continuous_refresh: 'true' } },
    tokenResponse: { refreshExpiresIn: 'refresh_token_expires_in' },
    // Specified for tokens of system users alone, so that a refusal is expected; see the rules.
    revocation: { typeHint: false },
    errors: { code: ['code', 'error'], description: ['message', 'error_description'] },
  }),
  scopes: {
    required: ['boards:read', 'boards:write', 'pins:read', 'pins:write', 'user_accounts:read'],
    optional: ['boards:read_secret', 'boards:write_secret', 'pins:read_secret', 'pins:write_secret'],
    // Asked with commas, answered with spaces. The answer may list what the person ever gave to this app.
    separator: ',',
    reported: 'space-or-comma',
    facts: {
      'user_accounts:read': { permits: 'Read the profile' },
      'boards:read': { permits: 'List boards' },
      'boards:write': { permits: 'Create boards' },
      'pins:read': { permits: 'Read pins and their statistics' },
      'pins:write': { permits: 'Create pins' },
      'boards:read_secret': { permits: 'List secret boards' },
      'boards:write_secret': { permits: 'Create secret boards' },
      'pins:read_secret': { permits: 'Read pins on secret boards' },
      'pins:write_secret': { permits: 'Create pins on secret boards' },
    },
  },
  // Each renewal gives another refresh token with another 60 days; whoever keeps the old one loses the account after 60.
  refresh: { rotates: 'always', lifetime: { sliding: days(60) } },
  profile: {
    get: 'https://api.pinterest.com/v5/user_account',
    map: (me) => ({
      // Older versions of the API leave the id out.
      id: me.id ?? me.username,
      name: me.business_name || me.username || null,
      username: me.username ?? null,
      picture: me.profile_image ?? null,
    }),
  },
  api: {
    baseUrl: 'https://api.pinterest.com/v5',
    // Unconfirmed. More than a day is a time of some clock and no number of seconds.
    rateLimitReset: (headers) => {
      const seconds = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
      return seconds >= 0 && seconds <= days(1) ? seconds : null;
    },
  },
  // The status comes first: the same code means one thing with 404 and another with 429.
  handleErrors: [
    {
      phase: ['exchange', 'refresh'],
      status: 401,
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    // 283 in an old sample, unconfirmed: at the token endpoint any code under 400 but 1, which is a wrong parameter, is a
    // dead code or refresh token.
    { phase: ['exchange', 'refresh'], status: 400, code: '2-999999', is: 'reconnect' },
    // "Not a system user's token": it is left to the person to remove the app, and asking again would not change that.
    { phase: 'revoke', status: [401, 403], code: ['2', '29'], is: 'reconnect' },
    { phase: 'api', status: 404, is: 'bad-body' },
    // Of those with 401 only code 2 is a dead token: renewing for the others would go round in circles.
    { phase: 'api', status: [401, 403], code: '3', is: 'missing-scope' },
    { phase: 'api', status: [401, 403], code: '7', is: 'bad-body' },
    {
      phase: 'api',
      status: [401, 403],
      code: '29',
      is: 'app-misconfigured',
      message: 'Pinterest does not permit this: the app has Trial access, or the board or feature is not open to it.',
    },
    {
      phase: 'api',
      status: [401, 403],
      code: ['2625', '2626'],
      is: 'bad-body',
      message: 'Pinterest has blocked this account, or is reviewing it.',
    },
    // Many answers repeat the status as their code.
    { phase: 'api', status: [401, 403], code: '403', is: 'missing-scope' },
    { phase: 'api', status: 400, is: 'bad-body' },
  ],
  setup: {
    console: 'https://developers.pinterest.com/apps',
    steps: [
      'Have a business account. Connect app: name, purpose, privacy policy. Wait for Trial access.',
      'Configure: enter the redirect URI under Redirect links, press Add, then Save.',
      'Copy App id and App secret key.',
      'Ask for Standard access, with a video of the login and of a pin being made.',
    ],
    redirectUri: 'Exact, with the final slash as registered. https; http://localhost with a port works.',
    review: 'With Trial access pins are seen by their creator only, and the app has 1,000 requests a day.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'developers.pinterest.com/docs: Authentication, Rate limits, Access tiers; pinterest/api-description (OpenAPI 5.23.0), pinterest/api-quickstart',
      'GitHub: gitroomhq/postiz-app (pinterest), NangoHQ/nango (pinterest)',
    ],
    unconfirmed: [
      'The callback after a refusal',
      'The code of a dead code or refresh token: any 400 of the token endpoint counts, but for code 1',
      'The headers of rate limits',
      'That revoking works for tokens of people',
    ],
  },
});
