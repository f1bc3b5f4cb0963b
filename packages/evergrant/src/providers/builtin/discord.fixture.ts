import type { ErrorSample, ProviderFixture } from '../fixture.ts';

type Headers = NonNullable<ErrorSample['headers']>;

const html: Headers = { 'content-type': 'text/html' };
const limited: Headers = {
  'retry-after': '65',
  'x-ratelimit-limit': '5',
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': '1470173023.123',
  'x-ratelimit-reset-after': '64.57',
  'x-ratelimit-scope': 'user',
};
const tokens = { token_type: 'Bearer', expires_in: 604800 };
const declined = 'The resource owner or authorization server denied the request';

/** From discord/discord-api-docs and the issues named in the definition, as of 2026-11-23. */
export default {
  provider: 'discord',
  callback: {
    granted: { guild_id: '290926798634735725', permissions: '52224' },
    denied: { error: 'access_denied', error_description: declined },
  },
  requests: {
    authorize: {
      url: 'https://discord.com/oauth2/authorize',
      query: {
        permissions: '52224',
        integration_type: '0',
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'identify guilds bot webhook.incoming email',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://discord.com/api/oauth2/token',
      form: { redirect_uri: '{redirectUri}', code: '{code}', grant_type: 'authorization_code' },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
    },
    profile: {
      method: 'GET',
      url: 'https://discord.com/api/v10/users/@me',
      headers: {
        'user-agent': 'DiscordBot (https://www.npmjs.com/package/evergrant, 0.1)',
        authorization: 'Bearer {accessToken}',
      },
    },
    refresh: {
      url: 'https://discord.com/api/oauth2/token',
      form: { refresh_token: '{refreshToken}', grant_type: 'refresh_token' },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
    },
    revoke: [
      {
        url: 'https://discord.com/api/oauth2/token/revoke',
        form: { token: '{refreshToken}', token_type_hint: 'refresh_token' },
        headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
      },
      {
        url: 'https://discord.com/api/oauth2/token/revoke',
        form: { token: '{accessToken}', token_type_hint: 'access_token' },
        headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
      },
    ],
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: {
      ...tokens,
      access_token: 'SAMPLE_AT',
      refresh_token: 'SAMPLE_RT',
      scope: 'identify guilds bot',
      guild: { id: '290926798634735725', name: 'Example Server', icon: null, owner_id: '53908232506183680' },
    },
  },
  refresh: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { ...tokens, access_token: 'SAMPLE_AT2', refresh_token: 'SAMPLE_RT2', scope: 'identify guilds bot' },
  },
  expected: {
    expiresIn: 604800,
    scopes: ['bot', 'guilds', 'identify'],
    refreshToken: true,
    kept: { guild: '290926798634735725', guildName: 'Example Server' },
  },
  variants: [
    {
      note: 'with webhook.incoming a webhook comes with the token',
      exchange: {
        status: 200,
        body: {
          ...tokens,
          access_token: 'SAMPLE_AT',
          refresh_token: 'SAMPLE_RT',
          scope: 'webhook.incoming identify',
          webhook: {
            application_id: '310954232226357250',
            name: 'hook',
            url: 'https://discord.com/api/webhooks/347114750880120863/SAMPLE_HOOK',
            channel_id: '345626669224982402',
            token: 'SAMPLE_HOOK',
            type: 1,
            avatar: null,
            guild_id: '290926798999357250',
            id: '347114750880120863',
          },
        },
      },
      expected: { expiresIn: 604800, scopes: ['webhook.incoming', 'identify'], refreshToken: true },
    },
  ],
  get: {
    'https://discord.com/api/v10/users/@me': {
      id: '80351110224678912',
      username: 'example',
      discriminator: '0',
      global_name: 'Example Person',
      avatar: '8342729096ea3675442027381ff50dfe',
      banner: null,
      locale: 'en-US',
      mfa_enabled: true,
    },
  },
  accounts: [
    {
      id: '290926798634735725',
      type: 'guild',
      name: 'Example Server',
      username: null,
      picture: null,
      url: null,
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'access_denied', error_description: declined },
      is: 'reconnect',
      error: 'consent_denied',
    },
    {
      phase: 'authorize',
      status: 302,
      body: {
        error: 'invalid_scope',
        error_description: 'The requested scope is invalid, unknown, or malformed.',
      },
      is: 'app-misconfigured',
      error: 'scope_unavailable',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Invalid "code" in request.' },
      is: 'reconnect',
      error: 'code_rejected',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_request', error_description: 'Invalid "code" in request.' },
      is: 'reconnect',
      error: 'code_rejected',
      note: 'the older wording',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_request', error_description: 'Invalid "redirect_uri" in request.' },
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    {
      phase: 'exchange',
      status: 400,
      body: { error: 'invalid_request', error_description: 'Missing "code_verifier"' },
      is: 'bad-body',
    },
    {
      phase: 'exchange',
      status: 401,
      body: { error: 'invalid_client' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_grant' },
      is: 'reconnect',
      error: 'reauth_required',
    },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_request', error_description: 'Invalid "refresh_token" in request.' },
      is: 'reconnect',
      error: 'reauth_required',
      note: 'the older wording',
    },
    {
      phase: 'refresh',
      status: 401,
      body: { error: 'invalid_client' },
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    { phase: 'api', status: 401, body: { message: '401: Unauthorized', code: 0 }, is: 'refresh-token' },
    {
      phase: 'api',
      status: 403,
      path: '/api/v10/channels/41771983423143937/messages',
      body: { message: 'Missing Access', code: 50001 },
      is: 'bad-body',
    },
    {
      phase: 'api',
      status: 403,
      path: '/api/v10/guilds/290926798634735725',
      body: { message: 'Missing Access', code: 50001 },
      is: 'reconnect',
    },
    { phase: 'api', status: 403, body: { message: 'Missing Permissions', code: 50013 }, is: 'missing-scope' },
    { phase: 'api', status: 403, body: { message: 'Missing required OAuth2 scope', code: 50026 }, is: 'missing-scope' },
    { phase: 'api', status: 404, body: { message: 'Unknown Webhook', code: 10015 }, is: 'reconnect' },
    { phase: 'api', status: 404, body: { message: 'Unknown Guild', code: 10004 }, is: 'reconnect' },
    { phase: 'api', status: 400, body: { code: 50035, message: 'Invalid Form Body', errors: {} }, is: 'bad-body' },
    {
      phase: 'api',
      status: 429,
      headers: limited,
      body: { message: 'You are being rate limited.', retry_after: 64.57, global: false },
      is: 'rate-limit',
    },
    {
      phase: 'api',
      status: 429,
      headers: html,
      body: '<html><head><title>Access denied | discord.com used Cloudflare</title></head></html>',
      is: 'rate-limit',
      note: 'the address is banned after 10,000 refused calls in 10 minutes',
    },
  ],
} satisfies ProviderFixture;
