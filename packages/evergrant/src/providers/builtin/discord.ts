import { type Account, defineProvider, type IdentifyContext, oauth2 } from '../define.ts';

const image = (folder: string, id: string, hash: string | null | undefined): string | null =>
  hash ? `https://cdn.discordapp.com/${folder}/${id}/${hash}.png` : null;

/** Guilds and webhooks have neither. */
const unknown = { username: null, url: null };

/** The guild or channel was chosen on Discord's own page and comes with the token; a login without either is the person. */
const chosen = async ({ profile, extra }: IdentifyContext): Promise<Account[]> => {
  const { guild, guildName, guildIcon, webhook, webhookName, webhookAvatar } = extra;
  if (guild) {
    const picture = image('icons', guild, guildIcon);
    return [{ ...unknown, id: guild, type: 'guild', name: guildName ?? null, picture }];
  }
  if (!webhook) return [profile];
  const picture = image('avatars', webhook, webhookAvatar);
  return [{ ...unknown, id: webhook, type: 'channel', name: webhookName ?? null, picture }];
};

export default defineProvider({
  id: 'discord',
  name: 'Discord',
  protocol: oauth2({
    authorizationEndpoint: 'https://discord.com/oauth2/authorize',
    tokenEndpoint: 'https://discord.com/api/oauth2/token',
    revocationEndpoint: 'https://discord.com/api/oauth2/token/revoke',
    clientAuthentication: 'client_secret_basic_raw',
    // Documented for mobile apps and the Social SDK; whether it works for apps with a secret is contradicted.
    pkce: 'none',
    // What the bot may do in the guild; without the scope `bot` both mean nothing.
    authorizationParameters: { permissions: '{permissions}', integration_type: '0' },
    tokenResponse: {
      keep: {
        guild: 'guild.id',
        guildName: 'guild.name',
        guildIcon: 'guild.icon',
        webhook: 'webhook.id',
        webhookName: 'webhook.name',
        webhookAvatar: 'webhook.avatar',
        // It comes once, and whoever has it may post.
        webhookUrl: 'webhook.url',
        webhookChannel: 'webhook.channel_id',
      },
    },
    errors: { code: ['error', 'code'], description: ['error_description', 'message'] },
  }),
  scopes: {
    required: ['identify', 'guilds', 'bot'],
    optional: ['webhook.incoming', 'email'],
    facts: {
      identify: { permits: 'Know who the person is, without the e-mail address' },
      guilds: { permits: 'List the servers of the person' },
      bot: { permits: "Add the app's bot to a server that the person picks; it posts with the bot token" },
      'webhook.incoming': { permits: 'Post through a webhook into one channel that the person picks' },
      email: { permits: 'Read the e-mail address' },
    },
  },
  // Single use, without a grace that anybody documented.
  refresh: { rotates: 'always', reuseRevokes: true },
  profile: {
    get: 'https://discord.com/api/v10/users/@me',
    map: ({ id, username, global_name, avatar }) => ({
      id,
      name: global_name ?? username,
      username,
      picture: image('avatars', id, avatar),
    }),
  },
  accounts: chosen,
  api: {
    baseUrl: 'https://discord.com/api/v10',
    // Discord blocks what does not name itself like this.
    headers: { 'User-Agent': '{userAgent}' },
    rateLimitReset: { header: 'x-ratelimit-reset-after', unit: 'seconds' },
  },
  handsOut: { webhook_url: 'webhookUrl', webhook_channel_id: 'webhookChannel' },
  handleErrors: [
    // Older wordings of invalid_grant; the same code stands for requests that are wrong in another way.
    {
      phase: 'exchange',
      code: 'invalid_request',
      description: /invalid "code"/i,
      is: 'reconnect',
      error: 'code_rejected',
    },
    { phase: 'refresh', code: 'invalid_request', description: /invalid "refresh_token"/i, is: 'reconnect' },
    {
      phase: 'exchange',
      code: 'invalid_request',
      description: /invalid "redirect_uri"/i,
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    // One code for two things: of the guild itself it says that the bot was put out, of a channel nothing of the kind.
    {
      phase: 'api',
      code: '50001',
      path: /\/guilds\/\d+$/,
      is: 'reconnect',
      message: 'The bot is no longer in this server.',
    },
    { phase: 'api', code: '50001', is: 'bad-body', message: 'The bot cannot see this channel.' },
    { phase: 'api', code: '50013', is: 'missing-scope', message: 'The bot lacks a permission in this channel.' },
    { phase: 'api', code: '50026', is: 'missing-scope' },
    { phase: 'api', code: '10004', is: 'reconnect', message: 'The bot is no longer in this server.' },
    { phase: 'api', code: '10015', is: 'reconnect', message: 'The webhook was deleted in Discord.' },
    { phase: 'api', code: '50035', is: 'bad-body' },
  ],
  // Whatever token is revoked, every token of that person and app dies.
  revocationEnds: 'person',
  options: {
    // View channels, send messages, embed links, attach files.
    permissions: '52224',
    userAgent: 'DiscordBot (https://www.npmjs.com/package/evergrant, 0.1)',
  },
  setup: {
    console: 'https://discord.com/developers/applications',
    steps: [
      'New Application. OAuth2: add the redirect URI, copy the Client ID, reset and copy the Client Secret.',
      'Bot: reset and copy the bot token. Your application posts with it; Evergrant does not need it.',
      'Leave "Requires OAuth2 Code Grant" off, or switch it on so that the bot can join through a login only.',
    ],
    redirectUri: 'Exact, several per app. http://localhost with any port works.',
    review: 'None; bots in about 100 servers and more must be verified.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'discord/discord-api-docs @c98d64b: topics/oauth2, topics/rate-limits, opcodes-and-status-codes, resources/user, resources/webhook',
      'GitHub: discord/discord-api-docs#1650, #4755, #5942, #685; reboxer/discord-oauth2#51; nhost/hasura-auth#125',
    ],
    unconfirmed: [
      'The life of an unused refresh token',
      'Whether PKCE works for apps with a secret',
      'The number of servers from which on a bot must be verified',
    ],
  },
});
