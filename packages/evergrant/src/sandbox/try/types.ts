import type { ErrorCode } from '../../errors/index.ts';
import type { Clock } from '../../telemetry/clock.ts';

/** A connection as the try page shows it. Times are ISO 8601. */
export interface ConnectionView {
  id: string;
  provider: string;
  owner: string;
  status: string;
  reason: string | null;
  account: {
    id: string;
    type: string;
    name: string | null;
    username: string | null;
    picture: string | null;
    url: string | null;
  };
  scopes: { granted: string[]; missing: string[] };
  token: {
    expiresAt: string | null;
    refreshable: boolean;
    nextRefreshAt: string | null;
    lastRefreshedAt: string | null;
    generation: number;
  };
  lastError: { code: string; detail: string | null } | null;
  reconnectUrl: string | null;
  createdAt: string;
}

/** What the try page needs of an Evergrant. */
export interface EvergrantForTrying {
  connect(input: {
    provider: string;
    owner: string;
    returnTo?: string;
    skipConfirmation?: boolean;
    connectionId?: string;
  }): Promise<{ url: string }>;
  /** @throws EvergrantError `flow_not_found` */
  getFlow(flowId: string): Promise<{ owner: string; error: { code: ErrorCode } | null }>;
  listConnections(filter: { owner?: string; limit?: number }): Promise<{ data: ConnectionView[] }>;
  refresh(connectionId: string): Promise<unknown>;
  disconnect(connectionId: string): Promise<unknown>;
}

export interface TryPageOptions {
  evergrant: EvergrantForTrying;
  /** The simulated platforms, in the order of their buttons. */
  providers: { id: string; name: string }[];
  publicUrl: string;
  clock: Clock;
  /** Where to go next. Default: the description of the API. */
  links?: { href: string; words: string }[];
}
