import { type FormEvent, useState } from 'react';
import type { Webhook } from '../api/types.ts';
import { eventTypes, eventTypeWords } from '../lib/words.ts';
import { Button, Field } from './controls.tsx';
import { Fault } from './states.tsx';

/** Where a webhook leads, and what is sent there. Null: every event. */
export interface WebhookInput {
  url: string;
  events: string[] | null;
}

interface Props {
  /** The one that is changed; absent: a new one. */
  webhook?: Webhook;
  words: string;
  busy: boolean;
  error: unknown;
  onCancel: () => void;
  onSubmit: (input: WebhookInput) => void;
}

export const WebhookForm = ({ webhook, words, busy, error, onCancel, onSubmit }: Props) => {
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(webhook?.events ? new Set(webhook.events) : null);
  const toggle = (type: string): void => {
    const next = new Set(chosen);
    if (!next.delete(type)) next.add(type);
    setChosen(next);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit({ url: url.trim(), events: chosen && [...chosen] });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Field label="Address of the receiver">
        {(attributes) => (
          <input
            {...attributes}
            className="input"
            type="url"
            required
            maxLength={2000}
            placeholder="https://app.example.com/evergrant"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
        )}
      </Field>
      <fieldset className="field">
        <legend>What is sent</legend>
        <label className="check">
          <input type="radio" name="what" checked={chosen === null} onChange={() => setChosen(null)} />
          <span>Every event</span>
        </label>
        <label className="check">
          <input
            type="radio"
            name="what"
            checked={chosen !== null}
            onChange={() => setChosen(new Set(['connection.reauth_required', 'connection.recovered']))}
          />
          <span>Some of them</span>
        </label>
        {chosen !== null && (
          <div className="sub">
            {eventTypes.map((type) => (
              <label key={type} className="check">
                <input type="checkbox" checked={chosen.has(type)} onChange={() => toggle(type)} />
                <span>
                  {eventTypeWords[type]}
                  <small>
                    <code>{type}</code>
                  </small>
                </span>
              </label>
            ))}
          </div>
        )}
      </fieldset>
      {error != null && <Fault error={error} />}
      <footer>
        <Button onClick={onCancel}>Cancel</Button>
        <Button kind="primary" submit busy={busy} disabled={chosen?.size === 0}>
          {words}
        </Button>
      </footer>
    </form>
  );
};
