import { type ComponentType, lazy, type ReactNode, Suspense, useEffect } from 'react';
import { Redirect, Route, Switch, useLocation, useSearchParams } from 'wouter';
import { useLiveness } from './api/live.ts';
import { LiveContext } from './api/queries.ts';
import { Frame } from './frame.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { type Need, SignedIn, usePermits } from './session.tsx';
import { Boundary } from './ui/boundary.tsx';
import { Permitted } from './ui/permitted.tsx';
import { Empty, Loading } from './ui/states.tsx';

/** Each page is loaded when somebody goes there. */
const page = <Props,>(load: () => Promise<{ default: ComponentType<Props> }>) => lazy(load);

const Overview = page(() => import('./pages/overview.tsx'));
const Welcome = page(() => import('./pages/welcome.tsx'));
const Connections = page(() => import('./pages/connections.tsx'));
const OneConnection = page(() => import('./pages/connection.tsx'));
const Platforms = page(() => import('./pages/platforms.tsx'));
const OnePlatform = page(() => import('./pages/platform.tsx'));
const Activity = page(() => import('./pages/activity.tsx'));
const Webhooks = page(() => import('./pages/webhooks.tsx'));
const OneWebhook = page(() => import('./pages/webhook.tsx'));
const Keys = page(() => import('./pages/keys.tsx'));
const Settings = page(() => import('./pages/settings.tsx'));

export const App = () => (
  <SignedIn otherwise={<SignInFirst />}>
    <Inside />
  </SignedIn>
);

/** Wherever somebody wanted to go, they get there after signing in. */
const SignInFirst = () => {
  const [location] = useLocation();
  return location === '/sign-in' ? <SignIn /> : <Redirect to={signInFor(location + window.location.search)} replace />;
};

const signInFor = (wanted: string): string =>
  wanted === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(wanted)}`;

const Inside = () => {
  const [location] = useLocation();
  const liveness = useLiveness(usePermits('events:read'));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page begins at its top
  useEffect(() => {
    scrollTo(0, 0);
  }, [location]);
  return (
    <LiveContext value={liveness}>
      <Frame liveness={liveness}>
        <Boundary key={location}>
          <Suspense fallback={<Loading rows={4} height="tall" />}>
            <Switch>
              <Route path="/">{within('connections:read', <Overview />)}</Route>
              <Route path="/sign-in" component={SignedInAlready} />
              <Route path="/welcome">{within('connections:read', <Welcome />)}</Route>
              <Route path="/connections">{within('connections:read', <Connections />)}</Route>
              <Route path="/connections/:id">
                {({ id }) => within('connections:read', <OneConnection key={id} id={id} />)}
              </Route>
              <Route path="/platforms">{within('connections:read', <Platforms />)}</Route>
              <Route path="/platforms/:id">
                {({ id }) => within('connections:read', <OnePlatform key={id} id={id} />)}
              </Route>
              <Route path="/activity">{within('events:read', <Activity />)}</Route>
              <Route path="/webhooks">{within('operator', <Webhooks />)}</Route>
              <Route path="/webhooks/:id">{({ id }) => within('operator', <OneWebhook key={id} id={id} />)}</Route>
              <Route path="/keys">{within('operator', <Keys />)}</Route>
              <Route path="/settings" component={Settings} />
              <Route>
                <Empty title="There is no such page">
                  <p>The address may be cut short, or from another version.</p>
                </Empty>
              </Route>
            </Switch>
          </Suspense>
        </Boundary>
      </Frame>
    </LiveContext>
  );
};

const within = (needs: Need, page: ReactNode) => <Permitted needs={needs}>{page}</Permitted>;

const SignedInAlready = () => {
  const [parameters] = useSearchParams();
  const next = parameters.get('next') ?? '/';
  // Only a path of our own: `//` would name another host.
  return <Redirect to={/^\/(?![/\\])/.test(next) ? next : '/'} replace />;
};
