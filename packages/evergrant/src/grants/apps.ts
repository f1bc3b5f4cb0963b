import { EvergrantError } from '../errors/index.ts';
import { clientOf } from '../protocols/atproto/index.ts';
import type { Speech } from '../protocols/index.ts';
import type { App, AppSettings, Protocol } from '../protocols/types.ts';
import type { InstanceRegistration } from '../providers/define.ts';
import type { Catalogue } from '../providers/load.ts';
import { isConfigured, type ResolvedProvider, redirectUriFor } from '../providers/resolve.ts';
import type { Apps } from './context.ts';
import type { InstanceApps } from './instance-apps.ts';
import { withNextSecret } from './next-secret.ts';

/** What the operator has set up of one provider. */
export interface ConfiguredApp {
  settings: AppSettings;
  /** Null: an app is registered at each instance. */
  credentials: Pick<App, 'clientId' | 'clientSecret' | 'nextClientSecret'> | null;
}

/** The apps of this installation, as they are at the moment of asking. */
export interface KnownApps {
  readonly catalogue: Catalogue;
  /** Those with which flows begin, by provider. */
  current(): ReadonlyMap<string, ConfiguredApp>;
  /** Those in whose place others stand now: what was made with them goes on with them. */
  replaced(): readonly ConfiguredApp[];
  /** Notes, without keeping anybody waiting, that the platform refused an app's secret and took the next one. */
  preferNextSecret(app: App): void;
}

/**
 * The operator's apps, one for each configured provider.
 *
 * @param publicUrl without a final slash
 * @throws SettingsError when a provider's redirect URI is not one that is served
 */
export const configuredApps = (catalogue: Catalogue, publicUrl: string): ReadonlyMap<string, ConfiguredApp> =>
  new Map(
    catalogue
      .list()
      .filter(isConfigured)
      .map((provider) => [provider.definition.id, toConfigured(provider, publicUrl)]),
  );

/** @throws SettingsError as {@link configuredApps} */
export const toConfigured = (provider: ResolvedProvider, publicUrl: string): ConfiguredApp => {
  const { definition, clientId, clientSecret, nextClientSecret } = provider;
  const redirectUri = redirectUriFor(publicUrl, definition.id, provider.redirectUriSetting);
  const registered = clientId === null ? null : { clientId, clientSecret, nextClientSecret };
  // Nothing is registered there: the client is an address of ours.
  const own = definition.protocol.kind === 'atproto' ? clientOf(redirectUri, provider.scopes) : null;
  return {
    settings: {
      provider: definition.id,
      definition,
      scopes: [...provider.scopes],
      origins: provider.origins,
      trustedOrigins: provider.trustedOrigins,
      redirectUri: own?.redirectUri ?? redirectUri,
      variables: provider.variables,
    },
    credentials: own ? { clientId: own.clientId, clientSecret: null } : registered,
  };
};

/** The client id of an app at one instance, where settings do not say at which: it is shown to nobody. */
export const unusedApps = (apps: ReadonlyMap<string, ConfiguredApp>): string[] =>
  [...apps.values()]
    .filter(({ settings, credentials }) => credentials && isRegistering(settings) && !settings.variables['instance'])
    .map(({ settings }) => settings.provider);

const isRegistering = ({ definition }: AppSettings): boolean => definition.instance?.registration !== undefined;

/** Everything that is asked about apps: those that are configured, and those that were registered at instances. */
export const createApps = (known: KnownApps, speech: Speech, instanceApps: InstanceApps): Apps => {
  const find = (id: string, instance: string | null | undefined): ConfiguredApp => {
    const { definition } = known.catalogue.get(id);
    const app = known.current().get(id);
    if (app) return at(app, instance);
    throw new EvergrantError('provider_not_configured', {
      provider: id,
      detail: `Set ${id.toUpperCase().replaceAll('-', '_')}_CLIENT_ID and its secret to use ${definition.name}`,
    });
  };

  const replaced = (id: string, clientId: string): ConfiguredApp | undefined =>
    known
      .replaced()
      .find(({ settings, credentials }) => settings.provider === id && credentials?.clientId === clientId);

  /**
   * How an app is registered there; null: it is the configured one. The operator's own secret is for one instance, and
   * shown to no other.
   *
   * @param clientId of an app that is in use already, which may have been registered before one was configured
   */
  const registrationAt = (
    id: string,
    instance: string | null | undefined,
    clientId?: string,
  ): InstanceRegistration | null => {
    const { settings, credentials } = known.current().get(id) ?? {};
    const registration = settings?.definition.instance?.registration;
    const isOwn =
      credentials != null &&
      instance === settings?.variables['instance'] &&
      (clientId ?? credentials.clientId) === credentials.clientId;
    return registration && !isOwn ? registration : null;
  };

  return {
    get: (id, instance) => find(id, instance).settings,
    async ready(id, instance) {
      const { settings, credentials } = find(id, instance);
      const registration = registrationAt(id, instance);
      if (!registration) return { ...settings, ...credentials! };
      return { ...settings, clientId: await instanceApps.clientIdOf(settings, registration), clientSecret: null };
    },
    ofGrant({ provider, client_id, instance }) {
      const former = replaced(provider, client_id);
      const { settings, credentials } = former ? at(former, instance) : find(provider, instance);
      // A client that is nothing but its id can go on as the one that it was when the grant was made.
      const isFree = settings.definition.protocol.kind === 'atproto';
      if (isFree || registrationAt(provider, instance, client_id))
        return { ...settings, clientId: client_id, clientSecret: null };
      if (credentials!.clientId === client_id) return { ...settings, ...credentials! };
      throw new EvergrantError('provider_not_configured', {
        provider,
        detail: 'The account was connected through another app than the one that is configured now',
      });
    },
    handsOut: (id) => known.current().get(id)?.settings.definition.handsOut ?? null,
    currentClientId: (provider) => find(provider, null).credentials?.clientId ?? null,
    protocol(app) {
      const protocol = speech.protocolOf(app);
      const isRegistered = registrationAt(app.provider, app.variables['instance'], app.clientId) !== null;
      if (isRegistered) return withSecrets(protocol, instanceApps);
      return app.nextClientSecret ? withNextSecret(protocol, (one) => known.preferNextSecret(one)) : protocol;
    },
    getJson: speech.getJson,
    list: () =>
      [...known.current().values(), ...known.replaced()].flatMap(({ settings, credentials }) =>
        credentials && !isRegistering(settings) ? [{ ...settings, ...credentials }] : [],
      ),
    perInstance: () =>
      [...known.current().values()].flatMap(({ settings }) => (isRegistering(settings) ? settings.provider : [])),
    prune: () => instanceApps.prune(),
  };
};

const at = (app: ConfiguredApp, instance: string | null | undefined): ConfiguredApp => {
  if (!instance) return app;
  const { settings, credentials } = app;
  return { settings: { ...settings, variables: { ...settings.variables, instance } }, credentials };
};

/**
 * The secret of an app that was registered at an instance is looked up when a request needs it: which app a grant has is
 * asked in the middle of transactions and for every row of a list.
 */
const withSecrets = (protocol: Protocol, instanceApps: InstanceApps): Protocol => {
  const complete = async (app: App): Promise<App> => ({ ...app, clientSecret: await instanceApps.secretOf(app) });
  return {
    ...protocol,
    sendExchange: async (app, input) => protocol.sendExchange(await complete(app), input),
    sendUpgrade: async (app, tokens) => protocol.sendUpgrade(await complete(app), tokens),
    sendRenewal: async (app, input, beforeSend) => protocol.sendRenewal(await complete(app), input, beforeSend),
    revoke: async (app, credentials) => protocol.revoke(await complete(app), credentials),
    async read(app, phase, answer, expect) {
      const verdict = await protocol.read(app, phase, answer, expect);
      const isForgotten = verdict.kind === 'misconfigured' && verdict.error.code === 'provider_app_credentials_invalid';
      if (phase !== 'exchange' || !isForgotten) return verdict;
      await instanceApps.retire(app);
      const detail = `${app.variables['instance']} does not know this service any more. Starting again registers it anew.`;
      return { ...verdict, error: verdict.error.with({ detail }) };
    },
  };
};
