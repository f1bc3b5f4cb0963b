import type { App, Protocol } from '../protocols/types.ts';
import type { OAuth2Protocol } from '../providers/define.ts';
import type { GrantRow, Store } from '../store/index.ts';
import type { Clock } from '../telemetry/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Notices } from '../telemetry/notices.ts';
import type { Vault } from '../vault/index.ts';

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
  /** In [0, 1); replaced in tests. */
  random(): number;
}

export interface Apps {
  /**
   * The operator's app at a provider.
   * @param instance host of the instance, where the provider has several
   * @throws EvergrantError `provider_unknown`, `provider_not_configured`
   */
  get(provider: string, instance?: string | null): App;
  /**
   * The app with which a grant was made.
   * @throws EvergrantError `provider_not_configured` when another app stands in the settings now
   */
  ofGrant(grant: Pick<GrantRow, 'provider' | 'client_id' | 'instance'>): App;
  protocol(app: App): Protocol;
}

/** Whether the access token is its own refresh credential (Meta's long-lived tokens). */
export const isSelfRefreshing = (protocol: OAuth2Protocol): boolean =>
  protocol.refreshRequest?.credential === 'access_token';

/** Whether anything can renew this grant. */
export const isRenewable = (app: App, grant: { hasRefreshToken: boolean }): boolean =>
  app.definition.refresh?.supported !== false && (grant.hasRefreshToken || isSelfRefreshing(app.definition.protocol));
