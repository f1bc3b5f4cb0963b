import { useState } from 'react';
import { base } from '../lib/base.ts';
import { setTheme, type Theme, theme, themes } from '../lib/theme.ts';
import { useTitle } from '../lib/title.ts';
import { permissionWords } from '../lib/words.ts';
import { useMeets, useSession, useSignOut } from '../session.tsx';
import { Button, Copyable } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
import { ServerSettings } from '../ui/server-settings.tsx';
import { Until } from '../ui/time.tsx';

export default function Settings() {
  useTitle('Settings');
  const seesServer = useMeets('operator');
  return (
    <>
      <header className="page-head">
        <h1>Settings</h1>
      </header>
      <div className="columns">
        <div>
          <SessionCard />
          <Appearance />
        </div>
        <div>
          <Installation />
        </div>
      </div>
      {seesServer && <ServerSettings />}
    </>
  );
}

const SessionCard = () => {
  const { key_id: key, owner, permissions, expires_at: end } = useSession();
  const signOut = useSignOut();
  return (
    <section className="card">
      <header>
        <h2>Your session</h2>
        <Button icon="out" onClick={() => void signOut()}>
          Sign out
        </Button>
      </header>
      <dl className="facts">
        <div>
          <dt>Signed in with</dt>
          <dd>{key === 'bootstrap' ? 'The key of the settings' : <code>{key}</code>}</dd>
        </div>
        <div>
          <dt>Reaches</dt>
          <dd>{owner === null ? "Everybody's connections" : `What owner ${owner} has`}</dd>
        </div>
        <div>
          <dt>May</dt>
          <dd>
            <ul>
              {permissions.map((permission) => (
                <li key={permission}>{permissionWords[permission]}</li>
              ))}
            </ul>
            <small>But no session reads tokens.</small>
          </dd>
        </div>
        {end !== null && (
          <div>
            <dt>Ends</dt>
            <dd>
              <Until at={end} lead="in " />, or half an hour after you left
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
};

const themeWords: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' };

const Appearance = () => {
  const [chosen, setChosen] = useState(theme());
  const choose = (next: Theme): void => {
    setTheme(next);
    setChosen(next);
  };
  return (
    <section className="card">
      <header>
        <h2>Appearance</h2>
      </header>
      <fieldset className="tabs">
        <legend className="hidden">Colours</legend>
        {themes.map((one) => (
          <label key={one}>
            <input type="radio" name="theme" checked={chosen === one} onChange={() => choose(one)} />
            {themeWords[one]}
          </label>
        ))}
      </fieldset>
    </section>
  );
};

const Installation = () => {
  const origin = window.location.origin + base;
  return (
    <section className="card">
      <header>
        <h2>This installation</h2>
      </header>
      <dl className="facts">
        <div>
          <dt>Address</dt>
          <dd>
            <Copyable text={origin} label="the address" />
          </dd>
        </div>
        <div>
          <dt>API</dt>
          <dd>
            <a href={`${base}/openapi.json`}>
              Description (OpenAPI) <Icon name="open" />
            </a>
          </dd>
        </div>
      </dl>
    </section>
  );
};
