import { defineProvider, oauth2, type ProviderDefinition } from '../providers/define.ts';
import type { SandboxPlatform } from './types.ts';

/** The address that stands in the definition before the sandbox's own is put in. */
const origin = 'https://platform.example';

const definition = defineProvider({
  id: 'sandbox',
  name: 'Sandbox',
  protocol: oauth2({
    authorizationEndpoint: `${origin}/oauth/authorize`,
    tokenEndpoint: `${origin}/oauth/token`,
    revocationEndpoint: `${origin}/oauth/revoke`,
    clientAuthentication: 'client_secret_basic',
    pkce: 'S256',
  }),
  scopes: {
    required: ['profile', 'posts.read', 'posts.write', 'offline_access'],
    facts: {
      profile: { permits: 'See name and picture' },
      'posts.read': { permits: 'Read posts' },
      'posts.write': { permits: 'Write posts' },
      offline_access: { permits: 'Stay connected when the access token has run out' },
    },
  },
  refresh: { rotates: 'always', reuseRevokes: true, graceSeconds: 0 },
  profile: {
    get: `${origin}/me`,
    map: { id: 'id', name: 'name', username: 'username', picture: 'picture', url: null },
  },
  api: { baseUrl: origin },
  revocationEnds: 'token',
});

const tokens = { token_type: 'Bearer', expires_in: 120, scope: 'profile posts.read posts.write offline_access' };

const person = { id: 'u_7k3m9q2x', name: 'Ada Example', username: 'adaexample', picture: `${origin}/ada.svg` };

/** The provider `sandbox`: a platform that does everything as the standards say, with the strictest refresh tokens there are. */
export const sandboxPlatform: SandboxPlatform<ProviderDefinition> = {
  definition,
  fixture: {
    provider: 'sandbox',
    callback: { denied: { error: 'access_denied', error_description: 'The person denied access.' } },
    exchange: { status: 200, body: { access_token: 'SAMPLE_AT', refresh_token: 'SAMPLE_RT', ...tokens } },
    refresh: { status: 200, body: { access_token: 'SAMPLE_AT2', refresh_token: 'SAMPLE_RT2', ...tokens } },
    expected: { expiresIn: 120, scopes: tokens.scope.split(' '), refreshToken: true },
    get: {
      [`${origin}/me`]: person,
      [`${origin}/posts`]: { data: [{ id: 'p_1', text: 'Hello from a simulated platform', author: person.id }] },
    },
    accounts: [{ ...person, type: 'profile', ownToken: false }],
    errors: [],
  },
};

/** A definition with every address of its origins replaced by where the sandbox plays it. */
export const reroutedDefinition = (source: ProviderDefinition, origins: Record<string, string>): ProviderDefinition => {
  const reroute = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const from = Object.keys(origins).find((known) => value === known || value.startsWith(`${known}/`));
      return from ? origins[from] + value.slice(from.length) : value;
    }
    if (Array.isArray(value)) return value.map(reroute);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, reroute(inner)]));
  };
  return reroute(source) as ProviderDefinition;
};
