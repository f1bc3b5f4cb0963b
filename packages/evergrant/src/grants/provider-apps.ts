import { EvergrantError } from '../errors/index.ts';
import type { App } from '../protocols/types.ts';
import type { Catalogue } from '../providers/load.ts';
import { type ResolvedProvider, redirectUriFor } from '../providers/resolve.ts';
import { gates, type ProviderAppRow, providerApps, type Queryable, schedule } from '../store/index.ts';
import { newId } from '../telemetry/ids.ts';
import { Secret } from '../telemetry/secret.ts';
import { type ConfiguredApp, configuredApps, type KnownApps, toConfigured } from './apps.ts';
import type { Context } from './context.ts';
import { type AppInput, checkAppInput, without } from './provider-app-input.ts';

/** An app as it is shown: never its secrets. */
export interface AppDescription {
  provider: string;
  clientId: string;
  hasClientSecret: boolean;
  hasNextClientSecret: boolean;
  scopes: string[];
  redirectUri: string;
  /** `api`: it was set at run time, and stands before one from the settings. */
  source: 'settings' | 'api';
  /** RFC 3339; null: it comes from the settings. */
  updatedAt: string | null;
}

/** The apps of providers: those of the settings, and before them those that are set at run time. */
export interface ProviderApps extends KnownApps {
  /** @throws EvergrantError `provider_unknown`, `provider_not_configured` */
  get(provider: string): AppDescription;
  /**
   * Sets the app of a provider, at once here and within seconds on every other server. Grants that were made with another
   * client id go on with theirs.
   *
   * @throws EvergrantError `provider_unknown`, `invalid_request`, `conflict` where the provider has no app to set
   */
  set(provider: string, input: AppInput): Promise<AppDescription>;
  /**
   * Takes back what was set: the app of the settings counts again, if there is one.
   * @throws EvergrantError `provider_unknown`, `not_found` when nothing was set
   */
  remove(provider: string): Promise<void>;
  /** Begins to look for what other servers set. */
  follow(): void;
  stop(): Promise<void>;
}

/** So soon at the latest, in milliseconds, a server hears what another one has set. */
const readInterval = 2000;

/** The name of what changed, for those who wait. */
const notice = 'provider_apps';

type Tools = Pick<Context, 'store' | 'vault' | 'clock' | 'logger' | 'notices'>;

/** @param configured what the settings say */
export const createProviderApps = async (
  tools: Tools,
  configured: Catalogue,
  publicUrl: string,
): Promise<ProviderApps> => {
  const { store, vault, clock, logger, notices } = tools;
  let known = knownApps(tools, configured, publicUrl, await providerApps.all(store.db));

  const read = async (): Promise<void> => {
    const rows = await providerApps.all(store.db);
    if (signatureOf(rows) !== known.signature) known = knownApps(tools, configured, publicUrl, rows);
  };
  const following = follow(tools, async () => {
    if (signatureOf(await providerApps.versions(store.db)) !== known.signature) await read();
  });
  /** Here at once, elsewhere by the hint, and where that gets lost at the next look. */
  const changed = async (): Promise<void> => {
    await read();
    notices.changed(notice);
    notices.changed('schedule');
  };

  const seal = (id: string, column: SecretColumn, secret: string | null): Uint8Array | null =>
    secret === null ? null : vault.seal(secret, place(id, column));

  const get = (provider: string): AppDescription => {
    const resolved = known.catalogue.get(provider);
    const { clientId, clientSecret, nextClientSecret, scopes, redirectUriSetting, appSource } = resolved;
    if (clientId === null || appSource === null) {
      throw new EvergrantError('provider_not_configured', { provider, ...without(resolved) });
    }
    const row = known.rows.find((one) => one.provider === provider && one.retired_at === null);
    return {
      provider,
      clientId,
      hasClientSecret: clientSecret !== null,
      hasNextClientSecret: nextClientSecret != null,
      scopes: [...scopes],
      redirectUri: redirectUriFor(publicUrl, provider, redirectUriSetting),
      source: appSource,
      updatedAt: row ? new Date(row.updated_at).toISOString() : null,
    };
  };

  const secretOf = ({ clientId, clientSecret }: AppInput, provider: string): string | null => {
    if (clientSecret !== undefined) return clientSecret;
    const all = [...known.current().values(), ...known.replaced()];
    const same = all.find(
      ({ settings, credentials }) => settings.provider === provider && credentials?.clientId === clientId,
    );
    return same?.credentials?.clientSecret?.reveal() ?? null;
  };

  const exchangeSecrets = async ({ provider, clientId, nextClientSecret }: App): Promise<void> => {
    const isDone = await store.transaction(async (tx) => {
      const row = await providerApps.byClient(tx, { provider, client_id: clientId });
      if (!row) return false;
      const [first, next] = secretsOf(tools, row);
      // Of several requests that met the refusal, and of several servers, the first one exchanges the two.
      if (next === null || next!.reveal() !== nextClientSecret!.reveal()) return false;
      return providerApps.update(tx, row, {
        client_secret_sealed: seal(row.id, 'client_secret_sealed', next!.reveal()),
        next_client_secret_sealed: seal(row.id, 'next_client_secret_sealed', first?.reveal() ?? null),
        updated_at: clock.now(),
      });
    });
    if (!isDone) return;
    await changed();
    logger.info({ provider }, 'the platform takes the next client secret, which is used first from now on');
  };
  let exchanging: Promise<void> = Promise.resolve();

  return {
    catalogue: { get: (id) => known.catalogue.get(id), list: () => known.catalogue.list() },
    current: () => known.current(),
    replaced: () => known.replaced(),
    get,
    async set(provider, input) {
      checkAppInput(configured.get(provider), publicUrl, input);
      const secret = secretOf(input, provider);
      const now = clock.now();
      await store.transaction(async (tx) => {
        await providerApps.retire(tx, provider, now);
        const row = await providerApps.byClient(tx, { provider, client_id: input.clientId });
        const id = row?.id ?? newId('app');
        const columns = {
          client_secret_sealed: seal(id, 'client_secret_sealed', secret),
          next_client_secret_sealed: seal(id, 'next_client_secret_sealed', input.nextClientSecret ?? null),
          scopes: input.scopes === undefined ? null : JSON.stringify(input.scopes),
          redirect_uri: input.redirectUri ?? null,
          updated_at: now,
          retired_at: null,
        };
        if (row) await providerApps.update(tx, row, columns);
        else {
          const names = { id, provider, client_id: input.clientId };
          await providerApps.insert(tx, { ...names, ...columns, version: 1, created_at: now });
        }
        await providerApps.removeUnused(tx, provider);
        await tryAgain(tx, provider, input.clientId, now);
      });
      await changed();
      logger.info({ provider }, 'the app of a platform was set');
      return get(provider);
    },
    async remove(provider) {
      configured.get(provider);
      const found = await store.transaction(async (tx) => {
        const retired = await providerApps.retire(tx, provider, clock.now());
        await providerApps.removeUnused(tx, provider);
        return retired;
      });
      if (!found) throw new EvergrantError('not_found', { provider, detail: 'No app was set here' });
      await changed();
    },
    preferNextSecret(app) {
      exchanging = exchanging
        .then(() => exchangeSecrets(app))
        .catch((error: unknown) => {
          logger.warn(
            { provider: app.provider, error },
            'it could not be noted that the next client secret is the right one',
          );
        });
    },
    follow: () => following.start(),
    async stop() {
      await exchanging;
      await following.stop();
    },
  };
};

/** The credentials were refused, and others stand in their place: whoever waits need not wait any longer. */
const tryAgain = async (tx: Queryable, provider: string, clientId: string, now: number): Promise<void> => {
  if (await gates.probeNow(tx, { provider, clientId }, now)) await schedule.retryNow(tx, { provider, clientId }, now);
};

/** Looks now and then, and when told to, until it is stopped. */
const follow = ({ clock, logger, notices }: Tools, look: () => Promise<void>) => {
  let stopped = false;
  let looking: Promise<void> = Promise.resolve();
  const lookOnce = (): Promise<void> => {
    if (stopped) return looking;
    looking = looking.then(look).catch((error: unknown) => {
      logger.warn({ error }, 'the apps of platforms could not be read; those that are known go on');
    });
    return looking;
  };
  let cancel = () => {};
  const wait = (): void => {
    cancel = clock.after(readInterval, () => void lookOnce().then(() => (stopped ? undefined : wait())));
  };
  return {
    start() {
      notices.on(notice, () => void lookOnce());
      wait();
    },
    async stop() {
      stopped = true;
      cancel();
      await looking;
    },
  };
};

type SecretColumn = 'client_secret_sealed' | 'next_client_secret_sealed';

const place = (row: string, column: SecretColumn) => ({ table: 'provider_apps', column, row });

const secretsOf = ({ vault }: Pick<Tools, 'vault'>, row: ProviderAppRow): (Secret | null)[] =>
  (['client_secret_sealed', 'next_client_secret_sealed'] as const).map((column) =>
    row[column] === null ? null : new Secret(vault.open(row[column], place(row.id, column))),
  );

const signatureOf = (rows: readonly Pick<ProviderAppRow, 'id' | 'version'>[]): string =>
  rows.map(({ id, version }) => `${id}:${version}`).join(' ');

/** What the rows make of the settings. Rows of a provider that is not known any more, or is played, wait. */
const knownApps = (tools: Tools, configured: Catalogue, publicUrl: string, rows: ProviderAppRow[]) => {
  const byId = new Map(configured.list().map((provider) => [provider.definition.id, provider]));
  const replacedProviders: ResolvedProvider[] = [];
  for (const row of rows) {
    const provider = configured.list().find(({ definition }) => definition.id === row.provider);
    if (!provider) continue;
    if (provider.simulated) {
      tools.logger.warn({ provider: row.provider }, 'the sandbox plays this platform; its app waits for SANDBOX=off');
      continue;
    }
    const resolved = withApp(tools, provider, publicUrl, row);
    if (row.retired_at !== null) replacedProviders.push(resolved);
    else {
      byId.set(row.provider, resolved);
      if (provider.clientId !== null) replacedProviders.push(provider);
    }
  }
  const catalogue: Catalogue = {
    get: (id) => byId.get(id) ?? configured.get(id),
    list: () => configured.list().map(({ definition }) => byId.get(definition.id)!),
  };
  const current: ReadonlyMap<string, ConfiguredApp> = configuredApps(catalogue, publicUrl);
  const replaced = replacedProviders
    .filter(({ definition, clientId }) => current.get(definition.id)?.credentials?.clientId !== clientId)
    .map((provider) => toConfigured(provider, publicUrl));
  return { rows, signature: signatureOf(rows), catalogue, current: () => current, replaced: () => replaced };
};

const withApp = (
  tools: Tools,
  provider: ResolvedProvider,
  publicUrl: string,
  row: ProviderAppRow,
): ResolvedProvider => {
  const [clientSecret = null, nextClientSecret] = secretsOf(tools, row);
  const standard = redirectUriFor(publicUrl, row.provider);
  return {
    ...provider,
    clientId: row.client_id,
    clientSecret,
    nextClientSecret,
    appSource: 'api',
    scopes: row.scopes === null ? provider.scopes : (JSON.parse(row.scopes) as string[]),
    // The address under which the service is reached may have changed since.
    redirectUriSetting:
      row.redirect_uri === null
        ? provider.redirectUriSetting
        : row.redirect_uri.endsWith('/')
          ? `${standard}/`
          : standard,
  };
};
