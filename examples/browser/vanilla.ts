import { type ConnectStep, connect, returned } from 'evergrant/browser';

const [button, says, list] = ['#connect', '#says', '#connections'].map(
  (id) => document.querySelector<HTMLElement>(id)!,
);

const words: Record<ConnectStep, string> = {
  opened: 'Go on in the window that has opened.',
  leaving: 'You are being taken to LinkedIn …',
  choosing: 'Choose in the window what shall be connected.',
  // It may only look closed, so the button stays and the result still comes.
  closed: 'Was the window closed? Then try again.',
};

const showConnections = async () => {
  const connections = (await (await fetch('/api/connections')).json()) as { name: string; status: string }[];
  const items = connections.map(({ name, status }) => `${name}: ${status}`);
  list!.replaceChildren(...items.map((text) => Object.assign(document.createElement('li'), { textContent: text })));
};

let running = new AbortController();

button!.onclick = async () => {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  try {
    // Nothing may be awaited before connect(): the popup must open within the click.
    const end = await connect(fetch('/api/connect', { method: 'POST' }), {
      signal,
      onStep: (step) => {
        says!.textContent = words[step];
      },
    });
    says!.textContent = end.status === 'connected' ? 'Connected.' : `Not connected: ${end.error?.title ?? end.status}`;
    await showConnections();
  } catch (error) {
    if (!signal.aborted)
      says!.textContent = `Not connected: ${error instanceof Error ? error.message : 'it could not be begun'}`;
  }
};

// The flow had the whole page, and has come back.
if (returned()) says!.textContent = 'Welcome back.';
await showConnections();
