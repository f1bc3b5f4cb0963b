import { type InfiniteData, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ask, Problem, send } from './client.ts';
import type { Connection, Page, TimelineEvent } from './types.ts';

/** `live`: changes arrive by themselves. `asking`: the page asks now and then. `lost`: the server does not answer. */
export type Liveness = 'connecting' | 'live' | 'asking' | 'lost';

const shortestPause = 1000;
const longestPause = 30_000;
/** What many events change is looked at again once in so many milliseconds. */
const gatherTime = 1000;
/** Connections of the table that are read again after one gathering. */
const mostAtOnce = 25;

/**
 * Follows `/v1/events/stream` while the page is open, and brings up to date what the events are about.
 *
 * @param isPermitted whether the key may; otherwise the pages ask now and then
 */
export const useLiveness = (isPermitted: boolean): Liveness => {
  const client = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>(isPermitted ? 'connecting' : 'asking');
  useEffect(() => {
    if (!isPermitted) return;
    const leaving = new AbortController();
    void follow(gatherer(client), setLiveness, leaving.signal);
    return () => leaving.abort();
  }, [client, isPermitted]);
  return liveness;
};

const follow = async (
  heard: (event: TimelineEvent) => void,
  tell: (liveness: Liveness) => void,
  signal: AbortSignal,
): Promise<void> => {
  let last: string | null = null;
  let pause = shortestPause;
  while (!signal.aborted) {
    try {
      const answer = await send('/v1/events/stream', {
        signal,
        headers: {
          accept: 'text/event-stream',
          // A line that is open is no sign that somebody sits before it.
          'evergrant-background': 'true',
          ...(last === null ? {} : { 'last-event-id': last }),
        },
      });
      tell('live');
      pause = shortestPause;
      for await (const { id, data } of serverSentEvents(answer.body!)) {
        if (id !== null) last = id;
        if (data !== '') heard(JSON.parse(data) as TimelineEvent);
      }
    } catch (error) {
      if (signal.aborted) return;
      // Without the permission, or at a server without the stream, there is nothing to wait for.
      if (error instanceof Problem && !error.isPassing) return tell('asking');
      tell('lost');
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(longestPause, pause * 2);
  }
};

/** The messages of a stream (HTML, section 9.2.6). */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ id: string | null; data: string }> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let rest = '';
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      rest += part.value;
      const messages = rest.split(/\r?\n\r?\n/);
      rest = messages.pop() ?? '';
      yield* messages.map(parseMessage);
    }
  } finally {
    await reader.cancel();
  }
}

const parseMessage = (message: string): { id: string | null; data: string } => {
  const fields = message.split(/\r?\n/).map((line) => /^(\w*):? ?(.*)$/.exec(line) ?? ['', '', '']);
  const valuesOf = (name: string) => fields.filter(([, field]) => field === name).map(([, , value]) => value ?? '');
  return { id: valuesOf('id').at(-1) ?? null, data: valuesOf('data').join('\n') };
};

/** Events come in crowds when a platform comes back: what they change is looked at once for all of them. */
const gatherer = (client: QueryClient): ((event: TimelineEvent) => void) => {
  let gathered: TimelineEvent[] = [];
  return (event) => {
    gathered.push(event);
    if (gathered.length > 1) return;
    setTimeout(() => {
      const events = gathered;
      gathered = [];
      apply(client, events);
    }, gatherTime);
  };
};

const apply = (client: QueryClient, events: TimelineEvent[]): void => {
  const stale = (...queryKey: unknown[]) => void client.invalidateQueries({ queryKey });
  stale('overview');
  stale('events');
  if (events.some(({ type }) => type.startsWith('provider.'))) stale('providers');
  if (events.some(({ type }) => type === 'connection.reauth_required' || type === 'connection.recovered')) {
    stale('needing');
  }
  const ids = new Set(events.flatMap(({ connection_id: id }) => (id === null ? [] : [id])));
  const gone = new Set(
    events.flatMap(({ type, connection_id: id }) => (type === 'connection.deleted' && id !== null ? [id] : [])),
  );
  for (const id of ids) {
    // Nobody need ask for what is known not to be there.
    if (gone.has(id)) client.setQueryData(['connection', id], null);
    else stale('connection', id);
  }
  if (events.some(({ type }) => type === 'connection.created' || type === 'connection.deleted')) {
    // Only the beginning is asked for again: whoever has scrolled far keeps the place.
    void client.invalidateQueries({ predicate: isShortTable });
  }
  void patchTables(
    client,
    [...ids].filter((id) => !gone.has(id)),
  );
};

type Table = InfiniteData<Page<Connection>>;

const isShortTable = ({ queryKey, state }: { queryKey: readonly unknown[]; state: { data?: unknown } }): boolean =>
  queryKey[0] === 'connections' && ((state.data as Table | undefined)?.pages.length ?? 0) <= 1;

/** Puts what changed into the tables that show it, row by row. */
const patchTables = async (client: QueryClient, ids: string[]): Promise<void> => {
  const tables = client.getQueriesData<Table>({ queryKey: ['connections'], type: 'active' });
  const shown = new Set(
    tables.flatMap(([, table]) => table?.pages.flatMap((page) => page.data.map(({ id }) => id)) ?? []),
  );
  const changed = ids.filter((id) => shown.has(id)).slice(0, mostAtOnce);
  const read = await Promise.allSettled(changed.map((id) => ask<Connection>(`/v1/connections/${id}`)));
  for (const result of read) if (result.status === 'fulfilled') putIntoTables(client, result.value);
};

/** Replaces a connection in every table that shows it. */
export const putIntoTables = (client: QueryClient, connection: Connection): void =>
  void client.setQueriesData<Table>(
    { queryKey: ['connections'] },
    (table) =>
      table && {
        ...table,
        pages: table.pages.map((page) => ({
          ...page,
          data: page.data.map((row) => (row.id === connection.id ? connection : row)),
        })),
      },
  );
