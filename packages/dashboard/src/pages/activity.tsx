import { Link, useSearchParams } from 'wouter';
import { Problem } from '../api/client.ts';
import { useProviders } from '../api/queries.ts';
import type { TimelineEvent } from '../api/types.ts';
import { useEvents } from '../api/webhooks.ts';
import { useTitle } from '../lib/title.ts';
import { eventGroups, eventTypes, eventTypeWords, eventWords } from '../lib/words.ts';
import { Button } from '../ui/controls.tsx';
import { OwnerChip, PlatformSelect } from '../ui/filter-parts.tsx';
import { Empty, Fault, Loading } from '../ui/states.tsx';
import { Ago } from '../ui/time.tsx';

export default function Activity() {
  useTitle('Activity');
  const [parameters, setParameters] = useSearchParams();
  const filter = {
    type: parameters.get('type') ?? '',
    provider: parameters.get('provider') ?? '',
    owner: parameters.get('owner') ?? '',
  };
  const set = (changes: Partial<typeof filter>): void =>
    setParameters(
      Object.entries({ ...filter, ...changes }).filter(([, value]) => value !== ''),
      { replace: true },
    );
  const providers = useProviders();
  const nameOf = (id: string) => providers.data?.find((provider) => provider.id === id)?.name ?? id;
  return (
    <>
      <header className="page-head">
        <h1>Activity</h1>
      </header>
      <search className="filters">
        <select
          className="input"
          aria-label="What happened"
          value={filter.type}
          onChange={(event) => set({ type: event.target.value })}
        >
          <option value="">Everything</option>
          {Object.entries(eventGroups).map(([words, types]) => (
            <option key={words} value={types.join()}>
              {words}
            </option>
          ))}
          <optgroup label="One kind">
            {eventTypes.map((type) => (
              <option key={type} value={type}>
                {eventTypeWords[type]}
              </option>
            ))}
          </optgroup>
        </select>
        <PlatformSelect
          value={filter.provider}
          choices={providers.data?.filter(({ configured, id }) => configured || id === filter.provider) ?? []}
          onChange={(provider) => set({ provider })}
        />
        <OwnerChip owner={filter.owner} onRemove={() => set({ owner: '' })} />
      </search>
      <Events filter={filter} nameOf={nameOf} />
    </>
  );
}

const Events = ({ filter, nameOf }: { filter: Parameters<typeof useEvents>[0]; nameOf: (id: string) => string }) => {
  const events = useEvents(filter);
  const all = events.data?.pages.flatMap(({ data }) => data);
  if (events.error instanceof Problem && events.error.status === 404) {
    return (
      <Empty title="This server keeps no timeline of everything">
        <p>Each connection has its own, on its page.</p>
      </Empty>
    );
  }
  if (!all)
    return events.error ? <Fault error={events.error} retry={() => void events.refetch()} /> : <Loading rows={8} />;
  if (all.length === 0)
    return (
      <Empty
        title={
          Object.values(filter).some((value) => value !== '')
            ? 'Nothing of that kind happened yet'
            : 'Nothing happened yet'
        }
      >
        <p>Connections, renewals and whatever goes wrong stand here as they happen.</p>
      </Empty>
    );
  return (
    <>
      {events.error && <Fault error={events.error} retry={() => void events.refetch()} />}
      <ol className="timeline card">
        {all.map((event) => (
          <Entry key={event.id} event={event} nameOf={nameOf} />
        ))}
      </ol>
      {events.hasNextPage && (
        <Button busy={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
          Show earlier
        </Button>
      )}
    </>
  );
};

const Entry = ({ event, nameOf }: { event: TimelineEvent; nameOf: (id: string) => string }) => {
  const { words, look } = eventWords(event);
  const { connection_id: connection, provider, owner, type } = event;
  return (
    <li>
      <span className={`dot ${look}`} />
      <span>
        {connection !== null && type !== 'connection.deleted' ? (
          <Link href={`/connections/${connection}`} className="name">
            {words}
          </Link>
        ) : (
          words
        )}
        <small>{[provider === null ? null : nameOf(provider), owner].filter(Boolean).join(' · ')}</small>
      </span>
      <small>
        <Ago at={event.at} />
      </small>
    </li>
  );
};
