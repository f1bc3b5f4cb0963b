import type { ProviderConfig } from '../../packages/evergrant/src/settings/index.ts';
import { app } from './rows.ts';

/** The bench provider, as its operator configures it. @param refresh over what is always so */
export const benchProvider = (url: string, refresh: object): ProviderConfig => ({
  clientId: app.clientId,
  clientSecret: app.clientSecret,
  definition: {
    protocol: { kind: 'oauth2', authorizationEndpoint: `${url}/authorize`, tokenEndpoint: `${url}/token` },
    scopes: { required: ['read', 'write'] },
    profile: { get: `${url}/me`, map: { id: 'id' } },
    refresh: { rotates: 'always', reuseRevokes: true, ...refresh },
  },
});
