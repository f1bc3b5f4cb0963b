import { useDisconnect, useDisconnection } from '../api/queries.ts';
import type { Connection, Disconnection } from '../api/types.ts';
import { counted } from '../lib/time.ts';
import { accountName } from '../lib/words.ts';
import { Button, Dialog } from './controls.tsx';
import { Fault, Loaded } from './states.tsx';

interface Props {
  connection: Connection;
  platform: string;
  onClose: () => void;
  onDone: () => void;
}

/** Says what disconnecting does before it is done. */
export const DisconnectDialog = ({ connection, platform, onClose, onDone }: Props) => {
  const preview = useDisconnection(connection.id, true);
  const disconnect = useDisconnect(connection.id);
  const name = accountName(connection);
  return (
    <Dialog title={`Disconnect ${name}?`} onClose={onClose}>
      <ul className="consequences">
        <li>It is gone here at once; no token is handed out any more. This cannot be undone.</li>
        <Loaded of={preview} rows={1}>
          {(what) => <Consequences what={what} platform={platform} />}
        </Loaded>
      </ul>
      {disconnect.error && <Fault error={disconnect.error} />}
      <footer>
        <Button onClick={onClose}>Keep it</Button>
        <Button
          kind="danger"
          busy={disconnect.isPending}
          onClick={() => disconnect.mutate(undefined, { onSuccess: onDone })}
        >
          {disconnect.isPending ? 'Disconnecting…' : 'Disconnect'}
        </Button>
      </footer>
    </Dialog>
  );
};

const Consequences = ({
  what: { siblings, at_platform: atPlatform },
  platform,
}: {
  what: Disconnection;
  platform: string;
}) => (
  <>
    {siblings.length > 0 && (
      <li>
        {counted(siblings.length, 'other account')} of the same consent {siblings.length === 1 ? 'goes' : 'go'} on:{' '}
        {siblings.slice(0, 5).map(accountName).join(', ')}
        {siblings.length > 5 && ' …'}
      </li>
    )}
    <li>{atPlatformWords(atPlatform, platform)}</li>
  </>
);

const atPlatformWords = (what: Disconnection['at_platform'], platform: string): string => {
  switch (what) {
    case 'revoked':
      return `${platform} is told to revoke the access, again and again until it confirms.`;
    case 'kept_for_others':
      return `${platform} is not told: revoking there would end other connections of this person, or might.`;
    case 'not_possible':
      return `${platform} has no way to revoke: its tokens run out by themselves, and are destroyed here.`;
  }
};
