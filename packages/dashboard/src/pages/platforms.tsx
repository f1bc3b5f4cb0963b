import { useState } from 'react';
import { Link } from 'wouter';
import { useOverview, useProviders } from '../api/queries.ts';
import type { Provider } from '../api/types.ts';
import { counted } from '../lib/time.ts';
import { useTitle } from '../lib/title.ts';
import { Tile } from '../ui/account.tsx';
import { Icon } from '../ui/icons.tsx';
import { Empty, Loaded } from '../ui/states.tsx';

export default function Platforms() {
  useTitle('Platforms');
  const providers = useProviders();
  const [q, setQ] = useState('');
  return (
    <>
      <header className="page-head">
        <h1>Platforms</h1>
        <search className="search">
          <Icon name="search" />
          <input
            type="search"
            className="input"
            aria-label="Search platforms"
            placeholder="Search"
            value={q}
            onChange={(event) => setQ(event.target.value)}
          />
        </search>
      </header>
      <Loaded of={providers} rows={6}>
        {(all) => (
          <Catalogue providers={all.filter(({ name }) => name.toLowerCase().includes(q.trim().toLowerCase()))} />
        )}
      </Loaded>
    </>
  );
}

const Catalogue = ({ providers }: { providers: Provider[] }) => {
  const ready = providers.filter(({ configured }) => configured);
  const others = providers.filter(({ configured }) => !configured);
  if (providers.length === 0) return <Empty title="No platform has such a name" />;
  return (
    <>
      {ready.length > 0 && <Group title="Ready to connect" providers={ready} />}
      {others.length > 0 && <Group title="Not set up" providers={others} />}
    </>
  );
};

const Group = ({ title, providers }: { title: string; providers: Provider[] }) => {
  const { data } = useOverview();
  const totals = new Map(data?.connections.providers.map(({ provider, total }) => [provider, total]));
  return (
    <section className="group">
      <h2>{title}</h2>
      <ul className="tiles">
        {providers.map((provider) => (
          <li key={provider.id}>
            <Link href={`/platforms/${provider.id}`} className="choice">
              <Tile id={provider.id} name={provider.name} />
              <span className="who">
                <span className="name">{provider.name}</span>
                <small className={provider.health.status === 'blocked' ? 'fault' : ''}>
                  {wordsFor(provider, totals.get(provider.id) ?? 0)}
                </small>
              </span>
              <Icon name="chevron" />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
};

const wordsFor = ({ configured, health, traits }: Provider, total: number): string => {
  const connected = total === 0 ? 'Nothing connected yet' : counted(total, 'connection');
  if (health.status === 'blocked')
    return `${health.by === 'credentials' ? 'Refuses the app' : 'In trouble'} · ${connected}`;
  if (configured) return connected;
  return traits.refreshable ? 'Is renewed by itself' : 'Cannot be renewed';
};
