import { Link } from 'wouter';
import type { Connection } from '../api/types.ts';
import { Copyable } from './controls.tsx';
import { Icon } from './icons.tsx';
import { LifeBar } from './life-bar.tsx';
import { Ago, Day, Until } from './time.tsx';

/** What is known of the token, but for the token. */
export const TokenCard = ({ connection }: { connection: Connection }) => {
  const { token, status, created_at: created } = connection;
  const usable = status !== 'reauth_required' && status !== 'disabled';
  const since = token.last_refreshed_at ?? created;
  const renewals = Math.max(0, token.generation - 1);
  return (
    <section className="card">
      <header>
        <h2>Token</h2>
      </header>
      {usable && token.expires_at !== null && <LifeBar since={since} until={token.expires_at} />}
      <dl className="facts">
        <div>
          <dt>Ends</dt>
          <dd>
            {!usable ? (
              'There is no valid token'
            ) : token.expires_at === null ? (
              'Never'
            ) : (
              <Until at={token.expires_at} lead="in " past="Ran out " />
            )}
          </dd>
        </div>
        <div>
          <dt>Next renewal</dt>
          <dd>
            {!token.refreshable ? (
              'Not possible on this platform'
            ) : token.next_refresh_at === null || !usable ? (
              'None'
            ) : (
              <Until at={token.next_refresh_at} lead="in " over="now" />
            )}
          </dd>
        </div>
        <div>
          <dt>Last renewed</dt>
          <dd>{token.last_refreshed_at === null ? 'Not yet' : <Ago at={token.last_refreshed_at} />}</dd>
        </div>
        <div>
          <dt>Renewed</dt>
          <dd>{renewals === 0 ? 'Not yet' : renewals === 1 ? 'Once' : `${renewals} times`}</dd>
        </div>
        {token.refresh_expires_at !== null && (
          <div>
            <dt>Access ends</dt>
            <dd>
              <Until at={token.refresh_expires_at} lead="in " />, unless the person connects again
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
};

/** Whose account it is, there and here. */
export const IdentityCard = ({ connection, platform }: { connection: Connection; platform: string }) => {
  const { account, owner, id, created_at: created, metadata } = connection;
  return (
    <section className="card">
      <header>
        <h2>Account</h2>
        {account.url && (
          <a href={account.url} target="_blank" rel="noreferrer noopener">
            Open on {platform} <Icon name="open" />
          </a>
        )}
      </header>
      <dl className="facts">
        <div>
          <dt>Owner</dt>
          <dd>
            <Link href={`/connections?owner=${encodeURIComponent(owner)}`}>{owner}</Link>
          </dd>
        </div>
        <div>
          <dt>Id there</dt>
          <dd>
            <code>{account.id}</code>
          </dd>
        </div>
        <div>
          <dt>Id here</dt>
          <dd>
            <Copyable text={id} label="the id of the connection" />
          </dd>
        </div>
        <div>
          <dt>Connected</dt>
          <dd>
            <Day at={created} />
          </dd>
        </div>
      </dl>
      {Object.keys(metadata).length > 0 && (
        <details>
          <summary>Metadata</summary>
          <pre>{JSON.stringify(metadata, null, 2)}</pre>
        </details>
      )}
    </section>
  );
};
