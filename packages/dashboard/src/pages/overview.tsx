import { Link, Redirect } from 'wouter';
import { useOverview, useProviders } from '../api/queries.ts';
import type { Overview as Figures, Provider } from '../api/types.ts';
import { counted, number } from '../lib/time.ts';
import { useTitle } from '../lib/title.ts';
import { problemWords, statuses, statusOrder } from '../lib/words.ts';
import { useSession } from '../session.tsx';
import { Badge, Tile } from '../ui/account.tsx';
import { RenewalChart } from '../ui/chart.tsx';
import { Icon } from '../ui/icons.tsx';
import { NeedingPerson } from '../ui/needing.tsx';
import { Empty, Fault, Loaded } from '../ui/states.tsx';
import { Since, Until } from '../ui/time.tsx';

export default function Overview() {
  useTitle('Overview');
  const overview = useOverview();
  const { sandbox } = useSession();
  // Whoever has nothing yet is shown how to begin, unless there is a reason to see the empty figures.
  if (sandbox && overview.data?.connections.total === 0) return <Redirect to="/welcome" replace />;
  return (
    <>
      <h1>Overview</h1>
      {overview.error && overview.data && <Fault error={overview.error} retry={() => void overview.refetch()} />}
      <Loaded of={overview} rows={3} height="tall">
        {(figures) => (
          <div className="overview">
            <Health figures={figures} />
            {figures.connections.total > 0 && (
              <>
                <Renewals figures={figures} />
                <NeedingPerson total={figures.connections.statuses.reauth_required} />
                <InUse figures={figures} />
              </>
            )}
          </div>
        )}
      </Loaded>
    </>
  );
}

const Health = ({ figures: { connections } }: { figures: Figures }) => {
  const { total, statuses: counts } = connections;
  const inNeed = counts.reauth_required + counts.degraded + counts.limited;
  if (total === 0) {
    return (
      <section className="card wide">
        <Empty title="Nothing is connected yet">
          <p>
            <Link href="/platforms">Set up a platform</Link>, then connect the first account. How it fares will stand
            here.
          </p>
        </Empty>
      </section>
    );
  }
  const shown = statusOrder.filter((status) => counts[status] > 0);
  return (
    <section className="card wide health" aria-label="Health of all connections">
      <p className="headline">
        {inNeed === 0 ? (
          <>
            {total === 1 ? 'The one connection is' : `All ${number(total)} connections are`} <b>well</b>
          </>
        ) : (
          <>
            <b>{number(inNeed)}</b> of {counted(total, 'connection')} {inNeed === 1 ? 'needs' : 'need'} attention
          </>
        )}
      </p>
      <svg className="proportions" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        {shown.map((status, index) => {
          const before = shown.slice(0, index).reduce((sum, other) => sum + counts[other], 0);
          return (
            <rect
              key={status}
              className={`fill ${statuses[status].look} ${status}`}
              x={(before / total) * 100}
              width={Math.max(0.4, (counts[status] / total) * 100)}
              height="1"
            />
          );
        })}
      </svg>
      <ul className="legend">
        {shown.map((status) => (
          <li key={status}>
            <Link href={`/connections?status=${status}`}>
              <span className={`dot ${statuses[status].look} ${status}`} />
              <b className="numbers">{number(counts[status])}</b> {statuses[status].words}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
};

const Renewals = ({ figures: { renewals } }: { figures: Figures }) => {
  const { done, due, overdue } = renewals;
  const renewed = done.reduce((sum, hour) => sum + hour.renewed, 0);
  const failed = done.reduce((sum, hour) => sum + hour.failed, 0);
  const coming = due.reduce((sum, hour) => sum + hour.count, 0);
  return (
    <section className="card wide">
      <header>
        <h2>Renewals</h2>
        <Badge look={overdue.count === 0 ? 'good' : 'warn'}>
          {overdue.count === 0 ? 'On time' : `${number(overdue.count)} waiting`}
        </Badge>
      </header>
      <dl className="figures">
        <div>
          <dt>Renewed in 24 h</dt>
          <dd>{number(renewed)}</dd>
        </div>
        <div>
          <dt>Failed tries in 24 h</dt>
          <dd className={failed > 0 ? 'warn' : ''}>{number(failed)}</dd>
        </div>
        <div>
          <dt>Due in 24 h</dt>
          <dd>{number(coming)}</dd>
        </div>
        <div>
          <dt>Longest overdue</dt>
          <dd>{overdue.oldest === null ? 'none' : <Since at={overdue.oldest} />}</dd>
        </div>
      </dl>
      <RenewalChart done={done} due={due} />
    </section>
  );
};

const InUse = ({ figures }: { figures: Figures }) => {
  const providers = useProviders();
  return (
    <section className="card">
      <header>
        <h2>Platforms in use</h2>
        <Link href="/platforms">All platforms</Link>
      </header>
      <Loaded of={providers} rows={2}>
        {(known) => {
          const rows = figures.connections.providers
            .map((row) => ({ ...row, known: known.find(({ id }) => id === row.provider) }))
            .toSorted((one, other) => severity(other) - severity(one) || other.total - one.total);
          return rows.length === 0 ? (
            <Empty title="None yet" />
          ) : (
            <ul className="rows">
              {rows.map((row) => (
                <InUseRow key={row.provider} row={row} />
              ))}
            </ul>
          );
        }}
      </Loaded>
    </section>
  );
};

type PlatformRow = Figures['connections']['providers'][number] & { known: Provider | undefined };

const severity = ({ known, troubled }: PlatformRow): number =>
  known?.health.status === 'blocked' ? 2 : troubled > 0 ? 1 : 0;

const InUseRow = ({ row: { provider, total, troubled, known } }: { row: PlatformRow }) => {
  const name = known?.name ?? provider;
  const blocked = known?.health.status === 'blocked' ? known.health : null;
  return (
    <li className="in-use">
      <Tile id={provider} name={name} />
      <div className="who">
        <Link href={`/platforms/${provider}`} className="name">
          {name}
        </Link>
        {blocked ? (
          <small className="fault">
            {blocked.error_code ? problemWords(blocked.error_code) : 'not reachable'}
            {blocked.since && (
              <>
                , since <Until at={blocked.since} />
              </>
            )}
          </small>
        ) : (
          <small>{counted(total, 'connection')}</small>
        )}
      </div>
      {!blocked && troubled > 0 && <Badge look="warn">{`${number(troubled)} in need`}</Badge>}
      <Link
        href={`/connections?provider=${provider}`}
        className="button plain square"
        aria-label={`Connections of ${name}`}
      >
        <Icon name="chevron" />
      </Link>
    </li>
  );
};
