import type { ProviderFixture } from '../fixture.ts';

const scope = 'read:accounts write:statuses write:media';
const json = { 'content-type': 'application/json' };

const deadGrant =
  'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.';
const badScope = 'The requested scope is invalid, unknown, or malformed.';

/** From mastodon/documentation and the server's own texts, as of 2026-11-23. */
export default {
  provider: 'mastodon',
  registration: {
    status: 200,
    headers: json,
    body: {
      id: '563419',
      name: 'Example Connect',
      website: 'https://app.example',
      scopes: ['read:accounts', 'write:statuses', 'write:media'],
      redirect_uri: 'https://app.example/cb',
      redirect_uris: ['https://app.example/cb'],
      client_id: 'SAMPLE_CLIENT_ID',
      client_secret: 'SAMPLE_CLIENT_SECRET',
      client_secret_expires_at: 0,
    },
  },
  callback: {
    denied: {
      error: 'access_denied',
      error_description: 'The resource owner or authorization server denied the request.',
    },
  },
  requests: {
    authorize: {
      url: 'https://social.example/oauth/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'read:accounts write:statuses write:media profile',
        state: '{state}',
        code_challenge: '{challenge}',
        code_challenge_method: 'S256',
      },
    },
    exchange: {
      url: 'https://social.example/oauth/token',
      form: {
        redirect_uri: '{redirectUri}',
        code: '{code}',
        code_verifier: '{verifier}',
        grant_type: 'authorization_code',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    profile: {
      method: 'GET',
      url: 'https://social.example/api/v1/accounts/verify_credentials',
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://social.example/oauth/token',
      form: {
        refresh_token: '{refreshToken}',
        grant_type: 'refresh_token',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    revoke: [
      {
        url: 'https://social.example/oauth/revoke',
        form: { token: '{refreshToken}', client_id: '{clientId}', client_secret: '{clientSecret}' },
      },
      {
        url: 'https://social.example/oauth/revoke',
        form: { token: '{accessToken}', client_id: '{clientId}', client_secret: '{clientSecret}' },
      },
    ],
  },
  exchange: {
    status: 200,
    headers: json,
    body: { access_token: 'SAMPLE_AT', token_type: 'Bearer', scope, created_at: 1573979017 },
  },
  // A fork's: Mastodon itself has no renewal.
  refresh: {
    status: 200,
    headers: json,
    body: {
      access_token: 'SAMPLE_AT2',
      token_type: 'Bearer',
      scope,
      created_at: 1573979017,
      expires_in: 7200,
      refresh_token: 'SAMPLE_RT2',
    },
  },
  expected: { expiresIn: null, scopes: scope.split(' '), refreshToken: false, refreshExpiresIn: null },
  variants: [
    {
      note: 'a fork whose tokens end (unconfirmed)',
      unplayed: true,
      exchange: {
        status: 200,
        body: {
          access_token: 'SAMPLE_AT',
          token_type: 'Bearer',
          scope: 'read write',
          created_at: 1573979017,
          expires_in: 7200,
          refresh_token: 'SAMPLE_RT',
        },
      },
      expected: { expiresIn: 7200, scopes: ['read', 'write'], refreshToken: true },
    },
  ],
  get: {
    'https://{instance}/api/v1/accounts/verify_credentials': {
      id: '14715',
      username: 'example',
      acct: 'example',
      display_name: 'Example Person',
      locked: false,
      bot: false,
      url: 'https://social.example/@example',
      avatar: 'https://files.social.example/a.png',
      avatar_static: 'https://files.social.example/a.png',
      source: { privacy: 'public' },
    },
  },
  accounts: [
    {
      id: 'social.example:14715',
      type: 'profile',
      name: 'Example Person',
      username: 'example@social.example',
      picture: 'https://files.social.example/a.png',
      url: 'https://social.example/@example',
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'register',
      status: 422,
      body: { error: 'Validation failed: Redirect URI must be an absolute URI.' },
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    {
      phase: 'register',
      status: 422,
      body: { error: "Validation failed: Scopes doesn't match configured on the server." },
      is: 'app-misconfigured',
      error: 'scope_unavailable',
      note: 'unconfirmed',
    },
    {
      phase: 'register',
      status: 403,
      body: { error: 'This method requires an authenticated user' },
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
      note: 'unconfirmed: limited federation or blocked',
    },
    {
      phase: 'register',
      status: 404,
      body: '<!DOCTYPE html><title>Not Found</title>',
      is: 'bad-body',
      error: 'instance_unsupported',
      note: 'not a Mastodon-compatible server',
    },
    { phase: 'register', status: 429, body: { error: 'Too many requests' }, is: 'rate-limit' },
    {
      phase: 'authorize',
      status: 302,
      body: {
        error: 'access_denied',
        error_description: 'The resource owner or authorization server denied the request.',
      },
      is: 'reconnect',
      error: 'consent_denied',
    },
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'invalid_scope', error_description: badScope },
      is: 'app-misconfigured',
      error: 'scope_unavailable',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_grant', error_description: deadGrant },
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_scope', error_description: badScope },
      is: 'app-misconfigured',
      error: 'scope_unavailable',
    },
    {
      phase: 'exchange',
      status: 401,
      body: {
        error: 'invalid_client',
        error_description:
          'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
      },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
      note: 'the registered app vanished: it is registered anew for the next flow',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_grant', error_description: deadGrant },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'forks only',
    },
    {
      phase: 'revoke',
      status: 403,
      body: { error: 'unauthorized_client', error_description: 'You are not authorized to revoke this token' },
      is: 'app-misconfigured',
      note: 'the token of another app, or none',
    },
    { phase: 'api', status: 401, body: { error: 'The access token is invalid' }, is: 'reconnect' },
    { phase: 'api', status: 401, body: { error: 'The access token was revoked' }, is: 'reconnect' },
    {
      phase: 'api',
      status: 401,
      body: { error: 'The access token expired' },
      is: 'refresh-token',
      note: 'servers with tokens that end',
    },
    { phase: 'api', status: 403, body: { error: 'This action is outside the authorized scopes' }, is: 'missing-scope' },
    { phase: 'api', status: 403, body: { error: 'Your login is currently disabled' }, is: 'reconnect' },
    { phase: 'api', status: 422, body: { error: "Validation failed: Text can't be blank" }, is: 'bad-body' },
    {
      phase: 'api',
      status: 429,
      headers: {
        'X-RateLimit-Limit': '300',
        'X-RateLimit-Remaining': '0',
        'X-RateLimit-Reset': '2026-01-01T00:05:00.000000Z',
      },
      body: { error: 'Too many requests' },
      is: 'rate-limit',
    },
    {
      phase: 'api',
      status: 503,
      body: { error: 'Remote data could not be fetched' },
      is: 'retry',
      note: 'unconfirmed',
    },
  ],
} satisfies ProviderFixture;
