import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Delivery, Webhook } from '../api/types.ts';
import {
  useChangeWebhook,
  useDeliveries,
  useRemoveWebhook,
  useReplay,
  useReplayFailed,
  useRotateSecret,
  useTestWebhook,
  useWebhook,
} from '../api/webhooks.ts';
import { counted } from '../lib/time.ts';
import { useTitle } from '../lib/title.ts';
import { Badge } from '../ui/account.tsx';
import { Button, Dialog } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
import { Empty, Fault, Loaded, Loading, Note } from '../ui/states.tsx';
import { Ago, Until } from '../ui/time.tsx';
import { SecretDialog, WebhookBadge, WebhookTrouble } from './webhooks.tsx';

export default function OneWebhook({ id }: { id: string }) {
  useTitle('Webhook');
  return (
    <>
      <Link href="/webhooks" className="up">
        <Icon name="back" />
        Webhooks
      </Link>
      <Loaded of={useWebhook(id)} rows={3}>
        {(webhook) => (
          <>
            <header className="page-head identity">
              <div className="who">
                <h1 className="address">{webhook.url}</h1>
                <p className="soft">{webhook.events === null ? 'Every event' : webhook.events.join(', ')}</p>
              </div>
              <WebhookBadge webhook={webhook} />
            </header>
            <Actions webhook={webhook} />
            <WebhookTrouble webhook={webhook} />
            <Deliveries id={id} />
          </>
        )}
      </Loaded>
    </>
  );
}

const Actions = ({ webhook }: { webhook: Webhook }) => {
  const { id, disabled } = webhook;
  const [, navigate] = useLocation();
  const test = useTestWebhook(id);
  const change = useChangeWebhook(id);
  const rotate = useRotateSecret(id);
  const remove = useRemoveWebhook(id);
  const [removing, setRemoving] = useState(false);
  const failure = test.error ?? change.error ?? rotate.error;
  return (
    <>
      <div className="actions">
        <Button busy={test.isPending} onClick={() => test.mutate(undefined)}>
          {test.isPending ? 'Sending…' : 'Send a test'}
        </Button>
        <Button busy={change.isPending} onClick={() => change.mutate({ disabled: !disabled })}>
          {disabled ? 'Switch on' : 'Switch off'}
        </Button>
        <Button busy={rotate.isPending} onClick={() => rotate.mutate(undefined)}>
          New secret
        </Button>
        <Button kind="danger" onClick={() => setRemoving(true)}>
          Remove
        </Button>
      </div>
      {failure && <Fault error={failure} />}
      {test.data && (
        <Note look={test.data.delivered ? 'good' : 'warn'} icon={test.data.delivered ? 'check' : 'alert'}>
          <p>
            {test.data.delivered
              ? `The receiver took it (${test.data.status}).`
              : `The receiver did not take it: ${test.data.error ?? `it answered ${test.data.status}`}.`}
          </p>
        </Note>
      )}
      {rotate.data && <SecretDialog secret={rotate.data.secret} onClose={() => rotate.reset()} />}
      {removing && (
        <Dialog title="Remove this webhook?" onClose={() => setRemoving(false)}>
          <p>What waits to be delivered is not sent any more. This cannot be undone.</p>
          {remove.error && <Fault error={remove.error} />}
          <footer>
            <Button onClick={() => setRemoving(false)}>Keep it</Button>
            <Button
              kind="danger"
              busy={remove.isPending}
              onClick={() => remove.mutate(undefined, { onSuccess: () => navigate('/webhooks') })}
            >
              Remove
            </Button>
          </footer>
        </Dialog>
      )}
    </>
  );
};

const deliveryWords: Record<Delivery['status'], { words: string; look: 'good' | 'warn' | 'bad' }> = {
  delivered: { words: 'Delivered', look: 'good' },
  pending: { words: 'Waiting', look: 'warn' },
  failed: { words: 'Given up', look: 'bad' },
};

const Deliveries = ({ id }: { id: string }) => {
  const [status, setStatus] = useState('');
  const deliveries = useDeliveries(id, status);
  const replayFailed = useReplayFailed(id);
  const all = deliveries.data?.pages.flatMap(({ data }) => data);
  return (
    <section className="card">
      <header>
        <h2>Deliveries</h2>
        <select
          className="input small"
          aria-label="Which deliveries"
          value={status}
          onChange={(event) => setStatus(event.target.value)}
        >
          <option value="">All</option>
          <option value="delivered">Delivered</option>
          <option value="pending">Waiting</option>
          <option value="failed">Given up</option>
        </select>
        <Button busy={replayFailed.isPending} onClick={() => replayFailed.mutate(undefined)}>
          Replay what was given up
        </Button>
      </header>
      <p role="status" className="soft">
        {replayFailed.data && `${counted(replayFailed.data.replayed, 'event')} will be sent once more.`}
      </p>
      {deliveries.error && <Fault error={deliveries.error} retry={() => void deliveries.refetch()} />}
      {!all ? (
        !deliveries.error && <Loading rows={4} />
      ) : all.length === 0 ? (
        <Empty title="Nothing was sent yet" />
      ) : (
        <ol className="timeline">
          {all.map((delivery) => (
            <Entry key={delivery.id} webhook={id} delivery={delivery} />
          ))}
        </ol>
      )}
      {deliveries.hasNextPage && (
        <Button busy={deliveries.isFetchingNextPage} onClick={() => void deliveries.fetchNextPage()}>
          Show earlier
        </Button>
      )}
    </section>
  );
};

const Entry = ({ webhook, delivery }: { webhook: string; delivery: Delivery }) => {
  const replay = useReplay(webhook);
  const { words, look } = deliveryWords[delivery.status];
  const answer = delivery.last_error ?? (delivery.last_status === null ? null : `answered ${delivery.last_status}`);
  return (
    <li className="delivery">
      <Badge look={look}>{words}</Badge>
      <span>
        <code>{delivery.type ?? delivery.event_id}</code>
        <small>
          {[delivery.attempts === 0 ? 'not tried yet' : counted(delivery.attempts, 'try', 'tries'), answer]
            .filter(Boolean)
            .join(' · ')}
          {delivery.next_attempt_at !== null && (
            <>
              {' · next try '}
              <Until at={delivery.next_attempt_at} lead="in " over="now" />
            </>
          )}
        </small>
        {delivery.answer && (
          <details>
            <summary>What it answered</summary>
            <pre>{delivery.answer}</pre>
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
        aria-label={`Replay ${delivery.type ?? delivery.event_id}`}
        onClick={() => replay.mutate(delivery.id)}
      >
        {replay.isSuccess ? 'Sent again' : 'Replay'}
      </button>
    </li>
  );
};
