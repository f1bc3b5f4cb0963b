import type { GetJson } from '../protocols/get-json.ts';
import type { App, AppSettings, Protocol } from '../protocols/types.ts';
import { hasRenewal, type ProtocolDefinition } from '../providers/define.ts';
import type { GrantRow, Store } from '../store/index.ts';
import type { Clock } from '../telemetry/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Notices } from '../telemetry/notices.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { Vault } from '../vault/index.ts';
import type { Health } from './health.ts';
import type { Spool } from './spool.ts';
import type { Usage } from './usage.ts';

/** What the rooms above the store work with. Made once, at construction. */
export interface Context {
  store: Store;
  vault: Vault;
  clock: Clock;
  logger: Logger;
  notices: Notices;
  apps: Apps;
  /** Names this process in leases. */
  node: string;
  health: Health;
  usage: Usage;
  spool: Spool;
  metrics: Metrics;
  tracing: Tracing;
  /** In [0, 1); replaced in tests. */
  random(): number;
  /** Called as a renewal passes each of its steps; does nothing but in crash tests, which end the process there. */
  step(name: RenewalStep): void;
}

/** The steps of a renewal between which a crash leaves something different behind. */
export type RenewalStep = 'claimed' | 'sending' | 'answered' | 'journalled' | 'read' | 'settled';

export interface Apps {
  /**
   * What settings say about the app at a provider.
   * @param instance host of the instance, where the provider has several
   * @throws EvergrantError `provider_unknown`, `provider_not_configured`
   */
  get(provider: string, instance?: string | null): AppSettings;
  /**
   * The app to begin a flow with, registered at the instance first where the provider wants that.
   * @throws EvergrantError as `get`, and why it could not be registered
   */
  ready(provider: string, instance: string | null): Promise<App>;
  /**
   * The app with which a grant was made, or a flow begun. What must be looked up to use it, {@link Apps.protocol} does.
   * @throws EvergrantError `provider_not_configured` when another app stands in the settings now
   */
  ofGrant(grant: Pick<GrantRow, 'provider' | 'client_id' | 'instance'>): App;
  /** What of the facts kept with a grant goes out with its token, see the definition; null: nothing. */
  handsOut(provider: string): Readonly<Record<string, string>> | null;
  /** Of the app with which flows begin; null: one is registered at each instance. */
  currentClientId(provider: string): string | null;
  protocol(app: App): Protocol;
  getJson: GetJson;
  /** Every configured app, but for those of providers that have one at each instance. */
  list(): readonly App[];
  /** Ids of the providers that register an app at each instance. */
  perInstance(): readonly string[];
  /** Forgets apps of instances that are no longer used. */
  prune(): Promise<void>;
}

/** Whether the access token is its own refresh credential (Meta's long-lived tokens). */
export const isSelfRefreshing = (protocol: ProtocolDefinition): boolean =>
  protocol.kind === 'oauth2' && protocol.refreshRequest?.credential === 'access_token';

/** Whether a second token request follows the exchange. */
export const needsUpgrade = (protocol: ProtocolDefinition): boolean =>
  protocol.kind === 'oauth2' && protocol.upgrade !== undefined;

/** Whether the operator wants tokens without an end to be traded for such that are renewed. */
export const isMigrating = ({ definition: { protocol }, variables }: App): boolean =>
  protocol.kind === 'oauth2' && protocol.migration !== undefined && variables[protocol.migration.option] === 'on';

/** Whether anything can renew this grant. */
export const isRenewable = (app: App, { hasRefreshToken }: { hasRefreshToken: boolean }): boolean =>
  hasRenewal(app.definition) && (hasRefreshToken || isSelfRefreshing(app.definition.protocol) || isMigrating(app));
