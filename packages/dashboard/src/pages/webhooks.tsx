import { useState } from 'react';
import { Link } from 'wouter';
import { Problem } from '../api/client.ts';
import type { Webhook } from '../api/types.ts';
import { useMakeWebhook, useWebhooks } from '../api/webhooks.ts';
import { useTitle } from '../lib/title.ts';
import { Badge } from '../ui/account.tsx';
import { Button, Copyable, Dialog } from '../ui/controls.tsx';
import { Icon } from '../ui/icons.tsx';
import { Empty, Fault, Loading, Note } from '../ui/states.tsx';
import { Ago } from '../ui/time.tsx';
import { WebhookForm } from '../ui/webhook-form.tsx';

export default function Webhooks() {
  useTitle('Webhooks');
  const webhooks = useWebhooks();
  const [making, setMaking] = useState(false);
  const all = webhooks.data?.pages.flatMap(({ data }) => data);
  const isAbsent = webhooks.error instanceof Problem && webhooks.error.status === 404;
  return (
    <>
      <header className="page-head">
        <h1>Webhooks</h1>
        {!isAbsent && (
          <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
            New webhook
          </Button>
        )}
      </header>
      {isAbsent ? (
        <Empty title="This server sends no webhooks">
          <p>A newer version does.</p>
        </Empty>
      ) : webhooks.error ? (
        <Fault error={webhooks.error} retry={() => void webhooks.refetch()} />
      ) : !all ? (
        <Loading rows={3} />
      ) : all.length === 0 ? (
        <Empty title="No webhooks yet">
          <p>
            With one, your application hears at once when somebody must reconnect, instead of asking again and again.
          </p>
        </Empty>
      ) : (
        <ul className="rows card">
          {all.map((webhook) => (
            <Row key={webhook.id} webhook={webhook} />
          ))}
        </ul>
      )}
      {webhooks.hasNextPage && (
        <Button busy={webhooks.isFetchingNextPage} onClick={() => void webhooks.fetchNextPage()}>
          Show more
        </Button>
      )}
      {making && <MakeWebhook onClose={() => setMaking(false)} />}
    </>
  );
}

const Row = ({ webhook }: { webhook: Webhook }) => (
  <li className="key">
    <div className="who">
      <Link href={`/webhooks/${webhook.id}`} className="name address">
        {webhook.url}
      </Link>
      <small>
        {webhook.events === null ? 'Every event' : webhook.events.join(', ')}
        {webhook.owner !== null && ` · only owner ${webhook.owner}`}
      </small>
    </div>
    <WebhookBadge webhook={webhook} />
    <Icon name="chevron" />
  </li>
);

export const WebhookBadge = ({ webhook }: { webhook: Webhook }) => {
  if (webhook.disabled) {
    return <Badge look={webhook.disabled_reason === 'operator' ? 'quiet' : 'bad'}>Off</Badge>;
  }
  if (webhook.failing_since !== null) return <Badge look="warn">Failing</Badge>;
  return <Badge look="good">On</Badge>;
};

/** Why it is off, or since when it fails. */
export const WebhookTrouble = ({ webhook }: { webhook: Webhook }) => {
  if (webhook.disabled) {
    const why = {
      operator: 'Switched off.',
      gone: 'Switched off: the receiver answered 410, which means that it wants no more.',
      failing: 'Switched off: the receiver has failed for days.',
    }[webhook.disabled_reason ?? 'operator'];
    return (
      <Note look={webhook.disabled_reason === 'operator' ? 'quiet' : 'bad'} icon="alert">
        <p>{why} Events of the meantime can be sent afterwards.</p>
      </Note>
    );
  }
  return webhook.failing_since === null ? null : (
    <Note look="warn" icon="alert">
      <p>
        The receiver has failed since <Ago at={webhook.failing_since} />. Every delivery is tried again, with growing
        pauses, for days.
      </p>
    </Note>
  );
};

/** The secret with which a receiver checks the signature. */
export const SecretDialog = ({ secret, onClose }: { secret: string; onClose: () => void }) => (
  <Dialog title="The secret" onClose={onClose} closable={false}>
    <Note look="warn" icon="alert">
      <p>It is shown this once. The receiver checks each signature with it (Standard Webhooks).</p>
    </Note>
    <Copyable text={secret} label="the secret" />
    <footer>
      <Button kind="primary" onClick={onClose}>
        I have it
      </Button>
    </footer>
  </Dialog>
);

const MakeWebhook = ({ onClose }: { onClose: () => void }) => {
  const make = useMakeWebhook();
  if (make.data) return <SecretDialog secret={make.data.secret} onClose={onClose} />;
  return (
    <Dialog title="New webhook" onClose={onClose}>
      <WebhookForm
        words="Make the webhook"
        busy={make.isPending}
        error={make.error}
        onCancel={onClose}
        onSubmit={(input) => make.mutate(input)}
      />
    </Dialog>
  );
};
