import type { ErrorSample } from '../fixture.ts';

/** An error as the Graph API sends it. */
export const graphError = (message: string, code: number, subcode?: number) => ({
  error: {
    message,
    type: 'OAuthException',
    code,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    fbtrace_id: 'AbCdEfGhIjKlMnOpQrStUv',
  },
});

const atExchange = (message: string, code: number, subcode?: number) => ({
  phase: 'exchange' as const,
  status: 400,
  body: graphError(message, code, subcode),
});

/** The API's errors; status 400 unless said otherwise. */
export const atApi = (is: ErrorSample['is'], message: string, code: number, subcode?: number): ErrorSample => ({
  phase: 'api',
  status: 400,
  body: graphError(message, code, subcode),
  is,
});

export const invalid = 'Error validating access token:';

export const expired = graphError(`${invalid} Session has expired on Sunday, 01-Nov-26 10:00:00 PST.`, 190, 463);

/** The dialog fails before consent. Its numbers are unconfirmed, the names of the parameters are not. */
export const dialogErrors: ErrorSample[] = [
  {
    phase: 'authorize',
    status: 302,
    body: { error_code: '1349187', error_message: 'Feature unavailable' },
    is: 'app-misconfigured',
    error: 'provider_app_not_allowed',
  },
  {
    phase: 'authorize',
    status: 302,
    body: { error_code: '2', error_message: 'Feature unavailable' },
    is: 'app-misconfigured',
    error: 'provider_app_not_allowed',
    note: 'whatever such a number says at the Graph API',
  },
];

/** At the exchange of a code, in the shape of the Graph API. */
export const codeErrors: ErrorSample[] = [
  {
    ...atExchange('This authorization code has been used.', 100, 36009),
    is: 'reconnect',
    error: 'code_rejected',
  },
  { ...atExchange('This authorization code has expired.', 100, 36007), is: 'reconnect', error: 'code_rejected' },
  {
    ...atExchange(
      'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
      100,
      36008,
    ),
    is: 'app-misconfigured',
    error: 'redirect_uri_mismatch',
  },
  {
    ...atExchange('Invalid verification code format.', 100, 36007),
    is: 'bad-body',
    error: 'code_rejected',
    note: 'a mangled code; the subcode is unconfirmed and is that of an expired one',
  },
  {
    ...atExchange('Error validating client secret.', 1),
    is: 'app-misconfigured',
    error: 'provider_app_credentials_invalid',
  },
  {
    ...atExchange('Error validating application. Invalid application ID.', 101),
    is: 'app-misconfigured',
    error: 'provider_app_credentials_invalid',
  },
];

/** The Graph API's own, whichever product is called: developers.facebook.com/docs/graph-api/guides/error-handling. */
export const graphApiErrors: ErrorSample[] = [
  { phase: 'api', status: 400, body: expired, is: 'reconnect', reason: 'expired' },
  { phase: 'api', status: 401, body: expired, is: 'reconnect', note: '401 is seen too' },
  {
    ...atApi(
      'reconnect',
      `${invalid} The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.`,
      190,
      460,
    ),
    reason: 'password_changed',
  },
  {
    ...atApi('reconnect', `${invalid} The user has not authorized application 1234567890.`, 190, 458),
    reason: 'revoked',
  },
  {
    ...atApi(
      'reconnect',
      `${invalid} You cannot access the app till you log in to www.facebook.com and follow the instructions given.`,
      190,
      459,
    ),
    message: 'follow the instructions there first',
  },
  {
    ...atApi('reconnect', `${invalid} The user is unconfirmed.`, 190, 464),
    message: 'Confirm your account',
    note: 'wording unconfirmed',
  },
  atApi('reconnect', 'Invalid OAuth access token.', 190, 467),
  atApi('reconnect', 'Invalid OAuth access token - Cannot parse access token', 190),
  atApi('reconnect', '(#102) Session key invalid or no longer valid', 102),
  atApi('missing-scope', '(#10) Application does not have permission for this action', 10),
  atApi('app-misconfigured', '(#3) Application does not have the capability to make this API call.', 3),
  atApi('bad-body', '(#100) Invalid parameter', 100),
  atApi('bad-body', '(#100) Unsupported get request. The object does not exist.', 100, 33),
  atApi('app-misconfigured', 'API calls from the server require an appsecret_proof argument', 100),
  { ...atApi('rate-limit', '(#4) Application request limit reached', 4), status: 403 },
  atApi('rate-limit', '(#17) User request limit reached', 17, 2446079),
  atApi('rate-limit', '(#613) Calls to this api have exceeded the rate limit.', 613),
  {
    ...atApi('rate-limit', 'The action attempted has been deemed abusive or is otherwise disallowed', 368),
    retryAfter: 21_600,
  },
  {
    ...atApi('retry', 'An unexpected error has occurred. Please retry your request later.', 2),
    status: 500,
  },
  {
    ...atApi('retry', '(#2) Service temporarily unavailable', 2),
    note: 'github.com/facebook/facebook-python-business-sdk/issues/431',
  },
  { ...atApi('retry', 'An unknown error occurred', 1), status: 500 },
];

/** A refusal at Instagram's and Threads' own login. */
export const denied = {
  error: 'access_denied',
  error_reason: 'user_denied',
  error_description: 'The user denied your request',
};

/** An error of the endpoint for codes at Instagram and Threads. */
export const flatError = (message: string) => ({ error_type: 'OAuthException', code: 400, error_message: message });
