import { type ReactNode, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Liveness } from './api/live.ts';
import { type Need, useMeets, useSession, useSignOut } from './session.tsx';
import { Icon, type IconName, Leaf } from './ui/icons.tsx';

interface Place {
  path: string;
  words: string;
  icon: IconName;
  needs: Need;
}

const places: Place[] = [
  { path: '/', words: 'Overview', icon: 'overview', needs: 'connections:read' },
  { path: '/connections', words: 'Connections', icon: 'people', needs: 'connections:read' },
  { path: '/platforms', words: 'Platforms', icon: 'platforms', needs: 'connections:read' },
  { path: '/activity', words: 'Activity', icon: 'activity', needs: 'events:read' },
  { path: '/webhooks', words: 'Webhooks', icon: 'webhook', needs: 'operator' },
  { path: '/keys', words: 'API keys', icon: 'key', needs: 'operator' },
  { path: '/settings', words: 'Settings', icon: 'settings', needs: 'connections:read' },
];

/** What stands around every page. */
export const Frame = ({ liveness, children }: { liveness: Liveness; children: ReactNode }) => {
  const [location] = useLocation();
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever chose a page has no more need of the menu
  useEffect(() => setOpen(false), [location]);
  return (
    <div className="frame">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="side" data-open={open}>
        <div className="brand">
          <Link href="/" className="name">
            <Leaf />
            Evergrant
          </Link>
          <button
            type="button"
            className="button plain square menu"
            aria-expanded={open}
            aria-controls="navigation"
            aria-label="Menu"
            onClick={() => setOpen(!open)}
          >
            <Icon name={open ? 'cross' : 'menu'} />
          </button>
        </div>
        <div id="navigation" className="navigation">
          <nav aria-label="Pages">
            <ul>
              {places.map((place) => (
                <NavigationItem key={place.path} place={place} location={location} />
              ))}
            </ul>
          </nav>
          <SignedInAs liveness={liveness} />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
};

const NavigationItem = ({ place: { path, words, icon, needs }, location }: { place: Place; location: string }) => {
  const here = path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`);
  if (!useMeets(needs)) return null;
  return (
    <li>
      <Link href={path} aria-current={here ? 'page' : undefined}>
        <Icon name={icon} />
        {words}
      </Link>
    </li>
  );
};

const livenessWords: Record<Liveness, { words: string; title: string }> = {
  connecting: { words: 'Connecting', title: 'The line for changes is being opened' },
  live: { words: 'Live', title: 'Changes appear by themselves' },
  asking: { words: 'Up to date', title: 'Changes are asked for every few seconds' },
  lost: { words: 'No answer', title: 'Evergrant does not answer; this page goes on asking' },
};

const SignedInAs = ({ liveness }: { liveness: Liveness }) => {
  const { key_id: key, owner } = useSession();
  const signOut = useSignOut();
  const { words, title } = livenessWords[liveness];
  return (
    <div className="signed-in">
      <p className={`liveness ${liveness}`} title={title} role="status">
        {words}
      </p>
      <p className="soft clip" title={key}>
        {owner === null ? (key === 'bootstrap' ? 'Key of the settings' : `Key …${key.slice(-8)}`) : `Owner ${owner}`}
      </p>
      <button type="button" className="button plain" onClick={() => void signOut()}>
        <Icon name="out" />
        Sign out
      </button>
    </div>
  );
};
