/* The shapes of the HTTP API as its contract writes them, independent of the code. */

export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: string;
  actor: string;
  retryable: boolean;
  detail?: string;
  instance?: string;
  retry_after?: number;
  errors?: { pointer: string; code: string; message: string }[];
  upstream?: { status?: number; code?: string; description?: string };
}

export interface ConnectionBody {
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
    expires_at: string | null;
    refreshable: boolean;
    next_refresh_at: string | null;
    last_refreshed_at: string | null;
    refresh_expires_at: string | null;
    generation: number;
  };
  last_error: { code: string; detail: string | null; at: string } | null;
  reconnect_url: string | null;
  metadata: Record<string, unknown>;
  created_at: string;
  updated_at: string;
}

export interface AccountBody {
  id: string;
  type: string;
  name: string | null;
  username: string | null;
  picture: string | null;
  url: string | null;
}

export interface FlowBody {
  id: string;
  status: string;
  connections: ConnectionBody[];
  accounts: AccountBody[];
  error: ProblemBody | null;
}

export interface StartedFlowBody {
  id: string;
  status: string;
  url: string;
  status_token: string;
  expires_at: string;
}

export interface TokenBody {
  access_token: string;
  token_type: string;
  /** With OAuth 1.0a. */
  token_secret?: string;
  expires_at: string | null;
  scopes: string[];
  generation: number;
}
