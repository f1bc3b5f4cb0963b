import { defineProvider, oauth2 } from '../define.ts';

export default defineProvider({
  id: 'dribbble',
  name: 'Dribbble',
  protocol: oauth2({
    authorizationEndpoint: 'https://dribbble.com/oauth/authorize',
    tokenEndpoint: 'https://dribbble.com/oauth/token',
    // The query works too and would leave the secret in logs.
    clientAuthentication: 'client_secret_post',
    pkce: 'none',
    revocation: 'none',
    errors: { description: ['error_description', 'message'] },
  }),
  scopes: {
    required: ['public', 'upload'],
    facts: {
      public: { permits: 'Read the profile and public data' },
      upload: { permits: 'Create, change and delete shots, projects and attachments' },
    },
  },
  // The token has no end.
  refresh: { supported: false },
  profile: {
    get: 'https://api.dribbble.com/v2/user',
    map: { id: 'id', name: 'name', username: 'login', picture: 'avatar_url', url: 'html_url' },
  },
  api: {
    baseUrl: 'https://api.dribbble.com/v2',
    rateLimitReset: { header: 'x-ratelimit-reset', unit: 'unix-seconds' },
  },
  handleErrors: [
    {
      phase: 'api',
      status: 403,
      is: 'missing-scope',
      message: 'The scope upload is missing, or this account may not upload.',
    },
    { phase: 'api', status: [400, 422], is: 'bad-body' },
  ],
  setup: {
    console: 'https://dribbble.com/account/applications/new',
    steps: [
      'Account settings, Applications, Register: name, description, website and the redirect URI as callback URL.',
      'Copy Client ID and Client Secret.',
    ],
    redirectUri:
      'One; host and port must be equal, the path may lie below it. That http://localhost works is unconfirmed.',
    review: 'None is mentioned.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'low',
    sources: ['developer.dribbble.com v2: OAuth, rate limiting, user, shots, client errors; the OAuth page of v1'],
    unconfirmed: [
      'The callback after a refusal, and the errors of the token endpoint: read as Doorkeeper, its server, words them',
      'The answers 401 and 403 of the API',
      'Which accounts may upload',
      'Whether http://localhost may be registered',
    ],
  },
});
