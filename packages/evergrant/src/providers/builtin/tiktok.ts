import { days, defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'tiktok',
  name: 'TikTok',
  protocol: oauth2({
    // The final slashes matter: without them a POST is redirected and loses its body.
    authorizationEndpoint: 'https://www.tiktok.com/v2/auth/authorize/',
    tokenEndpoint: 'https://open.tiktokapis.com/v2/oauth/token/',
    revocationEndpoint: 'https://open.tiktokapis.com/v2/oauth/revoke/',
    clientAuthentication: 'client_secret_post',
    clientIdParameter: 'client_key',
    // Not needed by web apps, demanded of some since 2024, and taken from all. Desktop apps need `S256-hex`.
    pkce: 'S256',
    // Else TikTok passes over the consent page for somebody who has consented before, and asks for nothing new.
    reconnectParameters: { disable_auto_auth: '1' },
    tokenResponse: {
      refreshExpiresIn: 'refresh_expires_in',
      // The status of token errors is undocumented, and 200 was common.
      errorsUnder200: true,
    },
    // The access token is what ends the authorization, and a hint is not known.
    revocation: { tokens: ['access_token'], typeHint: false },
    // A text in token answers; an object in every API answer, of successes too, with the code "ok".
    errors: {
      code: ['error.code', 'error'],
      description: ['error.message', 'error_description'],
      under200: { path: 'error.code', notEquals: 'ok' },
    },
  }),
  scopes: {
    // Each must have been added to the app: one more and the person sees an error page instead of the consent.
    required: ['user.info.basic', 'video.publish'],
    optional: ['user.info.profile', 'user.info.stats', 'video.upload', 'video.list'],
    separator: ',',
    reported: 'comma',
    facts: {
      'user.info.basic': { permits: 'Read id, name and picture' },
      'user.info.profile': { permits: 'Read user name, biography and profile link' },
      'user.info.stats': { permits: 'Read the numbers of followers, likes and videos' },
      'video.publish': { permits: 'Publish videos and photos' },
      'video.upload': { permits: "Send drafts to the person's inbox" },
      'video.list': { permits: 'List the public videos' },
    },
  },
  // Each renewal kills the old refresh token. In November 2026 the lives fell from 24 hours and 365 days to 2 hours and 180
  // days, so every answer is believed; whether renewing starts the 180 days anew is not said, so its end is warned of.
  refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0, lifetime: { fixed: days(180) } },
  profile: {
    // Addresses of pictures end within days, some within hours.
    rereadSeconds: days(0.5),
    get: 'https://open.tiktokapis.com/v2/user/info/?fields={fields}',
    // One field outside the granted scopes fails the whole call.
    variables: (granted) => ({
      fields: `open_id,union_id,avatar_url,display_name${granted?.includes('user.info.profile') ? ',username' : ''}`,
    }),
    map: {
      id: 'data.user.open_id',
      name: 'data.user.display_name',
      username: 'data.user.username',
      picture: 'data.user.avatar_url',
      url: null,
    },
  },
  api: { baseUrl: 'https://open.tiktokapis.com/v2' },
  handleErrors: [
    {
      phase: 'exchange',
      code: 'invalid_request',
      description: /redirect_uri/i,
      is: 'app-misconfigured',
      error: 'redirect_uri_mismatch',
    },
    // Hex or base64url: a matter of the kind of app (sentence of 2026-11-23).
    {
      phase: 'exchange',
      code: 'invalid_request',
      description: /code verifier|code challenge/i,
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
      message: 'TikTok reads the code challenge otherwise. An app for desktops needs protocol.pkce "S256-hex".',
    },
    // Of three 401 only access_token_invalid is a dead token: renewing for the others would go round in circles.
    { phase: 'api', code: ['scope_not_authorized', 'scope_permission_missed'], is: 'missing-scope' },
    {
      phase: 'api',
      code: 'reached_active_user_cap',
      is: 'rate-limit',
      retryAfter: 3600,
      message: 'The app has reached the number of people who may post through it in a day.',
    },
    {
      phase: 'api',
      code: 'spam_risk_too_many_posts',
      is: 'rate-limit',
      retryAfter: 3600,
      message: 'The account has reached its number of posts for the day.',
    },
    {
      phase: 'api',
      code: 'unaudited_client_can_only_post_to_private_accounts',
      is: 'app-misconfigured',
      message: 'Until its audit the app may post to private accounts only.',
    },
    {
      phase: 'api',
      code: 'url_ownership_unverified',
      is: 'app-misconfigured',
      message: 'Verify the domain from which TikTok is to fetch media in the developer portal.',
    },
    {
      phase: 'api',
      code: 'spam_risk_user_banned_from_posting',
      is: 'bad-body',
      message: 'TikTok has banned this account from posting.',
    },
    {
      phase: 'api',
      code: ['invalid_params', 'invalid_file_upload', 'privacy_level_option_mismatch'],
      is: 'bad-body',
    },
    { phase: 'api', status: 429, is: 'rate-limit', retryAfter: 60 },
  ],
  setup: {
    console: 'https://developers.tiktok.com/apps',
    steps: [
      'Create an app, best for an organization: icon, category, links to terms and privacy policy.',
      'Add the products Login Kit and Content Posting API, and switch Direct Post on.',
      'Login Kit, Web: enter the redirect URI.',
      'Add the scopes that will be asked for, user.info.profile too if user names are wanted.',
      'Verify the domain or URL prefix from which TikTok is to fetch media.',
      'Copy Client key and Client secret. Until the review a Sandbox (five of them, ten people each) serves.',
      'Submit the app for review and apply for the Content Posting audit.',
    ],
    redirectUri:
      'https and exact, below 512 characters, without query or fragment; ten per app. http://localhost is refused.',
    review: 'An app without audit posts as private only, for five people in 24 hours.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'high',
    sources: [
      'developers.tiktok.com/doc: Manage User Access Tokens (2 and 5 November 2026), Login Kit for Web and Desktop, OAuth error handling, API v2 error handling, Content Posting API',
      'GitHub: gitroomhq/postiz-app (tiktok), NangoHQ/nango (tiktok-personal), pilcrowonpaper/arctic, SocialiteProviders#1368, passport-tiktok#9',
    ],
    unconfirmed: [
      'The HTTP status of token errors',
      'The wording of invalid_client and invalid_grant',
      'Whether a renewal starts the 180 days anew',
      'Which web apps must send PKCE',
    ],
  },
});
