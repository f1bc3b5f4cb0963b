import { Link } from 'wouter';
import { useNeedingPerson, useProviders } from '../api/queries.ts';
import type { Connection, Provider } from '../api/types.ts';
import { number } from '../lib/time.ts';
import { accountName, reasonWords } from '../lib/words.ts';
import { useMeets } from '../session.tsx';
import { Avatar, Tile } from './account.tsx';
import { Copyable } from './controls.tsx';
import { Empty, Loaded } from './states.tsx';

/** What only a person can mend: an operator first, then the owners of accounts. @param total of the accounts */
export const NeedingPerson = ({ total }: { total: number }) => {
  const needing = useNeedingPerson(5);
  const providers = useProviders();
  const isOperator = useMeets('operator');
  const refused = (isOperator && providers.data?.filter(({ health }) => health.by === 'credentials')) || [];
  return (
    <section className="card">
      <header>
        <h2>Needs a person</h2>
        {total > 5 && <Link href="/connections?status=reauth_required">All {number(total)}</Link>}
      </header>
      <Loaded of={needing} rows={2}>
        {({ data }) =>
          data.length + refused.length === 0 ? (
            <Empty title="Nobody has to do anything">
              <p>Accounts whose owners must connect again would stand here, with a link to send them.</p>
            </Empty>
          ) : (
            <ul className="rows">
              {refused.map((provider) => (
                <Refused key={provider.id} provider={provider} />
              ))}
              {data.map((connection) => (
                <InNeed
                  key={connection.id}
                  connection={connection}
                  platform={providers.data?.find(({ id }) => id === connection.provider)?.name ?? connection.provider}
                />
              ))}
            </ul>
          )
        }
      </Loaded>
    </section>
  );
};

/** What the operator must mend. */
const Refused = ({ provider: { id, name } }: { provider: Provider }) => (
  <li className="in-need">
    <Tile id={id} name={name} />
    <div className="who">
      <Link href={`/platforms/${id}`} className="name">
        {name}
      </Link>
      <small>You must put right its client id or secret: {name} refuses them</small>
    </div>
    <Link href={`/platforms/${id}`} className="button secondary" aria-label={`Mend the app at ${name}`}>
      Mend
    </Link>
  </li>
);

const InNeed = ({ connection, platform }: { connection: Connection; platform: string }) => (
  <li className="in-need">
    <Avatar connection={connection} />
    <div className="who">
      <Link href={`/connections/${connection.id}`} className="name">
        {accountName(connection)}
      </Link>
      <small>
        {connection.owner} must connect {platform} again
        {connection.reason && `: ${reasonWords(connection.reason)}`}
      </small>
    </div>
    {connection.reconnect_url && <CopyLink url={connection.reconnect_url} name={accountName(connection)} />}
  </li>
);

const CopyLink = ({ url, name }: { url: string; name: string }) => (
  <span className="only-button">
    <Copyable text={url} label={`the link at which ${name} connects again`} words="Copy link" />
  </span>
);
