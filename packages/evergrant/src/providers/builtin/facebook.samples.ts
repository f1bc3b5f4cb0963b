import type { ErrorSample, ProviderFixture } from '../fixture.ts';
import { atApi, codeErrors, dialogErrors, expired, graphError, invalid } from './meta.samples.ts';

/* Facebook's login, by which Facebook's pages and Instagram's accounts behind them are reached. */

export const graph = 'https://graph.facebook.com/v26.0';

const tokenEndpoint = `${graph}/oauth/access_token`;

/** Trades a token that lives for one of sixty days. */
const longLived = {
  url: tokenEndpoint,
  form: {
    grant_type: 'fb_exchange_token',
    client_id: '{clientId}',
    client_secret: '{clientSecret}',
    fb_exchange_token: '{accessToken}',
  },
};

/**
 * What Facebook's login is sent.
 *
 * @param scope what the dialog asks for
 */
export const requests = (scope: string): ProviderFixture['requests'] => ({
  authorize: {
    url: 'https://www.facebook.com/v26.0/dialog/oauth',
    query: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope,
      state: '{state}',
      code_challenge: '{challenge}',
      code_challenge_method: 'S256',
    },
  },
  exchange: {
    url: tokenEndpoint,
    form: {
      redirect_uri: '{redirectUri}',
      code: '{code}',
      code_verifier: '{verifier}',
      grant_type: 'authorization_code',
      client_id: '{clientId}',
      client_secret: '{clientSecret}',
    },
  },
  upgrade: longLived,
  profile: {
    method: 'GET',
    url: `${graph}/me/permissions`,
    headers: { authorization: 'Bearer {accessToken}' },
  },
  refresh: longLived,
  revoke: [
    {
      method: 'DELETE',
      url: `${graph}/me/permissions`,
      headers: { authorization: 'Bearer {accessToken}' },
    },
  ],
});

/** The callback after a refusal at Facebook's login. */
export const denied = {
  error: 'access_denied',
  error_code: '200',
  error_description: 'Permissions error',
  error_reason: 'user_denied',
};

/** The answers of Facebook's token endpoint, and what must come out of them. */
export const tokenAnswers = {
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
} satisfies Partial<ProviderFixture>;

/**
 * Who consented, and to what.
 *
 * @param declined what the person unticked
 */
export const person = (declined: string) => ({
  [`${graph}/me/permissions`]: {
    data: [
      { permission: 'pages_show_list', status: 'granted' },
      { permission: declined, status: 'declined' },
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
});

/** Facebook's login from the dialog to the revocation. */
export const loginErrors: ErrorSample[] = [
  {
    phase: 'authorize',
    status: 302,
    body: denied,
    is: 'reconnect',
    error: 'consent_denied',
  },
  ...dialogErrors,
  ...codeErrors,
  {
    phase: 'refresh',
    status: 400,
    body: expired,
    is: 'reconnect',
    error: 'reauth_required',
    reason: 'expired',
  },
  {
    phase: 'refresh',
    status: 400,
    body: graphError('Error validating client secret.', 1),
    is: 'app-misconfigured',
    error: 'provider_app_credentials_invalid',
  },
  { phase: 'refresh', status: 500, body: graphError('An unknown error occurred', 1), is: 'retry' },
  {
    phase: 'revoke',
    status: 400,
    body: graphError(`${invalid} The user has not authorized application 1234567890.`, 190, 458),
    is: 'reconnect',
    note: 'nothing is left to revoke',
  },
];

/** Of pages. */
export const pageErrors: ErrorSample[] = [
  atApi('missing-scope', '(#200) Requires pages_manage_posts permission to manage the object', 200),
  {
    ...atApi('missing-scope', '(#200) Requires pages_manage_posts permission to manage the object', 200),
    status: 403,
  },
  { ...atApi('rate-limit', '(#32) Page request limit reached', 32), status: 403 },
  {
    ...atApi('rate-limit', 'There have been too many calls to this Page account. Wait a bit and try again.', 80001),
    headers: {
      'x-business-use-case-usage':
        '{"109876543210":[{"type":"pages","call_count":95,"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":19}]}',
    },
    retryAfter: 1140,
  },
  {
    ...atApi(
      'reconnect',
      `${invalid} The user must be an administrator, editor, or moderator of the page in order to impersonate it.`,
      190,
      492,
    ),
    affects: 'account',
  },
];
