/* What the document shows: one account on its way from the link to its token. */

const later = '2026-11-26T12:17:06.800Z';
const start = '2026-11-26T12:15:19.013Z';

export const accountFacts = {
  id: 'u_7k3m9q2x',
  type: 'profile',
  name: 'Ada Example',
  username: 'adaexample',
  picture: 'https://connect.example.com/ada.png',
  url: null,
};

export const connection = {
  id: 'conn_01a217c817ef75fdbb50675a75be4ebc',
  provider: 'acme',
  owner: 'user_42',
  status: 'active',
  reason: null,
  account: accountFacts,
  scopes: { granted: ['openid', 'profile'], missing: [] },
  token: {
    expires_at: later,
    refreshable: true,
    next_refresh_at: '2026-11-26T12:16:14.944Z',
    last_refreshed_at: null,
    refresh_expires_at: null,
    generation: 1,
  },
  last_error: null,
  reconnect_url: null,
  metadata: { plan: 'pro' },
  created_at: start,
  updated_at: start,
};

export const accessToken = {
  access_token: 'at_W41UPs5ioTt8HESyODB4FqbkJ8LrV5mff4g',
  token_type: 'bearer',
  expires_at: later,
  scopes: ['openid', 'profile'],
  generation: 1,
};

export const account = { ...accountFacts, type: 'page', unavailable: null };

export const connect = {
  provider: 'acme',
  owner: 'user_42',
  return_to: 'https://app.example.com/done',
  metadata: { plan: 'pro' },
};

export const startedFlow = {
  id: 'flow_01a217c7bece71d2bddcea4038d2d6bd',
  status: 'pending',
  url: 'https://connect.example.com/connect/ucqvvrus9M2O2uYThxGumhNzdMci069qolZsEjs3pSo',
  status_token: '7Q8ehxOrqC6Nc5ozfGv7FE0Hd7PCpApbAIVxYd0p2Ng',
  expires_at: '2026-11-26T12:24:56.206Z',
};

export const flow = {
  id: startedFlow.id,
  status: 'connected',
  connections: [connection],
  accounts: [],
  error: null,
  expires_at: startedFlow.expires_at,
};

export const event = {
  id: 'evt_01a217c8183a7c2fb2e6a0a4c1d9f7e5',
  type: 'connection.created',
  connection_id: connection.id,
  owner: connection.owner,
  provider: connection.provider,
  at: start,
  data: {},
};

export const renewal = {
  id: 'att_01a217cb02c37d0f9c6e5e0a4b7d8f21',
  started_at: '2026-11-26T12:16:15.002Z',
  ended_at: '2026-11-26T12:16:15.310Z',
  outcome: 'renewed',
  error_code: null,
  generation: 1,
};

export const connectionChanges = { metadata: { plan: 'free' }, disabled: true };

export const problem = {
  type: 'https://connect.example.com/errors/reauth_required',
  title: 'The account must be reconnected',
  status: 409,
  instance: 'urn:evergrant:request:req_0063006f-8012-4d42-9c8f-4a744a351d9c',
  code: 'reauth_required',
  actor: 'user',
  retryable: false,
  connection_id: connection.id,
  provider: connection.provider,
  reconnect_url: `https://connect.example.com/reconnect/${connection.id}/IKMHM7xMJ_gYrR2sUUvNg5gHAltvafQ3DIyijEoqTEE`,
  upstream: { status: 400, code: 'invalid_grant', description: 'It is unknown, used, expired or revoked.' },
  reason: 'revoked_or_expired',
};

export const key = {
  id: 'key_01a217d2b1f07a6ea3b4c5d6e7f80912',
  name: 'scheduler',
  permissions: ['connections:read', 'tokens:read'],
  owner: null,
  created_at: start,
  last_used_at: null,
};

export const webhook = {
  id: 'whk_01a217d3c5a97f10b8e2d4c6f0a1b3d5',
  url: 'https://app.example.com/hooks/evergrant',
  events: ['connection.reauth_required', 'connection.recovered'],
  owner: null,
  disabled: false,
  disabled_reason: null,
  failing_since: null,
  previous_secret_until: null,
  created_at: start,
  updated_at: start,
};

export const delivery = {
  id: 'dlv_01a217d41b6e7d02a5c3e1f9d7b50824',
  event_id: event.id,
  type: event.type,
  connection_id: event.connection_id,
  status: 'pending',
  attempts: 1,
  next_attempt_at: later,
  last_attempt_at: start,
  last_status: 503,
  last_error: 'The endpoint answered 503',
  answer: 'Service Unavailable',
  created_at: start,
};

export const provider = {
  id: 'acme',
  name: 'Acme',
  protocol: 'oauth2',
  configured: true,
  simulated: false,
  scopes: [{ scope: 'openid', permits: 'Know who signs in', required: true, requested: true }],
  traits: {
    max_concurrent_job: 2,
    one_time_token: false,
    refresh_wait: 0,
    refreshable: true,
    revocation_ends: 'person',
    consent_ends: 'nothing',
  },
  warnings: [],
  redirect_uri: 'https://connect.example.com/integrations/social/acme',
  instance: null,
  setup: {
    console: 'https://developers.acme.example/apps',
    steps: ['Create an app.'],
    redirect_uri: null,
    review: null,
  },
  health: { status: 'ok', by: null, error_code: null, since: null },
};

export const importing = {
  provider: 'acme',
  owner: 'user_42',
  access_token: accessToken.access_token,
  refresh_token: 'rt_8sYw2Jm0Zt5QbLr7Vd3Hc6Nx9Kf1Pg4T',
  expires_at: later,
  scopes: ['openid', 'profile'],
};

export const newProviderApp = {
  client_id: 'acme-app-1',
  client_secret: 'cs_4Tq9Vb2Xn7Lw5Rz8',
  scopes: ['openid', 'profile'],
};

export const providerApp = {
  provider: 'acme',
  client_id: newProviderApp.client_id,
  has_client_secret: true,
  has_next_client_secret: false,
  scopes: newProviderApp.scopes,
  redirect_uri: provider.redirect_uri,
  source: 'api',
  updated_at: start,
};

export const overview = {
  connections: {
    total: 3,
    statuses: { active: 2, limited: 0, degraded: 0, reauth_required: 1, disabled: 0 },
    providers: [{ provider: 'acme', total: 3, troubled: 1 }],
  },
  renewals: {
    done: [{ at: start, renewed: 4, failed: 0 }],
    due: [{ at: later, count: 2 }],
    overdue: { count: 0, oldest: null },
  },
};

export const serverSettings = {
  version: '0.1.0',
  settings: [
    { name: 'PUBLIC_URL', value: 'https://connect.example.com', secret: false, source: 'environment' },
    { name: 'EVERGRANT_API_KEY', value: null, secret: true, source: 'default' },
  ],
};

export const appTest = {
  result: 'refused',
  error_code: 'provider_app_credentials_invalid',
  upstream: { status: 401, code: 'invalid_client', description: 'Client authentication failed.' },
};
