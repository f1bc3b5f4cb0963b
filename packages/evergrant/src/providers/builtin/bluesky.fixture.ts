import type { ErrorSample, ProviderFixture } from '../fixture.ts';

const did = 'did:plc:abc123';
const pds = 'https://pds.example.com';
const issuer = 'https://bsky.social';
const scopes = ['atproto', 'transition:generic'];

const tokens = (accessToken: string, refreshToken: string) => ({
  access_token: accessToken,
  token_type: 'DPoP',
  refresh_token: refreshToken,
  scope: scopes.join(' '),
  expires_in: 3599,
  sub: did,
});

/** A refused pushed request, with the `iss` that a refusing callback would carry. */
const pushed = (
  status: number,
  code: string,
  description: string,
  is: ErrorSample['is'],
  error: string,
): ErrorSample => ({
  phase: 'authorize',
  status,
  body: { iss: issuer, error: code, error_description: description },
  is,
  error,
});

/** A normal step; an error is only the second one in a row. */
const nonceMissing = (phase: 'exchange' | 'refresh'): ErrorSample => ({
  phase,
  status: 400,
  headers: { 'dpop-nonce': 'SAMPLE_NONCE' },
  body: { error: 'use_dpop_nonce', error_description: 'Authorization server requires nonce in DPoP proof' },
  is: 'retry',
  error: 'dpop_rejected',
});

const dead = (phase: 'exchange' | 'refresh', description: string): ErrorSample => ({
  phase,
  status: 400,
  body: { error: 'invalid_grant', error_description: description },
  is: 'reconnect',
  error: phase === 'exchange' ? 'code_rejected' : 'reauth_required',
});

const api = (
  status: number,
  error: string,
  message: string,
  is: ErrorSample['is'],
  headers?: Record<string, string>,
): ErrorSample => ({
  phase: 'api',
  status,
  body: { error, message },
  is,
  ...(headers ? { headers } : {}),
});

/** From the specification, the source of the reference server and its documentation, as of 2026-11-23. */
export default {
  provider: 'bluesky',
  instance: 'alice.example.com',
  pushed: {
    status: 201,
    headers: { 'dpop-nonce': 'SAMPLE_NONCE1' },
    body: { request_uri: 'urn:ietf:params:oauth:request_uri:req-0123456789abcdef', expires_in: 299 },
  },
  callback: {
    granted: { iss: issuer },
    denied: { iss: issuer, error: 'access_denied', error_description: 'The resource owner denied the request' },
  },
  exchange: { status: 200, headers: { 'dpop-nonce': 'SAMPLE_NONCE2' }, body: tokens('SAMPLE.AT', 'ref-SAMPLE') },
  refresh: { status: 200, headers: { 'dpop-nonce': 'SAMPLE_NONCE3' }, body: tokens('SAMPLE.AT2', 'ref-SAMPLE2') },
  expected: { expiresIn: 3599, scopes, refreshToken: true, refreshExpiresIn: null },
  get: {
    'https://alice.example.com/.well-known/atproto-did': did,
    [`https://plc.directory/${did}`]: {
      id: did,
      alsoKnownAs: ['at://alice.example.com'],
      service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pds }],
    },
    [`${pds}/.well-known/oauth-protected-resource`]: { resource: pds, authorization_servers: [issuer] },
    [`${issuer}/.well-known/oauth-authorization-server`]: {
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      token_endpoint: `${issuer}/oauth/token`,
      pushed_authorization_request_endpoint: `${issuer}/oauth/par`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      require_pushed_authorization_requests: true,
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
      dpop_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      scopes_supported: ['atproto', 'transition:email', 'transition:generic', 'transition:chat.bsky'],
    },
    [`https://public.api.bsky.app/xrpc/app.bsky.actor.getProfile?actor=${encodeURIComponent(did)}`]: {
      did,
      handle: 'alice.example.com',
      displayName: 'Alice',
      avatar: `https://cdn.bsky.app/img/avatar/plain/${did}/bafkrei@jpeg`,
    },
  },
  accounts: [
    {
      id: did,
      type: 'profile',
      name: 'Alice',
      username: 'alice.example.com',
      picture: `https://cdn.bsky.app/img/avatar/plain/${did}/bafkrei@jpeg`,
      url: `https://bsky.app/profile/${did}`,
      ownToken: false,
    },
  ],
  grantedScopes: scopes,
  errors: [
    pushed(400, 'access_denied', 'The resource owner denied the request', 'reconnect', 'consent_denied'),
    {
      ...pushed(
        400,
        'invalid_client_metadata',
        'Unable to obtain client metadata',
        'app-misconfigured',
        'provider_app_not_allowed',
      ),
      message: 'PUBLIC_URL must be reachable',
    },
    pushed(400, 'invalid_redirect_uri', 'Invalid redirect_uri', 'app-misconfigured', 'redirect_uri_mismatch'),
    pushed(400, 'invalid_scope', 'Scope "x" is not declared', 'app-misconfigured', 'scope_unavailable'),
    pushed(
      400,
      'invalid_client',
      'Failed to validate client_assertion',
      'app-misconfigured',
      'provider_app_credentials_invalid',
    ),
    pushed(401, 'invalid_dpop_proof', 'DPoP "iat" check failed', 'retry', 'dpop_rejected'),
    nonceMissing('exchange'),
    dead('exchange', 'Invalid code'),
    dead('exchange', 'This code has expired'),
    dead('exchange', 'Invalid code_verifier'),
    {
      ...dead('exchange', 'The redirect_uri parameter must match the one used in the authorization request'),
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    nonceMissing('refresh'),
    { ...dead('refresh', 'Refresh token replayed'), reason: 'lost_rotation' },
    { ...dead('refresh', 'Session expired'), reason: 'expired' },
    { ...dead('refresh', 'Refresh token expired'), reason: 'expired' },
    dead('refresh', 'Invalid refresh token'),
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_client', error_description: 'The client authentication method changed' },
      is: 'app-misconfigured',
      note: 'the server may have ended the session already',
    },
    {
      phase: 'refresh',
      status: 400,
      body: {
        error: 'invalid_client_metadata',
        error_description: 'Unable to obtain client metadata for "https://app.example/client-metadata.json"',
      },
      is: 'app-misconfigured',
      note: "the reference server's source: it reads the document at every request for tokens",
    },
    api(401, 'use_dpop_nonce', 'Resource server requires nonce in DPoP proof', 'retry', {
      'www-authenticate': 'DPoP error="use_dpop_nonce"',
      'dpop-nonce': 'SAMPLE_NONCE',
    }),
    {
      ...api(401, 'invalid_dpop_proof', 'DPoP "iat" check failed', 'retry', {
        'www-authenticate': 'DPoP error="invalid_dpop_proof", error_description="DPoP \\"iat\\" check failed"',
      }),
      error: 'dpop_rejected',
    },
    api(401, 'invalid_token', '"exp" claim timestamp check failed', 'refresh-token', {
      'www-authenticate': 'DPoP error="invalid_token"',
    }),
    // Unconfirmed.
    api(400, 'ExpiredToken', 'Token has expired', 'refresh-token'),
    api(403, 'ScopeMissingError', 'Missing required scope "repo:app.bsky.feed.post?action=create"', 'missing-scope'),
    api(400, 'AccountTakedown', 'Account has been taken down', 'reconnect'),
    // The reference server's source.
    api(401, 'AccountTakedown', 'Account has been taken down', 'reconnect'),
    api(401, 'AccountDeactivated', 'Account is deactivated', 'reconnect'),
    api(502, 'UpstreamFailure', 'Upstream service unreachable', 'retry'),
    // Confirmed again.
    api(400, 'InvalidRequest', 'Profile not found', 'bad-body'),
    api(429, 'RateLimitExceeded', 'Rate Limit Exceeded', 'rate-limit', {
      'ratelimit-limit': '3000',
      'ratelimit-remaining': '0',
      'ratelimit-policy': '3000;w=300',
    }),
  ],
} satisfies ProviderFixture;
