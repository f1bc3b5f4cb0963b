import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ask, query } from './client.ts';
import type { CreatedWebhook, Delivery, Page, SentDelivery, TimelineEvent, Webhook, WebhookTest } from './types.ts';

export const useEvents = (filter: { type: string; provider: string; owner: string }) =>
  useInfiniteQuery({
    queryKey: ['events', filter],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<TimelineEvent>>(`/v1/events${query({ ...filter, limit: 50, cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? 30_000 : false),
    placeholderData: (former) => former,
  });

export const useWebhooks = () =>
  useInfiniteQuery({
    queryKey: ['webhooks'],
    queryFn: ({ pageParam, signal }) => ask<Page<Webhook>>(`/v1/webhooks${query({ cursor: pageParam })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const useWebhook = (id: string) =>
  useQuery({
    queryKey: ['webhook', id],
    queryFn: ({ signal }) => ask<Webhook>(`/v1/webhooks/${id}`, { signal }),
    refetchInterval: 15_000,
  });

export const useDeliveries = (id: string, status: string) =>
  useInfiniteQuery({
    queryKey: ['webhook', id, 'deliveries', status],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<Delivery>>(`/v1/webhooks/${id}/deliveries${query({ status, limit: 50, cursor: pageParam })}`, {
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? 5000 : false),
    placeholderData: (former) => former,
  });

/** What every webhook was told of one connection. */
export const useSentEvents = (connection: string) =>
  useInfiniteQuery({
    queryKey: ['connection', connection, 'deliveries'],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<SentDelivery>>(`/v1/connections/${connection}/deliveries${query({ limit: 20, cursor: pageParam })}`, {
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? 5000 : false),
  });

/** A change of webhooks, after which everything about them is read again. */
const useWebhookChange = <Input, Answer>(change: (input: Input) => Promise<Answer>) => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['webhooks'] });
      void client.invalidateQueries({ queryKey: ['webhook'] });
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[2] === 'deliveries' });
    },
  });
};

export const useMakeWebhook = () =>
  useWebhookChange((json: { url: string; events?: string[] | null; owner?: string }) =>
    ask<CreatedWebhook>('/v1/webhooks', { method: 'POST', json }),
  );

export const useChangeWebhook = (id: string) =>
  useWebhookChange((json: { url?: string; events?: string[] | null; disabled?: boolean }) =>
    ask<Webhook>(`/v1/webhooks/${id}`, { method: 'PATCH', json }),
  );

export const useRotateSecret = (id: string) =>
  useWebhookChange(() => ask<CreatedWebhook>(`/v1/webhooks/${id}/rotate-secret`, { method: 'POST' }));

export const useTestWebhook = (id: string) =>
  useWebhookChange(() => ask<WebhookTest>(`/v1/webhooks/${id}/test`, { method: 'POST' }));

export const useReplay = (id: string) =>
  useWebhookChange((delivery: string) =>
    ask<Delivery>(`/v1/webhooks/${id}/deliveries/${delivery}/replay`, { method: 'POST' }),
  );

/** Sends several once more: what was given up, or every event since a time (RFC 3339). */
export const useReplayMany = (id: string) =>
  useWebhookChange((json: { status: 'failed' } | { since: string }) =>
    ask<{ replayed: number }>(`/v1/webhooks/${id}/replay`, { method: 'POST', json }),
  );

export const useRemoveWebhook = (id: string) => {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => ask<undefined>(`/v1/webhooks/${id}`, { method: 'DELETE' }),
    onSuccess: () => {
      client.removeQueries({ queryKey: ['webhook', id] });
      void client.invalidateQueries({ queryKey: ['webhooks'] });
    },
  });
};
