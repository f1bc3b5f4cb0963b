import { Link } from 'wouter';
import type { Delivery, SentDelivery } from '../api/types.ts';
import { useReplay } from '../api/webhooks.ts';
import { counted } from '../lib/time.ts';
import type { Look } from '../lib/words.ts';
import { Badge } from './account.tsx';
import { Fault } from './states.tsx';
import { Ago, Until } from './time.tsx';

const deliveryWords: Record<Delivery['status'], { words: string; look: Look }> = {
  delivered: { words: 'Delivered', look: 'good' },
  pending: { words: 'Waiting', look: 'warn' },
  failed: { words: 'Given up', look: 'bad' },
};

/** One event on its way to one receiver, to be sent once more. @param webhook the id of the receiver */
export const DeliveryEntry = ({ webhook, delivery }: { webhook: string; delivery: Delivery | SentDelivery }) => {
  const replay = useReplay(webhook);
  const { words, look } = deliveryWords[delivery.status];
  const { attempts, last_status: status, last_error: error, next_attempt_at: next, answer } = delivery;
  const name = delivery.type ?? delivery.event_id;
  const said = error ?? (status === null ? null : `answered ${status}`);
  return (
    <li className="delivery">
      <Badge look={look}>{words}</Badge>
      <span>
        <code>{name}</code>
        <Place delivery={delivery} />
        <small>
          {[attempts === 0 ? 'not tried yet' : counted(attempts, 'try', 'tries'), said].filter(Boolean).join(' · ')}
          {next !== null && (
            <>
              {' · next try '}
              <Until at={next} lead="in " over="now" />
            </>
          )}
        </small>
        {answer && (
          <details>
            <summary>What it answered</summary>
            <pre>{answer}</pre>
          </details>
        )}
        {replay.error && <Fault error={replay.error} />}
      </span>
      <small>
        <Ago at={delivery.created_at} />
      </small>
      <button
        type="button"
        className="button plain"
        aria-busy={replay.isPending}
        aria-label={`Replay ${name}`}
        onClick={() => replay.mutate(delivery.id)}
      >
        {replay.isSuccess ? 'Sent again' : 'Replay'}
      </button>
    </li>
  );
};

/** What is not known from where it is shown: the receiver on the page of a connection, the connection on that of a receiver. */
const Place = ({ delivery }: { delivery: Delivery | SentDelivery }) => {
  if ('webhook_url' in delivery) {
    return (
      <small className="address">
        to <Link href={`/webhooks/${delivery.webhook_id}`}>{delivery.webhook_url}</Link>
      </small>
    );
  }
  const { connection_id: id, type } = delivery;
  if (id === null || type === 'connection.deleted') return null;
  return (
    <small>
      <Link href={`/connections/${id}`}>
        Connection <code>…{id.slice(-8)}</code>
      </Link>
    </small>
  );
};
