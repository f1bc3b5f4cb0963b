import { EvergrantError } from '../errors/index.ts';
import type { Speech } from '../protocols/index.ts';
import type { App } from '../protocols/types.ts';
import type { Catalogue } from '../providers/load.ts';
import { isConfigured, type ResolvedProvider, redirectUriFor } from '../providers/resolve.ts';
import type { Apps } from './context.ts';

/**
 * The operator's apps, one for each configured provider.
 *
 * @param publicUrl without a final slash
 * @throws SettingsError when a provider's redirect URI is not one that is served
 */
export const createApps = (catalogue: Catalogue, publicUrl: string, speech: Speech): Apps => {
  const apps = new Map<string, App>();
  for (const provider of catalogue.list()) {
    const app = toApp(provider, publicUrl);
    if (app) apps.set(app.provider, app);
  }

  const get = (id: string, instance?: string | null): App => {
    const { definition } = catalogue.get(id);
    const app = apps.get(id);
    if (!app) {
      throw new EvergrantError('provider_not_configured', {
        provider: id,
        detail: `Set ${id.toUpperCase().replaceAll('-', '_')}_CLIENT_ID and its secret to use ${definition.name}`,
      });
    }
    return instance ? { ...app, variables: { ...app.variables, instance } } : app;
  };

  return {
    get,
    ofGrant(grant) {
      const app = get(grant.provider, grant.instance);
      if (app.clientId === grant.client_id) return app;
      throw new EvergrantError('provider_not_configured', {
        provider: grant.provider,
        detail: 'The account was connected through another app than the one that is configured now',
      });
    },
    protocol: (app) => speech.protocolOf(app),
    getJson: speech.getJson,
    list: () => [...apps.values()],
  };
};

const toApp = (provider: ResolvedProvider, publicUrl: string): App | null => {
  const { definition } = provider;
  if (!isConfigured(provider)) return null;
  return {
    provider: definition.id,
    clientId: provider.clientId!,
    clientSecret: provider.clientSecret,
    definition,
    scopes: [...provider.scopes],
    origins: provider.origins,
    trustedOrigins: provider.trustedOrigins,
    redirectUri: redirectUriFor(publicUrl, definition.id, provider.redirectUriSetting),
    variables: provider.variables,
  };
};
