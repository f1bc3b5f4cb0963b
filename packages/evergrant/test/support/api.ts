/** What the API says of a connection; as much of it as the tests read. */
export interface ConnectionBody {
  id: string;
  provider: string;
  owner: string;
  status: 'active' | 'limited' | 'degraded' | 'reauth_required' | 'disabled' | 'pending';
  reason: string | null;
  account: { id: string; name: string | null; username: string | null };
  scopes: { granted: string[]; missing: string[] };
  token: {
    expires_at: string | null;
    refreshable: boolean;
    next_refresh_at: string | null;
    last_refreshed_at: string | null;
    generation: number;
  };
  last_error: { code: string } | null;
  reconnect_url: string | null;
}

export interface TokenBody {
  access_token: string;
  token_type: string;
  expires_at: string | null;
  scopes: string[];
  generation: number;
}

/** RFC 9457. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  code: string;
  actor: string;
  retryable: boolean;
  retry_after?: number;
  detail?: string;
  reconnect_url?: string;
}

export interface FlowBody {
  id: string;
  status: 'pending' | 'choosing' | 'connected' | 'failed' | 'expired';
  connections: ConnectionBody[];
  /** While `choosing`. */
  accounts: { id: string; unavailable: string | null }[];
  error?: ProblemBody | null;
}

export interface StartedFlowBody {
  id: string;
  url: string;
  status_token: string;
}

export interface ConnectBody {
  provider?: string;
  owner: string;
  instance?: string;
  connection_id?: string;
  scopes?: string[];
  return_to?: string;
  skip_confirmation?: boolean;
}

/** An answer of the API; `problem` is set where `body` would be a problem document. */
export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
  problem: ProblemBody | null;
}

/** An answer that must be a success. */
export const expectBody = <T>({ status, body, problem }: Answer<T>): T => {
  if (problem || status >= 400) throw new Error(`The API answered ${status} ${JSON.stringify(problem)}`);
  return body;
};

export type Api = ReturnType<typeof createApi>;

/** A client of the HTTP API. */
export const createApi = (url: string, apiKey: string) => {
  const call = async <T>(
    method: string,
    path: string,
    { body, signal }: { body?: unknown; signal?: AbortSignal } = {},
  ): Promise<Answer<T>> => {
    const response = await fetch(`${url}${path}`, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
    const parsed: unknown = text === '' ? null : JSON.parse(text);
    return {
      status: response.status,
      headers: response.headers,
      body: parsed as T,
      problem: isProblem ? (parsed as ProblemBody) : null,
    };
  };
  const query = (values: Record<string, string | number | undefined>): string => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) if (value !== undefined) parameters.set(name, String(value));
    return parameters.size === 0 ? '' : `?${parameters.toString()}`;
  };
  return {
    call,
    connect: (body: ConnectBody) => call<StartedFlowBody>('POST', '/v1/connect', { body }),
    flow: (id: string, wait?: number) => call<FlowBody>('GET', `/v1/connect/${id}${query({ wait })}`),
    connection: (id: string) => call<ConnectionBody>('GET', `/v1/connections/${id}`),
    connections: (filter: { owner?: string } = {}) =>
      call<{ data: ConnectionBody[] }>('GET', `/v1/connections${query(filter)}`),
    token: (id: string, options: { minValid?: number; signal?: AbortSignal } = {}) =>
      call<TokenBody>('GET', `/v1/connections/${id}/token${query({ min_valid: options.minValid })}`, {
        signal: options.signal,
      }),
    rejected: (id: string, generation: number) =>
      call<TokenBody>('POST', `/v1/connections/${id}/token/rejected`, { body: { generation } }),
    refresh: (id: string) => call<ConnectionBody>('POST', `/v1/connections/${id}/refresh`),
    disconnect: (id: string) => call<null>('DELETE', `/v1/connections/${id}`),
    events: (id: string) => call<{ data: { type: string }[] }>('GET', `/v1/connections/${id}/events`),
  };
};
