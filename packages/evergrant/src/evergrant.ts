import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Imports } from './connections/import.ts';
import { createEgress, tracedEgress } from './egress/index.ts';
import { chooseEngine, type StartEngine } from './engine/choose.ts';
import type { Role } from './engine/temporal/load.ts';
import type { Engine } from './engine/types.ts';
import type { Webhooks } from './events/webhooks/index.ts';
import { configuredApps, createApps, unusedApps } from './grants/apps.ts';
import { createClientKeys } from './grants/client-keys.ts';
import type { Context } from './grants/context.ts';
import { createHealth } from './grants/health.ts';
import { createInstanceApps } from './grants/instance-apps.ts';
import { createProviderApps, type ProviderApps } from './grants/provider-apps.ts';
import { keyUse, type ResealProgress, reseal } from './grants/reseal.ts';
import { createSpool } from './grants/spool.ts';
import { createUsage } from './grants/usage.ts';
import type { Handler } from './http/app.ts';
import type { Keyring } from './http/keyring.ts';
import { openVault } from './open-vault.ts';
import { createOperations, type Operations } from './operations.ts';
import { createSpeech } from './protocols/index.ts';
import { type ProviderOperations, providerOperations } from './provider-operations.ts';
import { builtinProviders } from './providers/builtin.ts';
import { type Catalogue, createCatalogue } from './providers/load.ts';
import { begin, createHandler, createServices, type Ground, report, stopServices } from './running.ts';
import { type EvergrantConfig, parseSettings, type Settings } from './settings/index.ts';
import { openStore, type Store } from './store/index.ts';
import { type Clock, systemClock } from './telemetry/clock.ts';
import { createLogger, silentLogger } from './telemetry/log.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { createNotices, type Notices } from './telemetry/notices.ts';
import { loadTracing } from './telemetry/opentelemetry.ts';
import type { Secret } from './telemetry/secret.ts';

/** A running Evergrant. Two may live in one process. */
export interface Evergrant extends Operations {
  /** Every route of the HTTP API and the hosted pages, to be mounted in any server that speaks Request and Response. */
  readonly handler: Handler;
  /** The providers that are known, configured or not, with the apps that they have at the moment. */
  readonly catalogue: Catalogue;
  /**
   * One platform, with the operations that this field knows by name: `generateAuthUrl`, `authenticate`, `refreshToken`,
   * `checkScopes`, `handleErrors`.
   *
   * @throws EvergrantError `provider_unknown`
   */
  provider(id: string): ProviderOperations;
  /** Apps at providers that are set at run time. */
  readonly apps: Pick<ProviderApps, 'get' | 'set' | 'remove'>;
  readonly settings: Settings;
  /** The bootstrap API key, if this start made it; it is shown here once and kept only as a hash. */
  readonly newApiKey: Secret | null;
  /** The keys under which secrets are stored. */
  readonly vault: {
    readonly primaryKeyId: string;
    /** Seals everything anew with the first key, while the service goes on. */
    rotate(report?: (progress: ResealProgress) => void): Promise<ResealProgress>;
    /** How many stored values each key has sealed. One with none is no longer needed. */
    keyUse(): Promise<Record<string, number>>;
  };
  /** Import of tokens, with more to say than {@link Operations.importConnection}: for many at once. */
  readonly imports: Imports;
  /** API keys: made, listed and revoked. */
  readonly keys: Pick<Keyring, 'create' | 'list' | 'revoke'>;
  /** Where events are sent. */
  readonly webhooks: Pick<Webhooks, 'endpoints' | 'deliveries' | 'test'>;
  /** Ends the streams of events, so that a server that waits for its answers can stop; they are taken up elsewhere. */
  endStreams(): void;
  /** Whether this start made the key file. */
  readonly newKeyFile: string | null;
  /**
   * Finishes what was sent, then lets go of the database; called again, it waits for the same end. Whatever is asked
   * afterwards fails as `conflict`, and over HTTP as `storage_unavailable`.
   */
  close(): Promise<void>;
}

/** What tests replace, and commands. */
export interface Internals {
  /** What this process does for the Temporal engine, and nothing else; by default what the settings say. */
  role?: Role;
  clock?: Clock;
  logger?: Logger;
  /** In [0, 1). */
  random?: () => number;
  /** Called at each step of a renewal. */
  step?: Context['step'];
  /** Whether the start finishes what earlier processes left. Default true; a command that only looks changes nothing. */
  recovers?: boolean;
}

/**
 * Starts Evergrant inside an application.
 *
 * @throws SettingsError for bad settings
 * @throws EvergrantError `storage_unavailable`, `storage_key_unavailable`
 *
 * @example
 * const evergrant = await createEvergrant({ database: 'sqlite:./data/evergrant.db', publicUrl, providers });
 * const { accessToken } = await evergrant.getAccessToken(connectionId, { minValid: 300 });
 */
export const createEvergrant = async (config: EvergrantConfig = {}, internals: Internals = {}): Promise<Evergrant> => {
  const { settings } = parseSettings(config, {}, { builtins: Object.keys(builtinProviders) });
  // A library is silent unless its application says how loud it may be.
  const logger =
    internals.logger ?? (config.logLevel === undefined ? silentLogger : createLogger({ level: settings.logLevel }));
  return startEvergrant(settings, { ...internals, logger });
};

/** Starts Evergrant with settings that were read elsewhere. Throws as {@link createEvergrant}. */
export const startEvergrant = async (settings: Settings, internals: Internals = {}): Promise<Evergrant> => {
  const startEngine = await chooseEngine(settings, internals.role);
  const clock = internals.clock ?? systemClock;
  const logger = internals.logger ?? createLogger({ level: settings.logLevel });
  const catalogue = createCatalogue(builtinProviders, settings.providers);
  const tracing = await loadTracing();
  const egress = tracedEgress(createEgress({ clock }), tracing);
  for (const provider of unusedApps(configuredApps(catalogue, settings.publicUrl))) {
    logger.warn({ provider }, 'the client id is not used: options.instance must name the server of that app');
  }
  const notices = createNotices(clock);
  const store = await openStore(settings.database, {
    clock,
    ownTime: internals.clock !== undefined,
    heard: (id) => notices.changed(id),
  });
  try {
    const { vault, newKeyFile } = await openVault(settings, store);
    const speech = createSpeech(egress, { clock, logger, clientKey: createClientKeys(store, vault) });
    const instanceApps = createInstanceApps({ store, vault, clock, logger }, speech.register, settings.publicUrl);
    const shared = sharing(notices, store);
    const tools = { store, vault, clock, logger, notices: shared };
    const providerApps = await createProviderApps(tools, catalogue, settings.publicUrl);
    const context: Context = {
      ...tools,
      apps: createApps(providerApps, speech, instanceApps),
      health: createHealth(clock),
      usage: createUsage(),
      spool: createSpool(spoolFolder(settings)),
      metrics: createMetrics(),
      tracing,
      node: randomUUID(),
      random: internals.random ?? Math.random,
      step: internals.step ?? (() => {}),
    };
    const ground = { context, settings, providerApps, egress, isWorker: internals.role !== undefined };
    const running = await run(ground, startEngine, internals.recovers ?? true);
    return { ...running, newKeyFile, close: closing(running.stop, [() => egress.close(), () => store.close()]) };
  } catch (error) {
    await egress.close();
    await store.close();
    throw error;
  }
};

const run = async (ground: Ground, startEngine: StartEngine | null, recovers: boolean) => {
  const { context, settings, providerApps } = ground;
  let engine: Engine | null = null;
  const services = await createServices(ground, () => engine);
  const working = { ...services, context, publicUrl: settings.publicUrl };
  const handler = createHandler(ground, services, () => engine);
  report(ground, services);
  engine = await begin(ground, services, startEngine, recovers);
  const stopWebhooks = settings.engine === 'none' ? null : await services.webhooks.start();
  return {
    ...createOperations(working),
    imports: services.imports,
    handler,
    catalogue: providerApps.catalogue,
    provider: (id: string) => providerOperations({ ...working, catalogue: providerApps.catalogue }, id),
    apps: providerApps,
    settings,
    newApiKey: services.keyring.created,
    keys: services.keyring,
    webhooks: services.webhooks,
    endStreams: () => services.following.close(),
    vault: {
      primaryKeyId: context.vault.primaryKeyId,
      rotate: (progress) => reseal(context, progress),
      keyUse: () => keyUse(context),
    } satisfies Evergrant['vault'],
    stop: () => stopServices(ground, services, [async () => engine?.stop(), async () => stopWebhooks?.()]),
  };
};

/** What this process changes, the others on the same database hear of. */
const sharing = (notices: Notices, store: Store): Notices => ({
  ...notices,
  changed(id) {
    notices.changed(id);
    store.hints?.publish(id);
  },
});

/** Beside the database file; with PostgreSQL in the data folder of the working directory. */
const spoolFolder = ({ database }: Settings): string | null => {
  if (database.kind === 'postgres') return join('data', 'spool');
  return database.path === ':memory:' ? null : join(dirname(database.path), 'spool');
};

/** Closes once, in order, however often it is called. */
const closing = (stop: () => Promise<void>, then: (() => Promise<void>)[]): (() => Promise<void>) => {
  let closed: Promise<void> | null = null;
  const close = async () => {
    // An answer may still wait to be stored, on timers that by themselves keep no process alive.
    const alive = setInterval(() => {}, 60_000);
    try {
      await stop();
    } finally {
      for (const step of then) await step();
      clearInterval(alive);
    }
  };
  return () => (closed ??= close());
};
