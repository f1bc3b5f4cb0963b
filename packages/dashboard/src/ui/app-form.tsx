import { type FormEvent, useState } from 'react';
import { Problem } from '../api/client.ts';
import { useApp, useRemoveApp, useSaveApp } from '../api/queries.ts';
import type { App, Provider } from '../api/types.ts';
import { Button, Field } from './controls.tsx';
import { Fault, Loaded, Note } from './states.tsx';

/** Client id, secret and scopes of a platform; the secret goes in and never comes out. */
export const AppForm = ({ provider }: { provider: Provider }) => {
  const app = useApp(provider.id, provider.configured);
  const save = useSaveApp(provider.id);
  return (
    <>
      {provider.configured ? (
        <Loaded of={app} rows={2}>
          {(known) => <Form key={`${known.source} ${known.client_id}`} provider={provider} app={known} save={save} />}
        </Loaded>
      ) : (
        <Form provider={provider} app={null} save={save} />
      )}
      {save.isSuccess && (
        <Note look="good" icon="check">
          <p>Saved, and in use from now on. Connect an account of your own to see that the platform takes it.</p>
        </Note>
      )}
    </>
  );
};

interface FormProps {
  provider: Provider;
  app: App | null;
  save: ReturnType<typeof useSaveApp>;
}

const Form = ({ provider, app, save }: FormProps) => {
  const [clientId, setClientId] = useState(app?.client_id ?? '');
  const [secret, setSecret] = useState('');
  const [scopes, setScopes] = useState<ReadonlySet<string>>(
    new Set(provider.scopes.filter(({ requested }) => requested).map(({ scope }) => scope)),
  );
  const prefix = provider.id.toUpperCase().replaceAll('-', '_');
  const keepsSecret = app?.has_client_secret === true && clientId.trim() === app.client_id;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = provider.scopes.map(({ scope }) => scope).filter((scope) => scopes.has(scope));
    save.mutate(
      {
        client_id: clientId.trim(),
        ...(secret === '' ? {} : { client_secret: secret.trim() }),
        ...(wanted.length === 0 ? {} : { scopes: wanted }),
      },
      { onSuccess: () => setSecret('') },
    );
  };
  const fieldError = (name: string): string | undefined =>
    save.error instanceof Problem
      ? save.error.body.errors?.find(({ pointer }) => pointer === `/${name}`)?.message
      : undefined;

  return (
    <form className="stack" onSubmit={submit}>
      {app && <Source app={app} provider={provider} />}
      <Field label="Client id" error={fieldError('client_id')}>
        {(attributes) => (
          <input
            {...attributes}
            className="input code"
            required
            autoComplete="off"
            spellCheck={false}
            value={clientId}
            onChange={(event) => setClientId(event.target.value)}
          />
        )}
      </Field>
      <Field
        label="Client secret"
        error={fieldError('client_secret')}
        hint={
          app === null ? (
            <>
              Kept sealed, and shown to nobody. Or set <code>{prefix}_CLIENT_ID</code> and{' '}
              <code>{prefix}_CLIENT_SECRET</code> where Evergrant is started.
            </>
          ) : (
            'Kept sealed, and shown to nobody.'
          )
        }
      >
        {(attributes) => (
          <input
            {...attributes}
            className="input code"
            type="password"
            autoComplete="off"
            value={secret}
            placeholder={keepsSecret ? 'Unchanged' : ''}
            onChange={(event) => setSecret(event.target.value)}
          />
        )}
      </Field>
      <OptionalScopes provider={provider} chosen={scopes} onChange={setScopes} />
      {save.error && !fieldError('client_id') && !fieldError('client_secret') && <Fault error={save.error} />}
      <div className="actions">
        <Button kind="primary" submit busy={save.isPending}>
          {save.isPending ? 'Saving…' : 'Save'}
        </Button>
      </div>
    </form>
  );
};

/** Where the app comes from that is in use, and the way back to that of the settings. */
const Source = ({ app, provider }: { app: App; provider: Provider }) => {
  const remove = useRemoveApp(provider.id);
  if (app.source === 'settings') {
    return <p className="soft">The one in use comes from the settings. One that is saved here stands before it.</p>;
  }
  return (
    <>
      <p className="soft">The one in use was saved here.</p>
      {remove.error && <Fault error={remove.error} />}
      <div className="actions">
        <Button busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
          Take it back
        </Button>
      </div>
    </>
  );
};

interface ScopesProps {
  provider: Provider;
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}

const OptionalScopes = ({ provider, chosen, onChange }: ScopesProps) => {
  const optional = provider.scopes.filter(({ required }) => !required);
  if (optional.length === 0) return null;
  const toggle = (scope: string): void => {
    const next = new Set(chosen);
    if (!next.delete(scope)) next.add(scope);
    onChange(next);
  };
  return (
    <fieldset className="field">
      <legend>Also ask for</legend>
      {optional.map(({ scope, permits }) => (
        <label key={scope} className="check">
          <input type="checkbox" checked={chosen.has(scope)} onChange={() => toggle(scope)} />
          <span>
            {permits ?? scope}
            {permits && (
              <small>
                <code>{scope}</code>
              </small>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  );
};
