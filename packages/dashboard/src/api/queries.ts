import { type QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { ask, Problem, query } from './client.ts';
import { type Liveness, putIntoTables } from './live.ts';
import type {
  ApiKey,
  App,
  AppTest,
  Connection,
  Disconnection,
  Overview,
  Page,
  Permission,
  Provider,
  Renewal,
  ServerSettings,
  StartedFlow,
  TimelineEvent,
} from './types.ts';

/** Whether changes come by themselves; what is shown is asked for again and again only where they do not. */
export const LiveContext = createContext<Liveness>('connecting');

const usePolling = (milliseconds: number): number | false =>
  useContext(LiveContext) === 'live' ? false : milliseconds;

export const useOverview = () =>
  useQuery({
    queryKey: ['overview'],
    queryFn: ({ signal }) => ask<Overview>('/v1/overview', { signal }),
    // Renewals that become due are no events.
    refetchInterval: 30_000,
  });

export interface ConnectionFilter {
  q: string;
  status: string;
  provider: string;
  owner: string;
}

export const useConnections = (filter: ConnectionFilter) => {
  const polling = usePolling(15_000);
  return useInfiniteQuery({
    queryKey: ['connections', filter],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<Connection>>(`/v1/connections${query({ ...filter, limit: 100, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (former) => former,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? polling : false),
    refetchOnWindowFocus: false,
  });
};

/** The newest of those that only a person can mend. */
export const useNeedingPerson = (limit: number) =>
  useQuery({
    queryKey: ['needing', limit],
    queryFn: ({ signal }) =>
      ask<Page<Connection>>(`/v1/connections${query({ status: 'reauth_required', limit })}`, { signal }),
    refetchInterval: usePolling(15_000),
  });

/** Null: there is no such connection, or not any more. */
export const useConnection = (id: string) => {
  const polling = usePolling(5000);
  return useQuery({
    queryKey: ['connection', id],
    queryFn: async ({ signal }) => {
      try {
        return await ask<Connection>(`/v1/connections/${id}`, { signal });
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (state.data === null ? false : polling),
  });
};

export const useTimeline = (id: string) =>
  useInfiniteQuery({
    queryKey: ['connection', id, 'events'],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<TimelineEvent>>(`/v1/connections/${id}/events${query({ limit: 20, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: usePolling(10_000),
  });

export const useRenewals = (id: string) =>
  useQuery({
    queryKey: ['connection', id, 'renewals'],
    queryFn: ({ signal }) => ask<Page<Renewal>>(`/v1/connections/${id}/renewals`, { signal }),
    refetchInterval: usePolling(10_000),
  });

export const useDisconnection = (id: string, enabled: boolean) =>
  useQuery({
    queryKey: ['connection', id, 'disconnection'],
    queryFn: ({ signal }) => ask<Disconnection>(`/v1/connections/${id}/disconnection`, { signal }),
    enabled,
  });

export const useProviders = () =>
  useQuery({
    queryKey: ['providers'],
    queryFn: async ({ signal }) => (await ask<Page<Provider>>('/v1/providers', { signal })).data,
    refetchInterval: usePolling(30_000),
  });

export const useKeys = () =>
  useInfiniteQuery({
    queryKey: ['keys'],
    queryFn: ({ pageParam, signal }) => ask<Page<ApiKey>>(`/v1/keys${query({ cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

const changed = (client: QueryClient, connection: Connection): void => {
  client.setQueryData(['connection', connection.id], connection);
  putIntoTables(client, connection);
  void client.invalidateQueries({ queryKey: ['connection', connection.id] });
  void client.invalidateQueries({ queryKey: ['overview'] });
};

export const useRenew = (id: string) => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask<Connection>(`/v1/connections/${id}/refresh`, { method: 'POST' }),
    onSuccess: (connection) => changed(client, connection),
    onError: () => void client.invalidateQueries({ queryKey: ['connection', id] }),
  });
};

/** Shown at once, and taken back if the server refuses. */
export const useSwitch = (id: string) => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (disabled: boolean) =>
      ask<Connection>(`/v1/connections/${id}`, { method: 'PATCH', json: { disabled } }),
    onMutate: async (disabled) => {
      await client.cancelQueries({ queryKey: ['connection', id], exact: true });
      const former = client.getQueryData<Connection>(['connection', id]);
      if (former && disabled) client.setQueryData(['connection', id], { ...former, status: 'disabled' });
      return { former };
    },
    onSuccess: (connection) => changed(client, connection),
    onError: (_error, _disabled, context) => client.setQueryData(['connection', id], context?.former),
  });
};

export const useDisconnect = (id: string) => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask<{ warnings: unknown[] } | undefined>(`/v1/connections/${id}`, { method: 'DELETE' }),
    onSuccess: () => {
      client.removeQueries({ queryKey: ['connection', id] });
      for (const name of ['connections', 'overview', 'needing']) void client.resetQueries({ queryKey: [name] });
    },
  });
};

export interface ConnectRequest {
  provider?: string;
  owner: string;
  connection_id?: string;
  instance?: string;
  return_to?: string;
  skip_confirmation?: boolean;
}

export const useConnect = () =>
  useMutation({ mutationFn: (json: ConnectRequest) => ask<StartedFlow>('/v1/connect', { method: 'POST', json }) });

/** Null: the platform has none. */
export const useApp = (provider: string, configured: boolean) =>
  useQuery({
    queryKey: ['app', provider],
    queryFn: ({ signal }) => ask<App>(`/v1/providers/${provider}/app`, { signal }),
    enabled: configured,
  });

/** A change of an app, after which everything about the platform is read again. */
const useAppChange = <Input>(provider: string, change: (input: Input) => Promise<unknown>) => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ['providers'] });
      // Without an app there is none to be asked for.
      const known = client.getQueryData<Provider[]>(['providers'])?.find(({ id }) => id === provider);
      if (known?.configured) await client.invalidateQueries({ queryKey: ['app', provider] });
      else client.removeQueries({ queryKey: ['app', provider] });
    },
  });
};

export interface NewApp {
  client_id: string;
  client_secret?: string;
  scopes?: string[];
}

export const useSaveApp = (provider: string) =>
  useAppChange(provider, (json: NewApp) => ask<App>(`/v1/providers/${provider}/app`, { method: 'PUT', json }));

export const useRemoveApp = (provider: string) =>
  useAppChange(provider, (_nothing: undefined) =>
    ask<undefined>(`/v1/providers/${provider}/app`, { method: 'DELETE' }),
  );

/** Asks the platform whether it takes the app. */
export const useTestApp = (provider: string) =>
  useMutation({ mutationFn: () => ask<AppTest>(`/v1/providers/${provider}/app/test`, { method: 'POST' }) });

export const useServerSettings = () =>
  useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => ask<ServerSettings>('/v1/settings', { signal }),
    // They change with a restart only.
    staleTime: 60_000,
  });

export const useMakeKey = () => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (json: { name: string; permissions: Permission[]; owner?: string }) =>
      ask<ApiKey & { key: string }>('/v1/keys', { method: 'POST', json }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }),
  });
};

export const useRevokeKey = () => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ask<undefined>(`/v1/keys/${id}`, { method: 'DELETE' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }),
  });
};
