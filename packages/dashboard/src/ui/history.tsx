import { useId, useState } from 'react';
import { Link } from 'wouter';
import { useRenewals, useTimeline } from '../api/queries.ts';
import type { Renewal, TimelineEvent } from '../api/types.ts';
import { useSentEvents } from '../api/webhooks.ts';
import { eventWords, outcomeWords, problemWords } from '../lib/words.ts';
import { useMeets } from '../session.tsx';
import { Button } from './controls.tsx';
import { DeliveryEntry } from './delivery.tsx';
import { Empty, Fault, Loaded, Loading } from './states.tsx';
import { Ago } from './time.tsx';

const tabs = { timeline: 'Timeline', renewals: 'Renewals', sent: 'Events sent' } as const;
type Tab = keyof typeof tabs;

/** Everything that happened to a connection, every attempt to renew it, and what webhooks were told of it. */
export const History = ({ id }: { id: string }) => {
  const [tab, setTab] = useState<Tab>('timeline');
  const name = useId();
  const seesWebhooks = useMeets('operator');
  const shown = (Object.keys(tabs) as Tab[]).filter((one) => one !== 'sent' || seesWebhooks);
  return (
    <section className="card">
      <header>
        <fieldset className="tabs">
          <legend className="hidden">What is shown</legend>
          {shown.map((one) => (
            <label key={one}>
              <input type="radio" name={name} checked={tab === one} onChange={() => setTab(one)} />
              {tabs[one]}
            </label>
          ))}
        </fieldset>
      </header>
      {tab === 'timeline' && <Timeline id={id} />}
      {tab === 'renewals' && <Renewals id={id} />}
      {tab === 'sent' && <SentEvents id={id} />}
    </section>
  );
};

const Timeline = ({ id }: { id: string }) => {
  const timeline = useTimeline(id);
  const events = timeline.data?.pages.flatMap(({ data }) => data);
  if (!events) {
    return timeline.error ? <Fault error={timeline.error} retry={() => void timeline.refetch()} /> : <Loading />;
  }
  if (events.length === 0) return <Empty title="Nothing happened yet" />;
  return (
    <>
      <ol className="timeline">
        {grouped(events).map(({ event, times }) => (
          <Entry key={event.id} event={event} times={times} />
        ))}
      </ol>
      {timeline.hasNextPage && (
        <Button busy={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>
          Show earlier
        </Button>
      )}
    </>
  );
};

/** The same thing many times in a row, like renewals that go well, is one entry. */
const grouped = (events: TimelineEvent[]): { event: TimelineEvent; times: number }[] => {
  const groups: { event: TimelineEvent; times: number }[] = [];
  for (const event of events) {
    const last = groups.at(-1);
    if (last?.event.type === event.type && event.type === 'connection.refreshed') last.times += 1;
    else groups.push({ event, times: 1 });
  }
  return groups;
};

const Entry = ({ event, times }: { event: TimelineEvent; times: number }) => {
  const { words, look } = eventWords(event);
  return (
    <li>
      <span className={`dot ${look}`} />
      <span>
        {words}
        {times > 1 && <span className="soft"> · {times} times</span>}
      </span>
      <small>
        {times > 1 && 'last '}
        <Ago at={event.at} />
      </small>
    </li>
  );
};

const Renewals = ({ id }: { id: string }) => (
  <Loaded of={useRenewals(id)}>
    {({ data }) =>
      data.length === 0 ? (
        <Empty title="Not renewed yet">
          <p>Every attempt will stand here: when it was, how long it took, and what the platform said.</p>
        </Empty>
      ) : (
        <ol className="timeline">
          {data.map((renewal) => (
            <Attempt key={renewal.id} renewal={renewal} />
          ))}
        </ol>
      )
    }
  </Loaded>
);

const SentEvents = ({ id }: { id: string }) => {
  const sent = useSentEvents(id);
  const all = sent.data?.pages.flatMap(({ data }) => data);
  if (!all) return sent.error ? <Fault error={sent.error} retry={() => void sent.refetch()} /> : <Loading />;
  if (all.length === 0) {
    return (
      <Empty title="No webhook was told of it yet">
        <p>
          What is sent to <Link href="/webhooks">your webhooks</Link> about this connection will stand here, with what
          they answered.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <ol className="timeline">
        {all.map((delivery) => (
          <DeliveryEntry key={delivery.id} webhook={delivery.webhook_id} delivery={delivery} />
        ))}
      </ol>
      {sent.hasNextPage && (
        <Button busy={sent.isFetchingNextPage} onClick={() => void sent.fetchNextPage()}>
          Show earlier
        </Button>
      )}
    </>
  );
};

const Attempt = ({ renewal }: { renewal: Renewal }) => {
  const { words, look } = outcomeWords(renewal.outcome);
  const took = renewal.ended_at === null ? null : Date.parse(renewal.ended_at) - Date.parse(renewal.started_at);
  return (
    <li>
      <span className={`dot ${look}`} />
      <span>
        {words}
        {renewal.error_code && `: ${problemWords(renewal.error_code)}`}
        {took !== null && (
          <span className="soft"> · {took < 1000 ? `${took} ms` : `${(took / 1000).toFixed(1)} s`}</span>
        )}
      </span>
      <small>
        <Ago at={renewal.started_at} />
      </small>
    </li>
  );
};
