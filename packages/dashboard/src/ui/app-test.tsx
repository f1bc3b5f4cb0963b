import { useTestApp } from '../api/queries.ts';
import type { AppTest, Provider } from '../api/types.ts';
import { problemWords } from '../lib/words.ts';
import { Button } from './controls.tsx';
import { Fault, Note } from './states.tsx';

/** Whether the platform takes client id and secret, asked on the spot: nobody has to connect an account for that. */
export const AppTestButton = ({ provider: { id, name } }: { provider: Provider }) => {
  const test = useTestApp(id);
  return (
    <>
      <div className="actions">
        <Button icon="check" busy={test.isPending} onClick={() => test.mutate()}>
          {test.isPending ? 'Asking…' : 'Test the credentials'}
        </Button>
      </div>
      {test.error && <Fault error={test.error} />}
      <div role="status">{test.data && !test.isPending && <Outcome test={test.data} name={name} />}</div>
    </>
  );
};

const Outcome = ({ test: { result, error_code: code, upstream }, name }: { test: AppTest; name: string }) => {
  const said = upstream?.description ?? upstream?.code;
  switch (result) {
    case 'accepted':
      return (
        <Note look="good" icon="check">
          <strong>{name} takes the client id and secret.</strong>
          <p>Whether the redirect URI and the permissions are right too, the first account shows that is connected.</p>
        </Note>
      );
    case 'refused':
      return (
        <Note look="bad" icon="alert">
          <strong>{name} refuses the client id or secret.</strong>
          <p>{said ? `It says: ${said}` : 'Compare both with those in its console.'}</p>
        </Note>
      );
    case 'unknown':
      return (
        <Note look="warn" icon="alert">
          <strong>It cannot be told from here.</strong>
          <p>
            {upstream === null
              ? `${name} gave no answer${code ? `: ${problemWords(code)}` : ''}.`
              : `${name} answers in the same way whatever the secret is. Connect an account of your own to see.`}
          </p>
        </Note>
      );
  }
};
