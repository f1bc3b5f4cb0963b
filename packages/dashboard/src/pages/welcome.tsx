import { type ReactNode, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { useConnect, useConnections, useProviders } from '../api/queries.ts';
import type { Connection } from '../api/types.ts';
import { base } from '../lib/base.ts';
import { serverNow } from '../lib/now.ts';
import { useTitle } from '../lib/title.ts';
import { accountName } from '../lib/words.ts';
import { useSession } from '../session.tsx';
import { Avatar, StatusBadge } from '../ui/account.tsx';
import { Button, Copyable } from '../ui/controls.tsx';
import { LifeBar } from '../ui/life-bar.tsx';
import { Fault, Note } from '../ui/states.tsx';
import { Until } from '../ui/time.tsx';

/** To whom the first connection belongs, unless the key is bound. */
const firstOwner = 'me';

/** From nothing to an account that is connected, and renewed while one looks. */
export default function Welcome() {
  useTitle('Welcome');
  const { sandbox } = useSession();
  const connections = useConnections({ q: '', status: '', provider: '', owner: '' });
  const newest = connections.data?.pages[0]?.data[0];
  const renewed = newest !== undefined && newest.token.generation > 1;
  return (
    <>
      <header className="page-head">
        <div>
          <h1>Welcome to Evergrant</h1>
          <p className="soft">Three steps, and an account is connected and stays so.</p>
        </div>
        <Link href="/connections">Skip this</Link>
      </header>
      <Outcome />
      <ol className="guide">
        <Step done={newest !== undefined} title="Connect an account">
          {newest ? <Connected connection={newest} /> : sandbox ? <FirstSandbox /> : <FirstReal />}
        </Step>
        <Step done={renewed} title="Watch it being renewed">
          <Renewal connection={newest} />
        </Step>
        <Step done={false} title="Use it from your application">
          <Use connection={newest} />
        </Step>
      </ol>
      {sandbox && (
        <p className="soft">
          The platforms are simulated, and nothing leaves this computer. For a real one,{' '}
          <Link href="/platforms">set up its app</Link>.
        </p>
      )}
    </>
  );
}

const Step = ({ done, title, children }: { done: boolean; title: string; children: ReactNode }) => (
  <li className={`card ${done ? 'done' : ''}`}>
    <h2>
      {title} {done && <span className="hidden">(done)</span>}
    </h2>
    {children}
  </li>
);

/** How the flow ended from which the browser comes back. */
const Outcome = () => {
  const [parameters] = useSearchParams();
  if (parameters.get('status') !== 'failed') return null;
  return (
    <Note look="warn" icon="alert">
      <strong>It was not connected.</strong>
      <p>Perhaps access was denied on the platform's page. Try again: nothing is lost.</p>
    </Note>
  );
};

const FirstSandbox = () => {
  const connect = useConnect();
  const { owner } = useSession();
  const [busy, setBusy] = useState(false);
  const begin = async (): Promise<void> => {
    setBusy(true);
    const flow = await connect.mutateAsync({
      provider: 'sandbox',
      owner: owner ?? firstOwner,
      skip_confirmation: true,
      return_to: window.location.href.split('?')[0],
    });
    window.location.assign(flow.url);
  };
  return (
    <>
      <p>
        A simulated platform will ask whom you want to connect, as a real one does. Choose anybody, press “Allow”, and
        you are back here.
      </p>
      <div className="actions">
        <Button kind="primary" icon="link" busy={busy} onClick={() => void begin().catch(() => setBusy(false))}>
          Connect a sandbox account
        </Button>
      </div>
      {connect.error && <Fault error={connect.error} />}
    </>
  );
};

const FirstReal = () => {
  const providers = useProviders();
  const isReady = providers.data?.some(({ configured }) => configured) ?? false;
  return isReady ? (
    <p>
      A platform is set up: <Link href="/connections">connect an account</Link> there.
    </p>
  ) : (
    <p>
      First <Link href="/platforms">set up a platform</Link>: a checklist leads you through its console.
    </p>
  );
};

const Connected = ({ connection }: { connection: Connection }) => (
  <div className="in-need">
    <Avatar connection={connection} />
    <div className="who">
      <Link href={`/connections/${connection.id}`} className="name">
        {accountName(connection)}
      </Link>
      <small>Owner {connection.owner}</small>
    </div>
    <StatusBadge status={connection.status} />
  </div>
);

const Renewal = ({ connection }: { connection: Connection | undefined }) => {
  if (!connection) return <p className="soft">Its token will run out soon, and be renewed before it does.</p>;
  const { token } = connection;
  if (token.generation > 1) {
    return (
      <p>
        Renewed {token.generation === 2 ? 'once' : `${token.generation - 1} times`}, by itself.
        {token.next_refresh_at && (
          <>
            {' '}
            The next renewal comes <Until at={token.next_refresh_at} lead="in " over="now" />.
          </>
        )}
      </p>
    );
  }
  return (
    <>
      {token.expires_at && (
        <LifeBar since={token.last_refreshed_at ?? connection.created_at} until={token.expires_at} />
      )}
      <p>
        {token.expires_at ? (
          <>
            The token lasts <Until at={token.expires_at} over="no more" />
            {token.next_refresh_at && (
              <>
                {' '}
                and is renewed <Until at={token.next_refresh_at} lead="in " over="now" />
              </>
            )}
            . {isSoon(token.next_refresh_at) ? 'Stay and watch, or go on.' : 'Nobody has to do anything for that.'}
          </>
        ) : (
          'This token has no end.'
        )}
      </p>
    </>
  );
};

/** Whether it is worth the wait. */
const isSoon = (at: string | null): boolean => at !== null && Date.parse(at) - serverNow() < 10 * 60_000;

const Use = ({ connection }: { connection: Connection | undefined }) => {
  const origin = window.location.origin + base;
  const command = `curl -H "Authorization: Bearer $KEY" ${origin}/v1/connections/${connection?.id ?? 'conn_…'}/token`;
  return (
    <>
      <p>
        Ask for the token whenever you need it; what you get is always valid. The key is the one you signed in with.
      </p>
      <Copyable text={command} label="the command" />
      <p className="soft">
        Give each application <Link href="/keys">a key of its own</Link>.
      </p>
    </>
  );
};
