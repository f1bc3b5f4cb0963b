import { defineProvider, oauth2 } from '../define.ts';

/** Medium's documentation wants both with every request. */
const headers = { Accept: 'application/json', 'Accept-Charset': 'utf-8' };

export default defineProvider({
  id: 'medium',
  name: 'Medium',
  protocol: oauth2({
    authorizationEndpoint: 'https://medium.com/m/oauth/authorize',
    tokenEndpoint: 'https://api.medium.com/v1/tokens',
    clientAuthentication: 'client_secret_post',
    // Unknown fields are refused (6007), so no verifier.
    pkce: 'none',
    // Documented so: ?error=access_denied and nothing else.
    refusesWithoutState: true,
    headers,
    tokenResponse: {
      created: true,
      scopeList: true,
      // Documented as Unix time; the samples and everybody's code say milliseconds.
      expiresAt: { path: 'expires_at', unit: 's-or-ms' },
    },
    revocation: 'none',
    errors: { code: ['errors.0.code', 'error'], description: ['errors.0.message', 'error_description'] },
  }),
  scopes: {
    required: ['basicProfile', 'publishPost'],
    optional: ['listPublications', 'uploadImage'],
    separator: ',',
    facts: {
      basicProfile: { permits: 'Read the profile, without the e-mail address' },
      publishPost: { permits: 'Publish to the profile of the person' },
      listPublications: { permits: 'List the publications of the person' },
      uploadImage: { permits: 'Upload images; only if Medium allowed it for the app' },
    },
  },
  // Whether a renewal repeats the refresh token is not documented; the old one never ends.
  refresh: { rotates: 'sometimes', reuseRevokes: false },
  profile: {
    get: 'https://api.medium.com/v1/me',
    map: { id: 'data.id', name: 'data.name', username: 'data.username', picture: 'data.imageUrl', url: 'data.url' },
  },
  api: { baseUrl: 'https://api.medium.com/v1', headers },
  // The same numbers mean different things in each phase.
  handleErrors: [
    { phase: 'exchange', code: '6000', is: 'reconnect', error: 'code_rejected' },
    {
      phase: ['exchange', 'refresh'],
      code: '6005',
      is: 'app-misconfigured',
      error: 'provider_app_credentials_invalid',
    },
    {
      phase: ['exchange', 'refresh'],
      code: '6007',
      is: 'app-misconfigured',
      error: 'provider_app_not_allowed',
      message: 'Medium refuses a field of the request that it does not know. Take it out of the definition.',
    },
    { phase: 'refresh', code: '6003', is: 'reconnect' },
    { phase: 'api', status: 401, code: '6000', is: 'bad-body' },
    { phase: 'api', status: 403, is: 'missing-scope' },
  ],
  setup: {
    console: 'https://medium.com/me/applications',
    steps: [
      'Medium gives out no new apps. If you own an old one, open it there.',
      'Add the redirect URI to its callback URLs.',
      'Copy Client ID and Client Secret.',
    ],
    redirectUri: "Exact. Medium's form refuses localhost; 127.0.0.1 was accepted (unconfirmed).",
    review: 'Closed: new integrations are not granted any more.',
  },
  facts: {
    date: '2026-11-23',
    confidence: 'low',
    sources: [
      'github.com/Medium/medium-api-docs (official, marked unsupported)',
      'Issues of the Medium SDKs on GitHub (6003, 6005, 6007)',
    ],
    unconfirmed: [
      'The unit of expires_at; both are read',
      'What a renewal answers',
      'The numbers of a refused code, an unknown app and a dead refresh token',
      'The answers 403, 429 and 503 of the API; about 15 posts a day are often quoted',
      'That 127.0.0.1 may be registered',
    ],
  },
});
