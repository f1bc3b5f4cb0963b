import type { Phase } from '../define.ts';
import type { ProviderFixture } from '../fixture.ts';

const scope = 'channels:read,chat:write,users:read';
const scopes = scope.split(',');
const app = { app_id: 'A111', enterprise: null, is_enterprise_install: false };
const team = { name: 'Example Workspace', id: 'T111' };
const bot = { token_type: 'bot', bot_user_id: 'UB111' };
const json = { 'content-type': 'application/json; charset=utf-8' };

/** Every error has status 200. */
const failed = (phase: Phase, code: string, more: object = {}) => ({
  phase,
  status: 200,
  body: { ok: false, error: code, ...more },
});

const rotating = {
  ok: true,
  ...app,
  access_token: 'SAMPLE_BOT_AT',
  refresh_token: 'SAMPLE_BOT_RT',
  expires_in: 43200,
  ...bot,
  scope,
  team,
  authed_user: {
    id: 'U111',
    scope: 'search:read',
    access_token: 'SAMPLE_PERSON_AT',
    refresh_token: 'SAMPLE_PERSON_RT',
    expires_in: 43200,
    token_type: 'user',
  },
};

/** From docs.slack.dev and the tests of Slack's SDKs, as of 2026-11-23. */
export default {
  provider: 'slack',
  callback: { denied: { error: 'access_denied' } },
  requests: {
    authorize: {
      url: 'https://slack.com/oauth/v2/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope:
          'chat:write,channels:read,users:read,groups:read,channels:join,chat:write.public,chat:write.customize,incoming-webhook',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://slack.com/api/oauth.v2.access',
      form: { redirect_uri: '{redirectUri}', code: '{code}', grant_type: 'authorization_code' },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
    },
    profile: {
      method: 'GET',
      url: 'https://slack.com/api/users.info',
      query: { user: 'UB111' },
      headers: { authorization: 'Bearer {accessToken}' },
    },
    refresh: {
      url: 'https://slack.com/api/oauth.v2.access',
      form: { refresh_token: '{refreshToken}', grant_type: 'refresh_token' },
      headers: { authorization: 'Basic {clientId}:{clientSecret} as they are' },
    },
    revoke: [{ url: 'https://slack.com/api/auth.revoke', headers: { authorization: 'Bearer {accessToken}' } }],
  },
  exchange: {
    status: 200,
    headers: json,
    body: { ok: true, ...app, access_token: 'SAMPLE_BOT_AT', ...bot, scope, team, authed_user: { id: 'U111' } },
  },
  refresh: {
    status: 200,
    headers: json,
    body: {
      ok: true,
      ...app,
      access_token: 'SAMPLE_BOT_AT2',
      refresh_token: 'SAMPLE_BOT_RT2',
      expires_in: 43200,
      ...bot,
      scope,
      team,
    },
  },
  expected: {
    expiresIn: null,
    scopes,
    refreshToken: false,
    kept: { team: 'T111', teamName: 'Example Workspace', user: 'UB111' },
  },
  variants: [
    {
      note: 'with token rotation; the bot and the person have a pair each',
      exchange: { status: 200, headers: json, body: rotating },
      expected: { expiresIn: 43200, scopes, refreshToken: true },
    },
    {
      note: 'with user scopes beside: the bot counts',
      exchange: {
        status: 200,
        body: {
          ok: true,
          ...app,
          access_token: 'SAMPLE_BOT_AT',
          ...bot,
          scope: 'chat:write',
          team,
          authed_user: { id: 'U111', scope: 'chat:write', access_token: 'SAMPLE_PERSON_AT', token_type: 'user' },
        },
      },
      expected: { expiresIn: null, scopes: ['chat:write'], refreshToken: false },
    },
    {
      note: 'user scopes only: no token at the top',
      exchange: {
        status: 200,
        body: {
          ok: true,
          ...app,
          authed_user: { id: 'U111', scope: 'chat:write', access_token: 'SAMPLE_PERSON_AT', token_type: 'user' },
          team: { id: 'T111' },
        },
      },
      expected: { expiresIn: null, scopes: ['chat:write'], refreshToken: false },
    },
    {
      note: 'user scopes only, with token rotation',
      exchange: {
        status: 200,
        body: { ok: true, ...app, authed_user: rotating.authed_user, team: { id: 'T111' } },
      },
      expected: { expiresIn: 43200, scopes: ['search:read'], refreshToken: true },
    },
    {
      note: 'a renewed token of a person comes at the top',
      exchange: {
        status: 200,
        body: {
          ok: true,
          access_token: 'SAMPLE_PERSON_AT2',
          refresh_token: 'SAMPLE_PERSON_RT2',
          expires_in: 43199,
          token_type: 'user',
          scope: 'search:read',
          team: { id: 'T111' },
        },
      },
      expected: { expiresIn: 43199, scopes: ['search:read'], refreshToken: true },
    },
    {
      note: 'an installation for a whole organisation has no team',
      exchange: {
        status: 200,
        body: {
          ok: true,
          app_id: 'A111',
          access_token: 'SAMPLE_BOT_AT',
          ...bot,
          scope,
          team: null,
          enterprise: { id: 'E111', name: 'Example Org' },
          is_enterprise_install: true,
          authed_user: { id: 'U111' },
        },
      },
      expected: { expiresIn: null, scopes, refreshToken: false },
    },
  ],
  get: {
    'https://slack.com/api/users.info': {
      ok: true,
      user: {
        id: 'UB111',
        team_id: 'T111',
        name: 'examplebot',
        real_name: 'Example Bot',
        is_bot: true,
        profile: {
          real_name: 'Example Bot',
          display_name: '',
          image_512: 'https://avatars.slack-edge.com/x_512.png',
          image_original: 'https://avatars.slack-edge.com/x_original.png',
        },
      },
    },
    'https://slack.com/api/auth.test': {
      ok: true,
      url: 'https://example.slack.com/',
      team: 'Example Workspace',
      user: 'examplebot',
      team_id: 'T111',
      user_id: 'UB111',
      bot_id: 'B111',
      is_enterprise_install: false,
    },
  },
  accounts: [
    {
      id: 'T111',
      type: 'workspace',
      name: 'Example Workspace',
      username: 'examplebot',
      picture: 'https://avatars.slack-edge.com/x_original.png',
      ownToken: false,
    },
  ],
  errors: [
    { phase: 'authorize', status: 302, body: { error: 'access_denied' }, is: 'reconnect', error: 'consent_denied' },
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'invalid_scope' },
      is: 'app-misconfigured',
      error: 'scope_unavailable',
      note: 'unconfirmed; also shown as a page',
    },
    { ...failed('exchange', 'invalid_code'), is: 'reconnect', error: 'code_rejected' },
    { ...failed('exchange', 'code_already_used'), is: 'reconnect', error: 'code_rejected' },
    { ...failed('exchange', 'bad_redirect_uri'), is: 'app-misconfigured', error: 'redirect_uri_mismatch' },
    {
      ...failed('exchange', 'bad_client_secret'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      ...failed('exchange', 'invalid_client_id'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      ...failed('exchange', 'oauth_authorization_url_mismatch'),
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
    },
    { ...failed('exchange', 'invalid_grant_type'), is: 'app-misconfigured', error: 'provider_app_not_allowed' },
    {
      ...failed('exchange', 'invalid_team_for_non_distributed_app'),
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
      note: 'unconfirmed',
    },
    { ...failed('refresh', 'invalid_refresh_token'), is: 'reconnect', error: 'reauth_required' },
    {
      phase: 'refresh',
      status: 400,
      body: { error: 'invalid_grant' },
      is: 'reconnect',
      error: 'reauth_required',
      note: "a vendor's blog shows it; Slack's reference does not",
    },
    {
      ...failed('refresh', 'bad_client_secret'),
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      ...failed('refresh', 'token_rotation_not_enabled'),
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
    },
    { ...failed('refresh', 'authorization_not_found'), is: 'reconnect', error: 'reauth_required' },
    { ...failed('refresh', 'token_already_exchanged'), is: 'reconnect', error: 'reauth_required' },
    { ...failed('refresh', 'invalid_token'), is: 'retry', note: 'a token that Slack does not trade for a pair' },
    { ...failed('refresh', 'internal_error'), is: 'retry' },
    { ...failed('revoke', 'token_revoked'), is: 'reconnect' },
    { ...failed('revoke', 'invalid_auth'), is: 'reconnect' },
    { ...failed('api', 'token_expired'), is: 'refresh-token' },
    { ...failed('api', 'token_revoked'), is: 'reconnect' },
    { ...failed('api', 'invalid_auth'), is: 'reconnect' },
    { ...failed('api', 'account_inactive'), is: 'reconnect' },
    { ...failed('api', 'not_authed'), is: 'bad-body' },
    { ...failed('api', 'missing_scope', { needed: 'channels:read', provided: 'chat:write' }), is: 'missing-scope' },
    { ...failed('api', 'not_in_channel'), is: 'bad-body' },
    { ...failed('api', 'channel_not_found'), is: 'bad-body' },
    {
      phase: 'api',
      status: 429,
      headers: { 'retry-after': '30' },
      body: { ok: false, error: 'ratelimited' },
      is: 'rate-limit',
    },
    { ...failed('api', 'rate_limited'), is: 'rate-limit' },
    { ...failed('api', 'team_added_to_org'), is: 'retry' },
    { ...failed('api', 'internal_error'), is: 'retry' },
    { ...failed('api', 'fatal_error'), is: 'retry' },
    { ...failed('api', 'service_unavailable'), is: 'retry' },
    { ...failed('api', 'request_timeout'), is: 'retry' },
  ],
} satisfies ProviderFixture;
