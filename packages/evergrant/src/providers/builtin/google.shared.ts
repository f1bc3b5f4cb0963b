import { days, type ErrorRule, oauth2, type Profile, type Refresh, type Scopes } from '../define.ts';

/*
 * What Google does the same for all its products: one authorization server, one grant of a person to a project, one
 * dialect.
 */

/** Google's scopes are URLs. */
export const scope = (name: string): string => `https://www.googleapis.com/auth/${name}`;

export const protocol = oauth2({
  authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
  tokenEndpoint: 'https://oauth2.googleapis.com/token',
  revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
  clientAuthentication: 'client_secret_post',
  pkce: 'S256',
  // Google gives a refresh token only for offline access, and after the first consent only when consent is asked again.
  // include_granted_scopes stays out: a revocation would then end other connections of the person too.
  authorizationParameters: { access_type: 'offline', prompt: 'consent' },
  // Sent while the consent screen is in Testing (7 days) or when the person limited the time.
  tokenResponse: { refreshExpiresIn: 'refresh_token_expires_in' },
  // `openid` brings an ID token, but the person comes from userinfo over TLS.
  idToken: 'ignore',
  // Google names no client here and no hint, only the token.
  revocation: { typeHint: false, authentication: 'anonymous' },
  // The reason is finer than the status; some answers have only one of them.
  errors: {
    code: ['error.errors.0.reason', 'error.details.0.reason', 'error.status', 'error'],
    subcode: 'error_subtype',
    description: ['error.message', 'error_description'],
  },
});

export const scopeFacts: NonNullable<Scopes['facts']> = {
  openid: { permits: 'Know who the person is' },
  // Google takes the short names of these two and reports the long ones.
  profile: { permits: 'Read name and picture of the person', aliases: [scope('userinfo.profile')] },
  email: { permits: 'Read the e-mail address', aliases: [scope('userinfo.email')] },
};

// Answers to a renewal leave the refresh token out: the old one stays good. An exchange without one was not asked rightly,
// e.g. because a setting has replaced the authorization parameters.
export const refresh: Refresh = {
  rotates: 'never',
  reuseRevokes: false,
  required: true,
  idleLimitSeconds: days(182),
};

/** The 101st refresh token of an account and client silently kills the oldest. */
export const consentEnds = { beyond: 100 };

export const profile: Profile = {
  get: 'https://openidconnect.googleapis.com/v1/userinfo',
  map: { id: 'sub', name: 'name', username: null, picture: 'picture', url: null },
};

/** The errors of the token endpoint. */
export const tokenErrors: ErrorRule[] = [
  // A mangled code: Google's codes hold a slash and must be decoded exactly once (sentence of 2026-11-23).
  {
    phase: 'exchange',
    code: 'invalid_grant',
    description: /malformed auth code/i,
    is: 'bad-body',
    error: 'code_rejected',
  },
  { code: 'deleted_client', is: 'app-misconfigured', error: 'provider_app_credentials_invalid' },
  {
    phase: 'refresh',
    code: 'unauthorized_client',
    is: 'app-misconfigured',
    error: 'provider_app_credentials_invalid',
    message:
      'The refresh token belongs to another client id. Set the old client again, or have every account reconnected.',
  },
  {
    phase: 'refresh',
    code: 'invalid_grant/invalid_rapt',
    is: 'reconnect',
    reason: 'expired',
    message: 'The organisation of this Google account asks for a new sign-in from time to time.',
  },
  { phase: 'revoke', code: 'invalid_token', is: 'reconnect' },
];

/** The errors that all APIs share; those of one product come before them. */
export const apiErrors: ErrorRule[] = [
  { phase: 'api', code: ['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'], is: 'missing-scope' },
  {
    phase: 'api',
    code: ['rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED', 'RESOURCE_EXHAUSTED'],
    is: 'rate-limit',
  },
];
