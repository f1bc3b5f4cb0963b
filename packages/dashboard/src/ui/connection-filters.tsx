import { useEffect, useRef, useState } from 'react';
import { type ConnectionFilter, useOverview } from '../api/queries.ts';
import type { Provider } from '../api/types.ts';
import { statuses, statusOrder } from '../lib/words.ts';
import { OwnerChip, PlatformSelect } from './filter-parts.tsx';
import { Icon } from './icons.tsx';

/** What of the table is looked at. It stands in the address, so that it can be shared. */
export const Filters = ({
  filter,
  set,
  providers,
}: {
  filter: ConnectionFilter;
  set: (changes: Partial<ConnectionFilter>) => void;
  providers: Provider[];
}) => {
  const overview = useOverview();
  const used = overview.data?.connections.providers.map(({ provider }) => provider) ?? [];
  const choices = [...new Set([...used, ...(filter.provider ? [filter.provider] : [])])]
    .map((id) => ({ id, name: providers.find((provider) => provider.id === id)?.name ?? id }))
    .toSorted((one, other) => one.name.localeCompare(other.name));
  return (
    <search className="filters">
      <div className="search">
        <Icon name="search" />
        <Typed label="Search by name, user name or owner" value={filter.q} onSettled={(q) => set({ q })} />
      </div>
      <select
        className="input"
        aria-label="Status"
        value={filter.status}
        onChange={(event) => set({ status: event.target.value })}
      >
        <option value="">Every status</option>
        {statusOrder.map((status) => (
          <option key={status} value={status}>
            {statuses[status].words}
          </option>
        ))}
      </select>
      <PlatformSelect value={filter.provider} choices={choices} onChange={(provider) => set({ provider })} />
      <OwnerChip owner={filter.owner} onRemove={() => set({ owner: '' })} />
    </search>
  );
};

/** A search field that speaks when the person pauses. */
const Typed = ({ label, value, onSettled }: { label: string; value: string; onSettled: (value: string) => void }) => {
  const [typed, setTyped] = useState(value);
  const settle = useRef(onSettled);
  settle.current = onSettled;
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => settle.current(typed.trim()), 250);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return (
    <input
      type="search"
      className="input"
      aria-label={label}
      placeholder={label}
      maxLength={200}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
};
