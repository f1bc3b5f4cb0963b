import { type FormEvent, useState } from 'react';
import { useConnect, useProviders } from '../api/queries.ts';
import type { StartedFlow } from '../api/types.ts';
import { useSession } from '../session.tsx';
import { Button, Copyable, Dialog, Field } from './controls.tsx';
import { Fault } from './states.tsx';
import { Until } from './time.tsx';

/** Begins a flow: for oneself in this window, or as a link for somebody else. */
export const ConnectDialog = ({ onClose, provider: given }: { onClose: () => void; provider?: string }) => {
  const { owner: bound } = useSession();
  const providers = useProviders();
  const connect = useConnect();
  const [provider, setProvider] = useState(given ?? '');
  const [owner, setOwner] = useState(bound ?? '');
  const [instance, setInstance] = useState('');
  const [flow, setFlow] = useState<StartedFlow | null>(null);
  const configured = providers.data?.filter((one) => one.configured) ?? [];
  const chosen = configured.find(({ id }) => id === provider);

  const begin = async (here: boolean): Promise<void> => {
    const started = await connect.mutateAsync({
      owner,
      ...(provider ? { provider } : {}),
      ...(instance && chosen?.instance ? { instance } : {}),
      // Whoever presses the button sits before this page; whoever gets a link is asked first.
      ...(here ? { skip_confirmation: true, return_to: window.location.href } : {}),
    });
    if (here) window.location.assign(started.url);
    else setFlow(started);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const pressed = (event.nativeEvent as SubmitEvent).submitter;
    void begin(pressed?.getAttribute('value') !== 'link').catch(() => {});
  };

  if (flow) {
    return (
      <Dialog title="A link to connect" onClose={onClose}>
        <p>
          Send it to the person who connects. It works once, in the first browser that opens it, for{' '}
          <Until at={flow.expires_at} over="no time any more" />.
        </p>
        <Copyable text={flow.url} label="the link" />
        <footer>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </footer>
      </Dialog>
    );
  }
  return (
    <Dialog title="Connect an account" onClose={onClose}>
      <form onSubmit={submit} className="stack">
        <Field label="Platform" hint={configured.length === 0 && providers.data ? 'None is set up yet.' : undefined}>
          {(attributes) => (
            <select
              {...attributes}
              className="input"
              value={provider}
              onChange={(event) => setProvider(event.target.value)}
            >
              <option value="">The person chooses</option>
              {configured.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
        {chosen?.instance && (
          <Field label={chosen.instance.label} hint="Left empty, the person is asked.">
            {(attributes) => (
              <input
                {...attributes}
                className="input"
                placeholder={chosen.instance!.placeholder}
                value={instance}
                onChange={(event) => setInstance(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field label="Owner" hint="Your own id of the user or tenant to whom the connection belongs, e.g. user_42.">
          {(attributes) => (
            <input
              {...attributes}
              className="input"
              required
              maxLength={200}
              readOnly={bound !== null}
              value={owner}
              onChange={(event) => setOwner(event.target.value)}
            />
          )}
        </Field>
        {connect.error && <Fault error={connect.error} />}
        <footer>
          <button type="submit" value="link" className="button secondary">
            Make a link
          </button>
          <button type="submit" value="here" className="button primary" aria-busy={connect.isPending}>
            Connect here
          </button>
        </footer>
      </form>
    </Dialog>
  );
};
