// biome-ignore-all lint/a11y/useSemanticElements: rows that are not in the document leave a table of its own elements in disorder
// biome-ignore-all lint/a11y/useFocusableInteractive: the link in a row is what takes the focus
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useDeferredValue, useEffect, useRef, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { type ConnectionFilter, useConnections, useOverview, useProviders } from '../api/queries.ts';
import type { Connection, Provider } from '../api/types.ts';
import { counted, number } from '../lib/time.ts';
import { useTitle } from '../lib/title.ts';
import { accountName, handle, statusReason } from '../lib/words.ts';
import { usePermits } from '../session.tsx';
import { Avatar, StatusBadge } from '../ui/account.tsx';
import { ConnectDialog } from '../ui/connect-dialog.tsx';
import { Filters } from '../ui/connection-filters.tsx';
import { Button } from '../ui/controls.tsx';
import { Empty, Fault, Loading } from '../ui/states.tsx';
import { Until } from '../ui/time.tsx';

const filterNames = ['q', 'status', 'provider', 'owner'] as const;

export default function Connections() {
  useTitle('Connections');
  const [parameters, setParameters] = useSearchParams();
  const [connecting, setConnecting] = useState(false);
  const mayConnect = usePermits('connections:write');
  const providers = useProviders();
  const filter = Object.fromEntries(
    filterNames.map((name) => [name, parameters.get(name) ?? '']),
  ) as unknown as ConnectionFilter;
  const set = (changes: Partial<ConnectionFilter>): void =>
    setParameters(
      Object.entries({ ...filter, ...changes }).filter(([, value]) => value !== ''),
      { replace: true },
    );
  return (
    <>
      <header className="page-head">
        <h1>Connections</h1>
        {mayConnect && (
          <Button kind="primary" icon="plus" onClick={() => setConnecting(true)}>
            <span>
              Connect<span className="roomy"> an account</span>
            </span>
          </Button>
        )}
      </header>
      <Filters filter={filter} set={set} providers={providers.data ?? []} />
      <Table filter={filter} clear={() => setParameters([])} providers={providers.data ?? []} />
      {connecting && <ConnectDialog onClose={() => setConnecting(false)} />}
    </>
  );
}

const Table = ({
  filter,
  clear,
  providers,
}: {
  filter: ConnectionFilter;
  clear: () => void;
  providers: Provider[];
}) => {
  const connections = useConnections(filter);
  const total = useTotal(filter);
  const pages = useDeferredValue(connections.data?.pages);
  if (!pages) {
    return connections.error ? (
      <Fault error={connections.error} retry={() => void connections.refetch()} />
    ) : (
      <Loading rows={8} />
    );
  }
  const rows = pages.flatMap(({ data }) => data);
  const isFiltered = Object.values(filter).some((value) => value !== '');
  const loaded = connections.hasNextPage ? `${number(rows.length)} loaded` : counted(rows.length, 'connection');
  return (
    <>
      {connections.error && <Fault error={connections.error} retry={() => void connections.refetch()} />}
      <p className="soft count" role="status">
        {total === null ? loaded : counted(total, 'connection')}
        {isFiltered && total !== null && ' found'}
        {connections.isPlaceholderData && ' · looking…'}
      </p>
      {rows.length === 0 ? (
        <Empty title={isFiltered ? 'Nothing matches' : 'Nothing is connected yet'}>
          {isFiltered ? (
            <p>
              <button type="button" className="button secondary" onClick={clear}>
                Show all connections
              </button>
            </p>
          ) : (
            <p>
              Connect an account here, or from your application with <code>POST /v1/connect</code>.
            </p>
          )}
        </Empty>
      ) : (
        <Rows
          rows={rows}
          total={total ?? (connections.hasNextPage ? -1 : rows.length)}
          providers={providers}
          more={() => {
            if (connections.hasNextPage && !connections.isFetchingNextPage) void connections.fetchNextPage();
          }}
          hasMore={connections.hasNextPage}
        />
      )}
    </>
  );
};

/** How many there are, where the overview knows it without looking at each. */
const useTotal = ({ q, owner, status, provider }: ConnectionFilter): number | null => {
  const { data } = useOverview();
  if (!data || q || owner || (status && provider)) return null;
  const { connections } = data;
  if (provider) return connections.providers.find((row) => row.provider === provider)?.total ?? 0;
  return status ? (connections.statuses[status as keyof typeof connections.statuses] ?? null) : connections.total;
};

interface RowsProps {
  rows: Connection[];
  /** -1: nobody knows. */
  total: number;
  providers: Provider[];
  more: () => void;
  hasMore: boolean;
}

/** Only the rows that are on the screen are in the document, so their number does not matter. */
const Rows = ({ rows, total, providers, more, hasMore }: RowsProps) => {
  const body = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const height = narrow ? 88 : 60;
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: body.current?.offsetTop ?? 0,
    getItemKey: (index) => rows[index]!.id,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height stand elsewhere
  useEffect(() => virtualizer.measure(), [height]);
  const shown = virtualizer.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= rows.length - 30) more();
  }, [last, rows.length, hasMore, more]);
  const nameOf = (id: string) => providers.find((provider) => provider.id === id)?.name ?? id;
  return (
    <div role="table" className="table" aria-label="Connections" aria-rowcount={total === -1 ? -1 : total + 1}>
      <div role="rowgroup" className="head">
        <div role="row" aria-rowindex={1}>
          <span role="columnheader">Account</span>
          <span role="columnheader">Platform</span>
          <span role="columnheader">Owner</span>
          <span role="columnheader">Status</span>
          <span role="columnheader">Token ends</span>
          <span role="columnheader">Renewal</span>
        </div>
      </div>
      <div role="rowgroup" className="body" ref={body} style={{ height: virtualizer.getTotalSize() }}>
        {shown.map((item) => (
          <Row
            key={item.key}
            connection={rows[item.index]!}
            platform={nameOf(rows[item.index]!.provider)}
            index={item.index}
            top={item.start - virtualizer.options.scrollMargin}
            height={height}
          />
        ))}
      </div>
      {hasMore && <p className="soft count">Loading more…</p>}
    </div>
  );
};

const useNarrow = (): boolean => {
  const [query] = useState(() => matchMedia('(max-width: 52rem)'));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const changed = () => setNarrow(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, [query]);
  return narrow;
};

interface RowProps {
  connection: Connection;
  platform: string;
  index: number;
  top: number;
  height: number;
}

const Row = ({ connection, platform, index, top, height }: RowProps) => {
  const { token, status } = connection;
  const reason = statusReason(connection);
  const ended = status === 'reauth_required' || status === 'disabled';
  const name = accountName(connection);
  return (
    <div role="row" className="line" aria-rowindex={index + 2} style={{ height, transform: `translateY(${top}px)` }}>
      <span role="cell" className="account">
        <Avatar connection={connection} />
        <span className="who">
          <Link href={`/connections/${connection.id}`} className="name clip">
            {name}
          </Link>
          {handle(connection) && <small className="clip">{handle(connection)}</small>}
        </span>
      </span>
      <span role="cell" className="clip platform">
        {platform}
      </span>
      <span role="cell" className="clip owner" title={connection.owner}>
        {connection.owner}
      </span>
      <span role="cell" className="status">
        <StatusBadge status={status} />
        {reason && (
          <small className="clip" title={reason}>
            {reason}
          </small>
        )}
      </span>
      <span role="cell" className="expiry numbers">
        {ended ? '–' : token.expires_at === null ? 'no end' : <Until at={token.expires_at} />}
      </span>
      <span role="cell" className="renewal numbers">
        {token.next_refresh_at === null || ended ? '–' : <Until at={token.next_refresh_at} lead="in " over="now" />}
      </span>
    </div>
  );
};
