/**
 * The one catalogue of errors. From this table come the problem documents (RFC 9457), the error pages,
 * the OpenAPI schema and docs/errors.md. A code once published never changes its meaning.
 */

/** Who must act: `user` reconnects or chooses differently, `operator` owns the app credentials and runs the service, `developer` wrote the calling code, `provider` means nobody (wait), `service` is our own bug or outage. */
export type Actor = 'user' | 'operator' | 'developer' | 'provider' | 'service';

export interface CatalogueEntry {
  /** HTTP status of the problem document and of the page that shows it. */
  status: number;
  actor: Actor;
  /** Whether the same request may succeed later without anybody changing anything. */
  retryable: boolean;
  /** Fixed per code (RFC 9457 section 3.1.3). */
  title: string;
  /** What happened and why, in plain words for a person. */
  what: string;
  /** What the actor does about it. */
  cure: string;
}

const entry = (
  status: number,
  actor: Actor,
  retryable: boolean,
  title: string,
  what: string,
  cure: string,
): CatalogueEntry => ({ status, actor, retryable, title, what, cure });

export const catalogue = {
  // A person connects an account.
  flow_not_found: entry(
    404,
    'user',
    false,
    'This link is not known',
    'The link or the answer from the platform does not belong to any connection attempt we know.',
    'Go back to the application and start again.',
  ),
  flow_expired: entry(
    410,
    'user',
    false,
    'This attempt has expired',
    'A connection attempt lasts ten minutes, and this one took longer.',
    'Go back to the application and start again.',
  ),
  flow_already_used: entry(
    409,
    'user',
    false,
    'This attempt is already finished',
    'Each connection attempt works once, and this one has been used.',
    'If the account is not connected, go back to the application and start again.',
  ),
  flow_browser_mismatch: entry(
    403,
    'user',
    false,
    'This attempt began in another browser',
    'For your safety an attempt can be finished only in the browser in which it began.',
    'Finish it there, or start again in this browser.',
  ),
  callback_malformed: entry(
    400,
    'provider',
    false,
    'The answer from the platform is incomplete',
    'The platform sent you back without the parameters that an authorization answer must have, or sent one of them twice.',
    'Start again. If it happens every time, tell whoever runs this service.',
  ),
  issuer_mismatch: entry(
    400,
    'service',
    false,
    'The answer came from the wrong place',
    'The answer names another authorization server than the one you were sent to, so nothing was exchanged.',
    'Do not repeat it. Tell whoever runs this service: it may be an attack or a wrong setting.',
  ),
  consent_denied: entry(
    403,
    'user',
    false,
    'You did not give access',
    'The platform reports that access was cancelled or declined. Nothing was stored.',
    'Start again if that was not what you wanted.',
  ),
  login_required_at_provider: entry(
    403,
    'user',
    false,
    'You must sign in at the platform',
    'The platform wants you to sign in or to confirm access yourself.',
    'Sign in at the platform, then start again.',
  ),
  return_url_not_allowed: entry(
    400,
    'developer',
    false,
    'The return address is not allowed',
    'A flow may return only to an origin on the allow-list, or to this service.',
    'Add the exact origin to RETURN_URLS, or pass another return_to.',
  ),
  scope_not_allowed: entry(
    400,
    'developer',
    false,
    'A scope is not allowed',
    'A caller may narrow the configured scopes, never widen them.',
    "Ask for fewer scopes, or add the scope to the provider's configuration.",
  ),
  scope_insufficient: entry(
    409,
    'user',
    false,
    'Some permissions are missing',
    'The account is connected, but not every permission that the application needs was given.',
    'Reconnect and leave every permission ticked.',
  ),
  account_mismatch: entry(
    409,
    'user',
    false,
    'That is another account',
    'You were reconnecting one account but signed in at the platform with another. Nothing was changed.',
    'Sign out at the platform, then reconnect with the account shown in the application.',
  ),
  account_already_connected: entry(
    409,
    'user',
    false,
    'This account is already connected',
    'The account is connected already and may not be connected a second time.',
    'Use the existing connection.',
  ),
  account_type_unsupported: entry(
    422,
    'user',
    false,
    'This kind of account does not work here',
    'You signed in, but there is no account of the kind that this platform needs, such as a page or a channel.',
    'Create one at the platform or sign in with another account, and give access to it.',
  ),
  instance_not_found: entry(
    422,
    'user',
    false,
    'That account or server cannot be found',
    'Nothing answers to the handle, account or server that was named.',
    'Check the name for typing mistakes, then start again.',
  ),
  instance_unsupported: entry(
    422,
    'user',
    false,
    'That server cannot be used',
    'The server that was named is none of this platform, or does not let applications register.',
    'Check the name of the server for typing mistakes, then start again.',
  ),
  account_selection_required: entry(
    409,
    'user',
    false,
    'Choose an account',
    'You have access to several accounts and have not chosen yet.',
    'Choose the accounts to connect.',
  ),

  // The code exchange, and what only the operator can mend.
  code_rejected: entry(
    400,
    'user',
    false,
    'The platform refused to finish',
    'The platform did not accept its own authorization code: it was used already, took too long, or was issued for another request.',
    'Start again.',
  ),
  provider_app_credentials_invalid: entry(
    502,
    'operator',
    false,
    'The platform does not accept this service',
    "The platform refused the client id or client secret of this service's app. Your account is not at fault.",
    "Check the client id and secret of the app in the platform's console and in the settings.",
  ),
  provider_app_not_allowed: entry(
    502,
    'operator',
    false,
    'The app may not do this',
    "The platform says that this service's app is not allowed to do this: it may be in review, blocked, or lack a product.",
    "Check the state of the app in the platform's console.",
  ),
  redirect_uri_mismatch: entry(
    502,
    'operator',
    false,
    'The redirect address is not registered',
    'The platform does not know the address to which it should send you back.',
    "Register exactly this redirect URI in the platform's console.",
  ),
  scope_unavailable: entry(
    502,
    'operator',
    false,
    'The app may not ask for these permissions',
    'The platform refused one of the permissions that this service asks for.',
    'Remove the scope from the settings, or have the app approved for it.',
  ),
  provider_not_configured: entry(
    404,
    'operator',
    false,
    'This platform is not set up',
    'The platform is known, but this service has no client id for it.',
    'Register an app at the platform and set its client id and secret.',
  ),
  provider_unknown: entry(
    404,
    'developer',
    false,
    'There is no such platform',
    'No platform of that name is known to this service.',
    'Use an id from GET /v1/providers.',
  ),

  // Reading and renewing tokens.
  connection_not_found: entry(
    404,
    'developer',
    false,
    'There is no such connection',
    'The connection does not exist, was disconnected, or belongs to someone else.',
    'Check the id.',
  ),
  connection_pending: entry(
    409,
    'user',
    false,
    'The connection is not finished',
    'An account must still be chosen.',
    'Finish the flow, then try again.',
  ),
  connection_disabled: entry(
    409,
    'operator',
    false,
    'The connection is switched off',
    'Somebody switched this connection off.',
    'Switch it on again.',
  ),
  reauth_required: entry(
    409,
    'user',
    false,
    'The account must be reconnected',
    'The platform no longer accepts what was granted: access was withdrawn, expired, or replaced.',
    'Send the person to reconnect_url.',
  ),
  token_expired_not_renewable: entry(
    409,
    'user',
    false,
    'The access has ended',
    'The token ran out, and the platform gave nothing to renew it with.',
    'Send the person to reconnect_url.',
  ),
  min_validity_unsatisfiable: entry(
    422,
    'developer',
    false,
    'No token lives that long',
    'The validity asked for is longer than the whole life of a token of this platform.',
    'Ask for a smaller min_valid.',
  ),
  refresh_in_progress: entry(
    503,
    'service',
    true,
    'The token is just being renewed',
    'Another process is renewing this token and has not finished.',
    'Try again in a few seconds.',
  ),
  refresh_cooling_down: entry(
    503,
    'provider',
    true,
    'Renewal waits after a failure',
    'The last renewal failed, and the next try is not due yet.',
    'Try again after retry_after seconds.',
  ),
  provider_rate_limited: entry(
    503,
    'provider',
    true,
    'The platform asks us to slow down',
    "The platform's rate limit is reached.",
    'Try again after retry_after seconds.',
  ),
  provider_unavailable: entry(
    503,
    'provider',
    true,
    'The platform does not answer',
    'The platform could not be reached or reported a failure of its own.',
    'Nothing needs to be done: it is tried again by itself.',
  ),
  provider_timeout: entry(
    504,
    'provider',
    true,
    'The platform took too long',
    'The platform did not answer in time.',
    'Nothing needs to be done: it is tried again by itself.',
  ),
  provider_bad_response: entry(
    502,
    'service',
    false,
    "The platform's answer makes no sense",
    'The platform sent something that this service cannot read.',
    'Tell whoever runs this service; the definition of this platform may need a change.',
  ),
  token_not_exportable: entry(
    409,
    'developer',
    false,
    'This token cannot be handed out',
    'The token is bound to a key that stays here, so it would be worth nothing elsewhere.',
    'Make the call through this service, which signs it.',
  ),
  dpop_rejected: entry(
    502,
    'service',
    true,
    'The platform refused the proof of possession',
    'The DPoP proof of this request was refused.',
    'Try once more; if it stays, check the clock of the server.',
  ),
  revocation_unconfirmed: entry(
    200,
    'provider',
    false,
    'Disconnected; the platform has not confirmed yet',
    'The account is disconnected here, but the platform has not confirmed that the token is revoked.',
    'Nothing needs to be done: it is tried again in the background.',
  ),

  // Our own API.
  unauthenticated: entry(
    401,
    'developer',
    false,
    'The API key is missing or wrong',
    'The request carries no valid API key in its Authorization header.',
    'Send Authorization: Bearer eg_… with a key that exists.',
  ),
  permission_denied: entry(
    403,
    'developer',
    false,
    'The API key may not do this',
    'The key lacks the permission for this call.',
    'Use a key with the permission named in detail.',
  ),
  invalid_request: entry(
    400,
    'developer',
    false,
    'The request is not valid',
    'A field is missing, unknown or has a wrong value.',
    'See errors for the fields.',
  ),
  not_found: entry(
    404,
    'developer',
    false,
    'There is nothing here',
    'No route of this service has that address.',
    'See /openapi.json for the routes.',
  ),
  unsupported_media_type: entry(
    415,
    'developer',
    false,
    'The content type is not supported',
    'This route reads application/json only.',
    'Send Content-Type: application/json.',
  ),
  method_not_allowed: entry(
    405,
    'developer',
    false,
    'The method is not allowed',
    'The route exists, but not with this method.',
    'Use a method from the Allow header.',
  ),
  payload_too_large: entry(
    413,
    'developer',
    false,
    'The request is too large',
    'The body is larger than this route accepts.',
    'Send less.',
  ),
  conflict: entry(
    409,
    'developer',
    false,
    'The request conflicts with the present state',
    'Something changed in the meantime.',
    'Read again, then decide.',
  ),
  rate_limited: entry(
    429,
    'developer',
    true,
    'Too many requests',
    "This service's own limit is reached.",
    'Try again after retry_after seconds.',
  ),
  target_not_allowed: entry(
    422,
    'developer',
    false,
    'The target is not allowed',
    'The address lies in a private network or is not one that this provider declares.',
    'Use a public address, or name the target in the configuration.',
  ),

  // Ourselves.
  storage_unavailable: entry(
    503,
    'operator',
    true,
    'The database does not answer',
    'The database cannot be reached or written. Nothing was sent to the platform.',
    'Check the database and its disk.',
  ),
  storage_key_unavailable: entry(
    503,
    'operator',
    false,
    'The encryption key does not fit',
    'What is stored was sealed with a key that this process does not have.',
    'Set ENCRYPTION_KEYS to the keys with which it was sealed.',
  ),
  engine_stalled: entry(
    503,
    'operator',
    true,
    'Renewals stand still in this process',
    'The loop that renews tokens ahead of time has not come round for a minute, or Temporal or its workers do not answer. Tokens that are read are still renewed, unless only certain workers may.',
    'Look into the log for the reason; `evergrant doctor` looks at Temporal and its workers. A loop that stands still wants the process restarted.',
  ),
  definition_invalid: entry(
    500,
    'developer',
    false,
    'The provider definition is wrong',
    'The definition of this provider does something that it may not.',
    'Mend the definition; the log names the fault.',
  ),
  internal: entry(
    500,
    'service',
    false,
    'Something went wrong here',
    'This service failed in a way that it did not expect.',
    'Tell whoever runs this service, with the request id.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

export const errorCodes = Object.keys(catalogue) as ErrorCode[];

/** Reasons of the code `reauth_required`, as shown on a connection. */
export type ReauthReason =
  | 'revoked_or_expired'
  | 'revoked'
  | 'expired'
  | 'password_changed'
  | 'scope_removed'
  | 'lost_rotation';
