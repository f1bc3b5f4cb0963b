import { type FormEvent, useState } from 'react';
import { useReplayMany } from '../api/webhooks.ts';
import { serverNow } from '../lib/now.ts';
import { counted } from '../lib/time.ts';
import { Button, Dialog, Field } from './controls.tsx';
import { Fault } from './states.tsx';

/** Sends several events to one receiver once more. */
export const ReplayDialog = ({ webhook, onClose }: { webhook: string; onClose: () => void }) => {
  const replay = useReplayMany(webhook);
  const [all, setAll] = useState(false);
  const [since, setSince] = useState(() => localTime(serverNow() - 3_600_000));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    replay.mutate(all ? { since: new Date(since).toISOString() } : { status: 'failed' });
  };
  if (replay.data) {
    return (
      <Dialog title="Replay" onClose={onClose}>
        <p role="status">{counted(replay.data.replayed, 'event')} will be sent once more.</p>
        <footer>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </footer>
      </Dialog>
    );
  }
  return (
    <Dialog title="Replay" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <fieldset className="field">
          <legend>What is sent once more</legend>
          <label className="check">
            <input type="radio" name="what" checked={!all} onChange={() => setAll(false)} />
            <span>What was given up</span>
          </label>
          <label className="check">
            <input type="radio" name="what" checked={all} onChange={() => setAll(true)} />
            <span>
              Every event since a time
              <small>Also those that came while it was switched off. Receivers know them again by their id.</small>
            </span>
          </label>
        </fieldset>
        {all && (
          <Field label="Since">
            {(attributes) => (
              <input
                {...attributes}
                className="input"
                type="datetime-local"
                required
                value={since}
                onChange={(event) => setSince(event.target.value)}
              />
            )}
          </Field>
        )}
        {replay.error && <Fault error={replay.error} />}
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" submit busy={replay.isPending}>
            Send once more
          </Button>
        </footer>
      </form>
    </Dialog>
  );
};

/** As `datetime-local` has it: in the zone of whoever looks, to the minute. */
const localTime = (at: number): string => {
  const offset = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - offset).toISOString().slice(0, 16);
};
