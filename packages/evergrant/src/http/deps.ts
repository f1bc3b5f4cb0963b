import type { Calls } from '../calls/index.ts';
import type { Connections } from '../connections/connections.ts';
import type { Flows } from '../connections/flows.ts';
import type { Imports } from '../connections/import.ts';
import type { Engine } from '../engine/types.ts';
import type { Following } from '../events/following.ts';
import type { TimelineEvent } from '../events/index.ts';
import type { TimelineQuery } from '../events/timeline.ts';
import type { Webhooks } from '../events/webhooks/index.ts';
import type { Context } from '../grants/context.ts';
import type { ProviderApps } from '../grants/provider-apps.ts';
import type { Renewals } from '../grants/renew.ts';
import type { Settings } from '../settings/types.ts';
import type { Page } from '../store/index.ts';
import type { Audit } from './audit.ts';
import type { DashboardFiles } from './dashboard.ts';
import type { Keyring, Principal } from './keyring.ts';
import type { Limits } from './limits.ts';
import type { LogoSource } from './logo.ts';
import type { RenewalOverviewOf } from './overview.ts';
import type { Pictures } from './pictures.ts';
import type { Sessions } from './sessions.ts';

/** What the routes work with. */
export interface HttpDependencies {
  context: Context;
  settings: Settings;
  /** Origins to which a flow may return, and that may read a flow's status from a browser. */
  returnOrigins: readonly string[];
  providerApps: ProviderApps;
  flows: Flows;
  connections: Connections;
  imports: Imports;
  renewals: Renewals;
  calls: Calls;
  timeline: { list(query: TimelineQuery): Promise<Page<TimelineEvent>> };
  following: Following;
  webhooks: Webhooks;
  limits: Limits;
  audit: Audit;
  keyring: Keyring;
  /** The engine of this process, once it runs. */
  engine: () => Engine | null;
  /** Whether this process is good for nothing without its engine. */
  isWorker: boolean;
  logo: LogoSource;
  sessions: Sessions;
  renewalOverview: RenewalOverviewOf;
  pictures: Pictures;
  /** Reads the accounts of a connection's grant again; whether anything has changed. */
  reread(connectionId: string): Promise<boolean>;
  /** Null where it was not built. */
  dashboard: DashboardFiles | null;
}

/** What middleware leaves for the routes. */
export interface HttpEnv {
  Variables: {
    requestId: string;
    /** Those that every answer carries. */
    headers: Readonly<Record<string, string>>;
    principal: Principal;
  };
}
