import { type FormEvent, useState } from 'react';
import { useKeys, useMakeKey, useRevokeKey } from '../api/queries.ts';
import type { ApiKey, Permission } from '../api/types.ts';
import { useTitle } from '../lib/title.ts';
import { permissionWords } from '../lib/words.ts';
import { useSession } from '../session.tsx';
import { Badge } from '../ui/account.tsx';
import { Button, Copyable, Dialog, Field } from '../ui/controls.tsx';
import { Empty, Fault, Loading, Note } from '../ui/states.tsx';
import { Ago, Day } from '../ui/time.tsx';

export default function Keys() {
  useTitle('API keys');
  const keys = useKeys();
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const all = keys.data?.pages.flatMap(({ data }) => data);
  return (
    <>
      <header className="page-head">
        <h1>API keys</h1>
        <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
          New key
        </Button>
      </header>
      {keys.error && <Fault error={keys.error} retry={() => void keys.refetch()} />}
      {!all ? (
        !keys.error && <Loading rows={3} />
      ) : all.length === 0 ? (
        <Empty title="No keys were made yet">
          <p>The key of the settings, with which you are signed in, is not listed here.</p>
        </Empty>
      ) : (
        <ul className="rows card">
          {all.map((key) => (
            <Row key={key.id} apiKey={key} onRevoke={() => setRevoking(key)} />
          ))}
        </ul>
      )}
      {keys.hasNextPage && (
        <Button busy={keys.isFetchingNextPage} onClick={() => void keys.fetchNextPage()}>
          Show more
        </Button>
      )}
      {making && <MakeKey onClose={() => setMaking(false)} />}
      {revoking && <RevokeKey apiKey={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

const Row = ({ apiKey, onRevoke }: { apiKey: ApiKey; onRevoke: () => void }) => {
  const { key_id: own } = useSession();
  return (
    <li className="key">
      <div className="who">
        <span className="name">
          {apiKey.name} {apiKey.id === own && <Badge look="good">Signed in with it</Badge>}
        </span>
        <small>
          {apiKey.permissions.join(', ')}
          {apiKey.owner !== null && ` · only owner ${apiKey.owner}`}
        </small>
        <small>
          Made <Day at={apiKey.created_at} /> ·{' '}
          {apiKey.last_used_at === null ? (
            'never used'
          ) : (
            <>
              used <Ago at={apiKey.last_used_at} />
            </>
          )}
        </small>
      </div>
      <button type="button" className="button secondary" onClick={onRevoke} aria-label={`Revoke ${apiKey.name}`}>
        Revoke
      </button>
    </li>
  );
};

const MakeKey = ({ onClose }: { onClose: () => void }) => {
  const make = useMakeKey();
  const { owner: bound } = useSession();
  const [name, setName] = useState('');
  const [owner, setOwner] = useState(bound ?? '');
  const [chosen, setChosen] = useState<ReadonlySet<Permission>>(
    new Set(['connections:read', 'connections:write', 'tokens:read']),
  );
  const toggle = (permission: Permission): void => {
    const next = new Set(chosen);
    if (!next.delete(permission)) next.add(permission);
    setChosen(next);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate({ name: name.trim(), permissions: [...chosen], ...(owner.trim() ? { owner: owner.trim() } : {}) });
  };
  if (make.data) {
    return (
      <Dialog title="The new key" onClose={onClose} closable={false}>
        <Note look="warn" icon="alert">
          <p>It is shown this once. Put it where your application finds it, then close.</p>
        </Note>
        <Copyable text={make.data.key} label="the key" />
        <footer>
          <Button kind="primary" onClick={onClose}>
            I have it
          </Button>
        </footer>
      </Dialog>
    );
  }
  return (
    <Dialog title="New API key" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <Field label="Name" hint="Who uses it, e.g. scheduler, or the name of a colleague.">
          {(attributes) => (
            <input
              {...attributes}
              className="input"
              required
              maxLength={200}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <fieldset className="field">
          <legend>It may</legend>
          {(Object.keys(permissionWords) as Permission[]).map((permission) => (
            <label key={permission} className="check">
              <input type="checkbox" checked={chosen.has(permission)} onChange={() => toggle(permission)} />
              <span>
                {permissionWords[permission]}
                <small>
                  <code>{permission}</code>
                </small>
              </span>
            </label>
          ))}
        </fieldset>
        <Field label="Owner" hint="Left empty, it reaches everybody's connections.">
          {(attributes) => (
            <input
              {...attributes}
              className="input"
              maxLength={200}
              readOnly={bound !== null}
              value={owner}
              onChange={(event) => setOwner(event.target.value)}
            />
          )}
        </Field>
        {make.error && <Fault error={make.error} />}
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={make.isPending} disabled={chosen.size === 0}>
            Make the key
          </Button>
        </footer>
      </form>
    </Dialog>
  );
};

const RevokeKey = ({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) => {
  const revoke = useRevokeKey();
  const { key_id: own } = useSession();
  return (
    <Dialog title={`Revoke ${apiKey.name}?`} onClose={onClose}>
      <p>
        From that moment no server takes it, and sessions that began with it end
        {apiKey.id === own && ', yours too'}. This cannot be undone.
      </p>
      {revoke.error && <Fault error={revoke.error} />}
      <footer>
        <Button onClick={onClose}>Keep it</Button>
        <Button kind="danger" busy={revoke.isPending} onClick={() => revoke.mutate(apiKey.id, { onSuccess: onClose })}>
          Revoke
        </Button>
      </footer>
    </Dialog>
  );
};
