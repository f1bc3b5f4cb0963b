import { type Account, days, defineProvider, type IdentifyContext, oauth2 } from '../define.ts';

/** The workspace, whoever installed the app: it comes with the token, for a person's token alone without its name. */
const workspace = async ({ getJson, profile, extra }: IdentifyContext): Promise<Account[]> => {
  const { team, teamName } = extra;
  const found = team && !teamName ? await getJson('https://slack.com/api/auth.test').catch(() => ({})) : {};
  const { team: askedName, url } = found as { team?: string; url?: string };
  return [
    {
      ...profile,
      type: 'workspace',
      id: team ?? profile.id,
      name: teamName ?? askedName ?? profile.name,
      url: url ?? profile.url,
    },
  ];
};

export default defineProvider({
  id: 'slack',
  name: 'Slack',
  protocol: oauth2({
    authorizationEndpoint: 'https://slack.com/oauth/v2/authorize',
    tokenEndpoint: 'https://slack.com/api/oauth.v2.access',
    clientAuthentication: 'client_secret_basic_raw',
    // Switching it on makes the app a public client for good.
    pkce: 'none',
    tokenResponse: {
      // The bot's token; where only `user_scope` was asked there is none, and the person's is the one to use. At a renewal
      // either comes at the top.
      unwrap: ['', 'authed_user'],
      // `bot` or `user`, never `bearer`.
      tokenType: 'Bearer',
      keep: {
        // An installation for a whole organisation has no team.
        team: ['team.id', 'enterprise.id'],
        teamName: ['team.name', 'enterprise.name'],
        user: ['bot_user_id', 'authed_user.id'],
        // Beside a bot's token it is kept for one thing: to be revoked with it.
        personToken: 'authed_user.access_token',
        // With the scope incoming-webhook: it comes once, and whoever has it may post.
        webhookUrl: 'incoming_webhook.url',
        webhookChannel: 'incoming_webhook.channel_id',
      },
    },
    // Installations from before rotation was switched on keep their token without an end until it is traded, once.
    migration: {
      option: 'tokenRotation',
      request: {
        endpoint: 'https://slack.com/api/oauth.v2.exchange',
        grantType: null,
        credential: 'access_token',
        credentialParameter: 'token',
        clientAuthentication: 'client_secret_post',
      },
    },
    // Every error has status 200.
    errors: { under200: { path: 'ok', equals: false } },
    revocation: {
      endpoint: 'https://slack.com/api/auth.revoke',
      encoding: 'none',
      tokens: ['access_token'],
      keptTokens: ['personToken'],
      authentication: 'bearer',
    },
  }),
  scopes: {
    required: ['chat:write', 'channels:read', 'users:read'],
    optional: ['groups:read', 'channels:join', 'chat:write.public', 'chat:write.customize', 'incoming-webhook'],
    separator: ',',
    reported: 'comma',
    facts: {
      'chat:write': { permits: 'Post in channels of which the bot is a member' },
      'channels:read': { permits: 'List public channels' },
      'users:read': { permits: 'Read name and picture of the bot' },
      'groups:read': { permits: 'List private channels in which the bot is' },
      'channels:join': { permits: 'Join public channels before posting' },
      'chat:write.public': { permits: 'Post in public channels without joining' },
      'incoming-webhook': { permits: 'Post through a webhook into one channel that the person picks' },
      'chat:write.customize': { permits: 'Post under another name and icon' },
    },
  },
  // Only for apps with token rotation: others get a token without an end and nothing to renew it with. Single use.
  refresh: { rotates: 'always', reuseRevokes: true },
  profile: {
    get: 'https://slack.com/api/users.info?user={extra.user}',
    // The team, not the bot: a second installation gets the same bot token, so that the team is whom a revocation hits.
    map: ({ user }) => ({
      id: user.team_id ?? user.id,
      name: user.real_name ?? user.profile?.real_name,
      username: user.name,
      picture: user.profile?.image_original ?? user.profile?.image_512,
    }),
    // Without users:read; auth.test needs no scope.
    otherwise: {
      code: 'missing_scope',
      get: 'https://slack.com/api/auth.test',
      map: { id: 'team_id', name: 'team', username: 'user', url: 'url' },
    },
  },
  accounts: workspace,
  api: { baseUrl: 'https://slack.com/api' },
  handsOut: { webhook_url: 'webhookUrl', webhook_channel_id: 'webhookChannel' },
  handleErrors: [
    { phase: 'exchange', code: ['invalid_code', 'code_already_used'], is: 'reconnect', error: 'code_rejected' },
    { phase: 'exchange', code: 'bad_redirect_uri', is: 'app-misconfigured', error: 'redirect_uri_mismatch' },
    {
      phase: ['exchange', 'refresh'],
      code: ['invalid_client_id', 'bad_client_secret'],
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: 'exchange',
      code: 'invalid_team_for_non_distributed_app',
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
      message: 'Activate public distribution of the app, so that other workspaces can install it.',
    },
    {
      phase: ['exchange', 'refresh'],
      code: ['oauth_authorization_url_mismatch', 'invalid_grant_type'],
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
    },
    {
      phase: 'refresh',
      code: 'token_rotation_not_enabled',
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
      message: 'Token rotation is off for this Slack app. Switch it on there, or take the option tokenRotation out.',
    },
    { phase: 'refresh', code: ['invalid_refresh_token', 'invalid_auth'], is: 'reconnect' },
    {
      phase: 'refresh',
      code: ['authorization_not_found', 'token_revoked', 'account_inactive'],
      is: 'reconnect',
      reason: 'revoked',
    },
    // The pair that it was traded for is not here.
    { phase: 'refresh', code: 'token_already_exchanged', is: 'reconnect', reason: 'lost_rotation' },
    // Of a token that may be as good as ever: Slack trades granular ones only.
    { phase: 'refresh', code: 'invalid_token', is: 'retry', retryAfter: days(1) },
    { phase: ['api', 'revoke'], code: 'token_expired', is: 'refresh-token' },
    { phase: ['api', 'revoke'], code: ['token_revoked', 'account_inactive'], is: 'reconnect', reason: 'revoked' },
    { phase: ['api', 'revoke'], code: 'invalid_auth', is: 'reconnect' },
    { phase: 'api', code: 'missing_scope', is: 'missing-scope' },
    // Some methods spell it one way, some the other.
    { code: ['ratelimited', 'rate_limited'], is: 'rate-limit' },
    {
      code: ['team_added_to_org', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'],
      is: 'retry',
    },
  ],
  options: { tokenRotation: 'off' },
  // Said of installations without rotation and never confirmed: they share one bot token.
  revocationEnds: 'person',
  setup: {
    console: 'https://api.slack.com/apps',
    steps: [
      'Create New App, From scratch; pick a workspace for development.',
      'OAuth & Permissions: add the redirect URI and the Bot Token Scopes.',
      'Basic Information: copy Client ID and Client Secret; set an icon.',
      'Manage Distribution: activate public distribution if other workspaces shall connect.',
      'Token rotation: Evergrant works with and without it. Switching it on cannot be undone; set the option tokenRotation to on for installations of before.',
    ],
    redirectUri:
      'https only; http://localhost is refused, so local work needs a tunnel. A registered URL covers everything below its path.',
    review: 'None outside the Slack Marketplace; admins of a workspace may have to approve the app.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'docs.slack.dev: installing-with-oauth, using-token-rotation, using-pkce, oauth.v2.access, oauth.v2.exchange, auth.revoke, auth.test, rate limits',
      'GitHub: slackapi/slack-api-specs, slackapi/java-slack-sdk (OAuthTest, TokenRotatorTest), slackapi/python-slack-sdk (token_rotation)',
    ],
    unconfirmed: [
      'How many access tokens of one installation live at a time (two, it is said)',
      'Whether a token that was traded for a pair goes on working, and what the trade answers; the shape of a renewal is read',
      'The callback after a scope that the app does not have',
      'The answer to a workspace that may not install the app',
      'That a second installation gets the same bot token when rotation is off',
    ],
  },
});
