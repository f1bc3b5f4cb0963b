import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useConnect, useConnection, useProviders, useRenew, useSwitch } from '../api/queries.ts';
import type { Connection, Provider } from '../api/types.ts';
import { useTitle } from '../lib/title.ts';
import { accountName, handle, problemWords, reasonWords } from '../lib/words.ts';
import { usePermits } from '../session.tsx';
import { Avatar, StatusBadge } from '../ui/account.tsx';
import { IdentityCard, TokenCard } from '../ui/connection-cards.tsx';
import { Button, Copyable } from '../ui/controls.tsx';
import { DisconnectDialog } from '../ui/disconnect-dialog.tsx';
import { History } from '../ui/history.tsx';
import { Icon } from '../ui/icons.tsx';
import { Scopes } from '../ui/scopes.tsx';
import { Empty, Fault, Loading, Note } from '../ui/states.tsx';

export default function OneConnection({ id }: { id: string }) {
  const connection = useConnection(id);
  const providers = useProviders();
  useTitle(connection.data ? accountName(connection.data) : 'Connection');
  const { data, error } = connection;
  return (
    <>
      <Link href="/connections" className="up">
        <Icon name="back" />
        Connections
      </Link>
      {data === null ? (
        <Empty title="This connection does not exist">
          <p>It was disconnected, or it belongs to somebody else.</p>
        </Empty>
      ) : data ? (
        <>
          {error && <Fault error={error} retry={() => void connection.refetch()} />}
          <Whole connection={data} provider={providers.data?.find((one) => one.id === data.provider)} />
        </>
      ) : error ? (
        <Fault error={error} retry={() => void connection.refetch()} />
      ) : (
        <Loading rows={4} height="tall" />
      )}
    </>
  );
}

const Whole = ({ connection, provider }: { connection: Connection; provider: Provider | undefined }) => {
  const { account } = connection;
  const name = accountName(connection);
  const platform = provider?.name ?? connection.provider;
  return (
    <>
      <header className="page-head identity">
        <Avatar connection={connection} size="large" />
        <div className="who">
          <h1>{name}</h1>
          <p className="soft">{[platform, handle(connection), account.type].filter(Boolean).join(' · ')}</p>
        </div>
        <StatusBadge status={connection.status} />
      </header>
      <Actions connection={connection} platform={platform} />
      <Trouble connection={connection} platform={platform} />
      <div className="columns">
        <div>
          <TokenCard connection={connection} />
          <History id={connection.id} />
        </div>
        <div>
          <IdentityCard connection={connection} platform={platform} />
          <Scopes connection={connection} provider={provider} platform={platform} />
        </div>
      </div>
    </>
  );
};

const Actions = ({ connection, platform }: { connection: Connection; platform: string }) => {
  const { id, status, owner, token } = connection;
  const [, navigate] = useLocation();
  const renew = useRenew(id);
  const toggle = useSwitch(id);
  const connect = useConnect();
  const [leaving, setLeaving] = useState(false);
  if (!usePermits('connections:write')) return null;
  const isOff = status === 'disabled';
  const needsPerson = status === 'reauth_required' || status === 'limited';
  const reconnect = async (): Promise<void> => {
    const flow = await connect.mutateAsync({
      connection_id: id,
      owner,
      skip_confirmation: true,
      return_to: window.location.href.split('?')[0],
    });
    window.location.assign(flow.url);
  };
  const failure = renew.error ?? toggle.error ?? connect.error;
  return (
    <>
      <div className="actions">
        {needsPerson && (
          <Button kind="primary" icon="link" busy={connect.isPending} onClick={() => void reconnect().catch(() => {})}>
            Reconnect
          </Button>
        )}
        {token.refreshable && !isOff && status !== 'reauth_required' && (
          <Button icon="renew" busy={renew.isPending} onClick={() => renew.mutate()}>
            {renew.isPending ? 'Renewing…' : 'Renew now'}
          </Button>
        )}
        {!needsPerson && !isOff && (
          <Button icon="link" busy={connect.isPending} onClick={() => void reconnect().catch(() => {})}>
            Reconnect
          </Button>
        )}
        <Button busy={toggle.isPending} onClick={() => toggle.mutate(!isOff)}>
          {isOff ? 'Enable' : 'Disable'}
        </Button>
        <Button kind="danger" onClick={() => setLeaving(true)}>
          Disconnect
        </Button>
        <span role="status" className="soft">
          {renew.isSuccess && !renew.isPending && 'Asked for a new token just now.'}
        </span>
      </div>
      {failure && <Fault error={failure} />}
      {leaving && (
        <DisconnectDialog
          connection={connection}
          platform={platform}
          onClose={() => setLeaving(false)}
          onDone={() => navigate('/connections')}
        />
      )}
    </>
  );
};

const Trouble = ({ connection, platform }: { connection: Connection; platform: string }) => {
  const { status, reason, last_error: error, reconnect_url: url, account, scopes } = connection;
  const who = account.name ?? 'The person';
  const link = url && (
    <p className="paste">
      <Copyable text={url} label="the link at which the person connects again" />
    </p>
  );
  switch (status) {
    case 'reauth_required':
      return (
        <Note look="bad" icon="alert">
          <strong>
            {who} must connect again{reason && `: ${reasonWords(reason)}`}.
          </strong>
          <p>No token is handed out until then. Send this link; it does nothing but reconnect this account.</p>
          {link}
        </Note>
      );
    case 'limited':
      return (
        <Note look="warn" icon="alert">
          <strong>
            It works, but {platform} did not grant everything: {scopes.missing.join(', ')}.
          </strong>
          <p>Calls that need it will fail. At this link the person is asked for it again.</p>
          {link}
        </Note>
      );
    case 'degraded':
      return (
        <Note look="warn" icon="alert">
          <strong>The token ran out{error && `: ${problemWords(error.code)}`}.</strong>
          <p>Renewing it is tried again and again; nobody has to do anything but, perhaps, wait for {platform}.</p>
          {error?.detail && <p className="soft">{error.detail}</p>}
        </Note>
      );
    case 'disabled':
      return (
        <Note look="quiet" icon="alert">
          <strong>Switched off.</strong>
          <p>Nothing is renewed or handed out. Enabled again soon enough, it goes on where it stopped.</p>
        </Note>
      );
    default:
      return error ? (
        <Note look="warn" icon="alert">
          <strong>The last renewal failed: {problemWords(error.code)}.</strong>
          <p>The token still works, and the next try comes by itself.</p>
        </Note>
      ) : null;
  }
};
