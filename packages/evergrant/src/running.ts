import { createCalls } from './calls/index.ts';
import { createLooks } from './connections/check.ts';
import { createConnections } from './connections/connections.ts';
import { createFlows } from './connections/flows.ts';
import { createImports } from './connections/import.ts';
import { createReread } from './connections/reread.ts';
import type { StreamingEgress } from './egress/index.ts';
import type { StartEngine } from './engine/choose.ts';
import { throughEngine } from './engine/elsewhere.ts';
import type { Engine } from './engine/types.ts';
import { isEvergrantError } from './errors/index.ts';
import { createFollowing } from './events/following.ts';
import { pruneEvents } from './events/retention.ts';
import { listTimeline, type TimelineQuery } from './events/timeline.ts';
import { createWebhooks } from './events/webhooks/index.ts';
import { watchClock } from './grants/clock-set-back.ts';
import type { Context } from './grants/context.ts';
import { warnOfEnds } from './grants/expiring.ts';
import { observe } from './grants/inspection.ts';
import { createMigrations } from './grants/migration.ts';
import type { ProviderApps } from './grants/provider-apps.ts';
import { createRenewals } from './grants/renew.ts';
import { tryDueRevocations } from './grants/revocations.ts';
import { day, leaseDuration } from './grants/timing.ts';
import { createHttp, type Handler } from './http/app.ts';
import { createAudit } from './http/audit.ts';
import { loadDashboard } from './http/dashboard.ts';
import { createKeyring } from './http/keyring.ts';
import { createLimits } from './http/limits.ts';
import { createLogo } from './http/logo.ts';
import { createRenewalOverview } from './http/overview.ts';
import { createPictures } from './http/pictures.ts';
import { createSessions } from './http/sessions.ts';
import { oddsText, providersAtOdds } from './providers/sharing.ts';
import type { Settings } from './settings/index.ts';
import { createHorizon, gates, grants, schedule } from './store/index.ts';

/** What an Evergrant stands on, once its database is open. */
export interface Ground {
  context: Context;
  settings: Settings;
  providerApps: ProviderApps;
  egress: StreamingEgress;
  /** Whether it is a worker of Temporal, which serves no API. */
  isWorker: boolean;
}

/** What works while an Evergrant runs. */
export type Services = Awaited<ReturnType<typeof createServices>>;

/** @param engine the one that runs, once there is one */
export const createServices = async (
  { context, settings, providerApps, egress }: Ground,
  engine: () => Engine | null,
) => {
  const { publicUrl } = settings;
  const ownRenewals = createRenewals(context);
  const renewals = throughEngine(context, ownRenewals, engine);
  const horizon = createHorizon(context.store.db);
  return {
    providerApps,
    /** What somebody waits for; the workers of a group may do it. */
    renewals,
    /** Those of this process. */
    ownRenewals,
    flows: createFlows(context, { publicUrl, returnOrigins: returnOrigins(settings) }),
    connections: createConnections(context, renewals, { publicUrl }),
    imports: createImports(context, renewals, { publicUrl }),
    calls: createCalls(context, renewals, egress),
    timeline: { list: (query: TimelineQuery) => listTimeline(context.store, horizon, query) },
    following: createFollowing(context, horizon),
    webhooks: createWebhooks(context, horizon, egress, settings),
    keyring: await createKeyring(context.store, context.clock, settings.apiKey),
    audit: createAudit(context.logger, context.clock),
  };
};

const returnOrigins = ({ returnUrls, publicUrl }: Settings): string[] => [...returnUrls, new URL(publicUrl).origin];

/** @param engine the one that runs, once there is one */
export const createHandler = (ground: Ground, services: Services, engine: () => Engine | null): Handler => {
  const { context, settings, egress, isWorker } = ground;
  const { publicUrl } = settings;
  return createHttp({
    ...services,
    context,
    settings,
    returnOrigins: returnOrigins(settings),
    limits: createLimits(context.clock, settings.rateLimits),
    engine,
    isWorker,
    logo: createLogo(settings.branding.logo, { egress, logger: context.logger, now: () => context.clock.monotonic() }),
    sessions: createSessions(context.store, context.clock, services.keyring, publicUrl),
    renewalOverview: createRenewalOverview(context.store.db, context.clock),
    pictures: createPictures(egress, context.clock),
    reread: createReread(context),
    dashboard: settings.dashboard ? loadDashboard(publicUrl) : null,
  });
};

/** Says at the start, and at every scrape, what an operator should know. */
export const report = ({ context }: Ground, { providerApps, webhooks }: Services): void => {
  for (const pair of providersAtOdds(providerApps.catalogue.list())) context.logger.warn({}, oddsText(pair));
  context.metrics.observe(async () => ({ ...(await observe(context)), webhooks: await webhooks.observe() }));
};

/** Finishes what an earlier process left, before anything new is begun. */
export const recover = async ({ context }: Ground, { renewals, flows }: Services): Promise<void> => {
  await gates.probeAllNow(context.store.db, context.clock.now());
  await renewals.recover();
  await flows.recover();
};

/**
 * Recovers, where it should, and only then starts the engine: its claims must not meet what an earlier process received.
 *
 * @param startEngine null: nothing is renewed but what is read
 */
export const begin = async (
  ground: Ground,
  services: Services,
  startEngine: StartEngine | null,
  recovers: boolean,
): Promise<Engine | null> => {
  if (recovers) await recover(ground, services);
  services.providerApps.follow();
  return startEngine && startRenewing(ground, services, startEngine);
};

/** How long the history of renewals is kept, in milliseconds. */
const attemptHistory = 30 * day;

/** Starts the engine, with what else must be done now and then. */
export const startRenewing = (ground: Ground, services: Services, startEngine: StartEngine): Engine => {
  const { ownRenewals: renewals, flows } = services;
  const { context, settings } = ground;
  const { db } = context.store;
  const now = (): number => context.clock.now();
  const engine = startEngine(context, renewals, [
    watchClock(context),
    () => context.usage.flush(context),
    () => renewals.recover(leaseDuration),
    () => flows.sweep(),
    () => context.apps.prune(),
    () => tryDueRevocations(context),
    () => warnOfEnds(context),
    createLooks(context),
    createMigrations(context),
    () => schedule.raiseUrgency(db, now() + day),
    async () => schedule.removeLapsed(db, await context.store.now(db)),
    () => grants.removeAttempts(db, now() - attemptHistory),
    () => pruneEvents(context, settings.eventsRetentionDays * day),
  ]);
  context.notices.on('schedule', () => engine.poke());
  return engine;
};

/**
 * Begins nothing new, and resolves when what was sent is committed.
 *
 * @param engines stops what begins things by itself
 */
export const stopServices = async (
  { context }: Ground,
  { following, flows, renewals, providerApps, audit }: Services,
  engines: (() => Promise<void>)[],
): Promise<void> => {
  following.close();
  await Promise.all(engines.map((stop) => stop()));
  await flows.idle();
  await renewals.idle();
  await providerApps.stop();
  audit.flush();
  await context.usage.flush(context).catch((error: unknown) => {
    const code = isEvergrantError(error) ? error.code : 'internal';
    context.logger.warn({ error_code: code }, 'the last uses of tokens could not be noted');
  });
};
