import { type FormEvent, useState } from 'react';
import { Problem } from '../api/client.ts';
import { useTitle } from '../lib/title.ts';
import { useSignIn } from '../session.tsx';
import { Button, Field } from '../ui/controls.tsx';
import { Leaf } from '../ui/icons.tsx';

const faultWords = (error: unknown): string => {
  if (!(error instanceof Problem)) return 'Something unexpected happened';
  if (error.status === 401) return 'That is no API key of this installation, or it was revoked.';
  if (error.status === 429) return 'Too many wrong keys. Wait a moment, then try again.';
  return error.status === 0 ? 'Evergrant does not answer. It may be restarting.' : error.message;
};

export const SignIn = () => {
  useTitle('Sign in');
  const signIn = useSignIn();
  const [key, setKey] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      await signIn(key.trim());
    } catch (error) {
      setFault(faultWords(error));
      setBusy(false);
    }
  };

  return (
    <main className="lonely">
      <div className="sheet">
        <Leaf />
        <h1>Sign in to Evergrant</h1>
        <form onSubmit={(event) => void submit(event)} className="stack">
          <Field
            label="API key"
            error={fault}
            hint={
              <>
                The one that the first start printed, or <code>EVERGRANT_API_KEY</code>.
              </>
            }
          >
            {(attributes) => (
              <div className="with-button">
                <input
                  {...attributes}
                  className="input code"
                  type={shown ? 'text' : 'password'}
                  name="key"
                  autoComplete="current-password"
                  autoCapitalize="off"
                  spellCheck={false}
                  placeholder="eg_…"
                  required
                  // biome-ignore lint/a11y/noAutofocus: nothing else is on this page
                  autoFocus
                  value={key}
                  onChange={(event) => setKey(event.target.value)}
                />
                <button type="button" className="button plain" aria-pressed={shown} onClick={() => setShown(!shown)}>
                  {shown ? 'Hide' : 'Show'}
                </button>
              </div>
            )}
          </Field>
          <Button kind="primary" submit busy={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </Button>
        </form>
        <p className="soft">
          Lost it? On the server, <code>evergrant keys create me --permissions admin</code> makes another. A session
          ends after half an hour without you, and after twelve hours in any case.
        </p>
      </div>
    </main>
  );
};
