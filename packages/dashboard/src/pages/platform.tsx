import { useState } from 'react';
import { Link } from 'wouter';
import { useOverview, useProviders } from '../api/queries.ts';
import type { Provider } from '../api/types.ts';
import { counted } from '../lib/time.ts';
import { useTitle } from '../lib/title.ts';
import { problemWords } from '../lib/words.ts';
import { useMeets, usePermits } from '../session.tsx';
import { Badge, Tile } from '../ui/account.tsx';
import { AppForm } from '../ui/app-form.tsx';
import { AppTestButton } from '../ui/app-test.tsx';
import { ConnectDialog } from '../ui/connect-dialog.tsx';
import { Button, Copyable } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
import { Empty, Loaded, Note } from '../ui/states.tsx';
import { Until } from '../ui/time.tsx';

export default function OnePlatform({ id }: { id: string }) {
  const providers = useProviders();
  const name = providers.data?.find((provider) => provider.id === id)?.name;
  useTitle(name ?? 'Platform');
  return (
    <>
      <Link href="/platforms" className="up">
        <Icon name="back" />
        Platforms
      </Link>
      <Loaded of={providers} rows={4} height="tall">
        {(all) => {
          const provider = all.find((one) => one.id === id);
          return provider ? <Whole provider={provider} /> : <Empty title="There is no such platform here" />;
        }}
      </Loaded>
    </>
  );
}

const Whole = ({ provider }: { provider: Provider }) => {
  const [connecting, setConnecting] = useState(false);
  const { data } = useOverview();
  const total = data?.connections.providers.find((row) => row.provider === provider.id)?.total ?? 0;
  const mayConnect = usePermits('connections:write');
  return (
    <>
      <header className="page-head identity">
        <Tile id={provider.id} name={provider.name} size="large" />
        <div className="who">
          <h1>{provider.name}</h1>
          <p className="soft">
            {total === 0 ? (
              'Nothing connected yet'
            ) : (
              <Link href={`/connections?provider=${provider.id}`}>{counted(total, 'connection')}</Link>
            )}
          </p>
        </div>
        <Badge look={provider.health.status === 'blocked' ? 'bad' : provider.configured ? 'good' : 'quiet'}>
          {provider.health.status === 'blocked' ? 'In trouble' : provider.configured ? 'Ready' : 'Not set up'}
        </Badge>
      </header>
      <Health provider={provider} />
      {provider.warnings.map((warning) => (
        <Note key={warning} look="warn" icon="alert">
          <p>{warning}</p>
        </Note>
      ))}
      {provider.configured && mayConnect && (
        <div className="actions">
          <Button kind="primary" icon="plus" onClick={() => setConnecting(true)}>
            Connect an account
          </Button>
        </div>
      )}
      <div className="columns">
        <div>
          <Setup provider={provider} />
        </div>
        <div>
          <Permissions provider={provider} />
          <Manners provider={provider} />
        </div>
      </div>
      {connecting && <ConnectDialog provider={provider.id} onClose={() => setConnecting(false)} />}
    </>
  );
};

const Health = ({ provider: { health, name } }: { provider: Provider }) => {
  if (health.status === 'ok') return null;
  const why = health.error_code ? problemWords(health.error_code) : 'it does not answer';
  return (
    <Note look="bad" icon="alert">
      <strong>
        {health.by === 'credentials' ? `${name} refuses the client id or secret.` : `${name} is in trouble: ${why}.`}
      </strong>
      <p>
        {health.by === 'credentials'
          ? 'Compare client id and secret with those in its console, and put in the right ones below. No connection is lost meanwhile.'
          : 'Only a probe is sent now and then. When it answers, everything that waits is renewed by itself.'}
        {health.since && (
          <span className="soft">
            {' '}
            Since <Until at={health.since} />.
          </span>
        )}
      </p>
    </Note>
  );
};

/** What is to be done in the platform's console, step by step, and then here. */
const Setup = ({ provider }: { provider: Provider }) => {
  const { setup, configured, simulated, instance, name, redirect_uri: redirectUri } = provider;
  const mayChange = useMeets('operator');
  const hasApp = instance === null && provider.protocol !== 'atproto';
  return (
    <section className="card">
      <header>
        <h2>{configured ? 'The app' : `Set up ${name}`}</h2>
        {setup && (
          <a href={setup.console} target="_blank" rel="noreferrer noopener">
            Open its console <Icon name="open" />
          </a>
        )}
      </header>
      {simulated && (
        <Note look="quiet" icon="alert">
          <p>
            This platform is simulated here, and its app with it. For the real one, start Evergrant with{' '}
            <code>SANDBOX=off</code>; then its client id and secret can be put in here.
          </p>
        </Note>
      )}
      <div className="field">
        <strong>Redirect URI</strong>
        <Copyable text={redirectUri} label="the redirect URI" />
        <small>To be pasted in its console, letter by letter. {setup?.redirect_uri}</small>
      </div>
      <ol className="steps">
        {setup?.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
        {!simulated && instance === null && (
          <li>
            {configured ? 'Client id and secret are set.' : 'Put in the client id and secret that it shows.'}
            {mayChange ? (
              <>
                <AppForm key={provider.id} provider={provider} />
                {configured && <AppTestButton provider={provider} />}
              </>
            ) : (
              <small>Whoever has an admin key does this.</small>
            )}
          </li>
        )}
      </ol>
      {simulated && hasApp && mayChange && <AppTestButton provider={provider} />}
      {setup?.review && (
        <p className="soft">
          <b>Review by the platform:</b> {setup.review}
        </p>
      )}
    </section>
  );
};

const Permissions = ({ provider: { scopes } }: { provider: Provider }) => (
  <section className="card">
    <header>
      <h2>Permissions</h2>
    </header>
    {scopes.length === 0 ? (
      <Empty title="This platform has none to choose" />
    ) : (
      <ul className="scopes">
        {scopes.map(({ scope, permits, required, requested }) => (
          <li key={scope} className={requested ? '' : 'unasked'}>
            <Icon name={requested ? 'check' : 'plus'} />
            <span>
              {permits ?? scope}
              <small>
                {permits && <code>{scope}</code>} {required ? 'required' : requested ? 'asked for' : 'not asked for'}
              </small>
            </span>
          </li>
        ))}
      </ul>
    )}
  </section>
);

const Manners = ({ provider: { traits } }: { provider: Provider }) => (
  <section className="card">
    <header>
      <h2>How it behaves</h2>
    </header>
    <dl className="facts">
      <div>
        <dt>Renewal</dt>
        <dd>{traits.refreshable ? 'By itself' : 'Not possible; people connect again'}</dd>
      </div>
      {traits.refreshable && (
        <div>
          <dt>Refresh token</dt>
          <dd>{traits.one_time_token ? 'A new one with each renewal' : 'Stays'}</dd>
        </div>
      )}
      <div>
        <dt>Calls at a time</dt>
        <dd>{traits.max_concurrent_job ?? 'Not limited'}</dd>
      </div>
      <div>
        <dt>Revoking ends</dt>
        <dd>{traits.revocation_ends === 'token' ? 'That token' : 'Everything of that person'}</dd>
      </div>
    </dl>
  </section>
);
