import type { ProviderFixture } from '../fixture.ts';

const declined = 'The resource owner or authorization server denied the request.';

/** From developer.dribbble.com, as of 2026-11-23; errors of the token endpoint as Doorkeeper, its server, words them. */
export default {
  provider: 'dribbble',
  callback: { denied: { error: 'access_denied', error_description: declined } },
  requests: {
    authorize: {
      url: 'https://dribbble.com/oauth/authorize',
      query: {
        response_type: 'code',
        client_id: '{clientId}',
        redirect_uri: '{redirectUri}',
        scope: 'public upload',
        state: '{state}',
      },
    },
    exchange: {
      url: 'https://dribbble.com/oauth/token',
      form: {
        redirect_uri: '{redirectUri}',
        code: '{code}',
        grant_type: 'authorization_code',
        client_id: '{clientId}',
        client_secret: '{clientSecret}',
      },
    },
    profile: {
      method: 'GET',
      url: 'https://api.dribbble.com/v2/user',
      headers: { authorization: 'Bearer {accessToken}' },
    },
  },
  exchange: {
    status: 200,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: { access_token: 'SAMPLE_AT', token_type: 'bearer', scope: 'public upload' },
  },
  expected: { expiresIn: null, scopes: ['public', 'upload'], refreshToken: false },
  variants: [
    {
      note: 'unconfirmed: created_at beside',
      exchange: {
        status: 200,
        body: { access_token: 'SAMPLE_AT', token_type: 'bearer', scope: 'public', created_at: 1795449600 },
      },
      expected: { expiresIn: null, scopes: ['public'], refreshToken: false },
    },
  ],
  get: {
    'https://api.dribbble.com/v2/user': {
      id: 1,
      name: 'Example Person',
      login: 'example',
      html_url: 'https://dribbble.com/example',
      avatar_url: 'https://cdn.dribbble.com/users/1/avatars/normal/x.png',
      bio: '',
      location: '',
      type: 'Player',
      pro: false,
      can_upload_shot: true,
      teams: [{ id: 39, name: 'Example Team', login: 'exampleteam' }],
    },
  },
  accounts: [
    {
      id: '1',
      type: 'profile',
      name: 'Example Person',
      username: 'example',
      picture: 'https://cdn.dribbble.com/users/1/avatars/normal/x.png',
      url: 'https://dribbble.com/example',
      ownToken: false,
    },
  ],
  errors: [
    {
      phase: 'authorize',
      status: 302,
      body: { error: 'access_denied' },
      is: 'reconnect',
      error: 'consent_denied',
      note: 'unconfirmed',
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
      note: 'unconfirmed',
    },
    {
      phase: 'exchange',
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description:
          'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.',
      },
      is: 'reconnect',
      error: 'code_rejected',
      note: 'unconfirmed',
    },
    {
      phase: 'exchange',
      status: 401,
      body: { error: 'invalid_grant' },
      is: 'reconnect',
      error: 'code_rejected',
      note: 'unconfirmed: older Doorkeeper',
    },
    { phase: 'api', status: 401, body: { message: 'Bad credentials.' }, is: 'reconnect', note: 'unconfirmed' },
    {
      phase: 'api',
      status: 403,
      body: { message: 'This resource requires the upload scope.' },
      is: 'missing-scope',
      note: 'unconfirmed',
    },
    { phase: 'api', status: 400, body: { message: 'Problem parsing JSON.' }, is: 'bad-body' },
    {
      phase: 'api',
      status: 422,
      body: { message: 'Validation failed.', errors: [{ attribute: 'body', message: "can't be blank" }] },
      is: 'bad-body',
    },
    {
      phase: 'api',
      status: 429,
      headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795449600' },
      body: { message: 'API rate limit exceeded.' },
      is: 'rate-limit',
      note: 'text unconfirmed',
    },
    { phase: 'api', status: 500, body: { message: '...' }, is: 'retry' },
  ],
} satisfies ProviderFixture;
