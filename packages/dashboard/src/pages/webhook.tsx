import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Webhook } from '../api/types.ts';
import {
  useChangeWebhook,
  useDeliveries,
  useRemoveWebhook,
  useRotateSecret,
  useTestWebhook,
  useWebhook,
} from '../api/webhooks.ts';
import { useTitle } from '../lib/title.ts';
import { Button, Dialog } from '../ui/controls.tsx';
import { DeliveryEntry } from '../ui/delivery.tsx';
import { Icon } from '../ui/icons.tsx';
import { ReplayDialog } from '../ui/replay-dialog.tsx';
import { Empty, Fault, Loaded, Loading, Note } from '../ui/states.tsx';
import { WebhookForm } from '../ui/webhook-form.tsx';
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
  const [changing, setChanging] = useState(false);
  const failure = test.error ?? (changing ? null : change.error) ?? rotate.error;
  return (
    <>
      <div className="actions">
        <Button busy={test.isPending} onClick={() => test.mutate(undefined)}>
          {test.isPending ? 'Sending…' : 'Send a test'}
        </Button>
        <Button
          onClick={() => {
            change.reset();
            setChanging(true);
          }}
        >
          Change
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
      {changing && (
        <Dialog title="Change the webhook" onClose={() => setChanging(false)}>
          <WebhookForm
            webhook={webhook}
            words="Save"
            busy={change.isPending}
            error={change.error}
            onCancel={() => setChanging(false)}
            onSubmit={(input) => change.mutate(input, { onSuccess: () => setChanging(false) })}
          />
        </Dialog>
      )}
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

const Deliveries = ({ id }: { id: string }) => {
  const [status, setStatus] = useState('');
  const deliveries = useDeliveries(id, status);
  const [replaying, setReplaying] = useState(false);
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
        <Button icon="renew" onClick={() => setReplaying(true)}>
          Replay several
        </Button>
      </header>
      {replaying && <ReplayDialog webhook={id} onClose={() => setReplaying(false)} />}
      {deliveries.error && <Fault error={deliveries.error} retry={() => void deliveries.refetch()} />}
      {!all ? (
        !deliveries.error && <Loading rows={4} />
      ) : all.length === 0 ? (
        <Empty title={status === '' ? 'Nothing was sent yet' : 'Nothing of that kind'} />
      ) : (
        <ol className="timeline">
          {all.map((delivery) => (
            <DeliveryEntry key={delivery.id} webhook={id} delivery={delivery} />
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
