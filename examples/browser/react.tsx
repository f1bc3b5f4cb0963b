import { returned } from 'evergrant/browser';
import { type UseConnect, useConnect } from 'evergrant/react';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

const begin = () => fetch('/api/connect', { method: 'POST' });

// The flow had the whole page, and has come back.
const cameBack = returned();

const says = ({ step, end, error }: UseConnect): string => {
  if (error) return `Not connected: ${error instanceof Error ? error.message : 'it could not be begun'}`;
  if (end) return end.status === 'connected' ? 'Connected.' : `Not connected: ${end.error?.title ?? end.status}`;
  if (step === 'idle') return cameBack ? 'Welcome back.' : '';
  // It may only look closed, so the button stays and the result still comes.
  if (step === 'closed') return 'Was the window closed? Then try again.';
  return step === 'choosing' ? 'Choose in the window what shall be connected.' : 'Go on in the window that has opened.';
};

interface Shown {
  id: string;
  name: string;
  status: string;
}

const readConnections = async () => (await (await fetch('/api/connections')).json()) as Shown[];

const Connections = () => {
  const [connections, setConnections] = useState<Shown[]>([]);
  const connect = useConnect(begin, { onEnd: () => void readConnections().then(setConnections) });
  useEffect(() => void readConnections().then(setConnections), []);
  const isOpen = connect.step === 'opened' || connect.step === 'choosing';
  return (
    <>
      <h1>Connect with React</h1>
      <button type="button" onClick={connect.start}>
        Connect LinkedIn
      </button>
      {isOpen && (
        <button type="button" onClick={connect.cancel}>
          Cancel
        </button>
      )}
      <p role="status">{says(connect)}</p>
      <ul>
        {connections.map(({ id, name, status }) => (
          <li key={id}>
            {name}: {status}
          </li>
        ))}
      </ul>
    </>
  );
};

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <Connections />
  </StrictMode>,
);
