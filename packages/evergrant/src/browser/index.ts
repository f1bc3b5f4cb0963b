import { ConnectError } from './error.ts';
import { type FlowEnd, flowEnd, statusReader } from './status.ts';
import { createWindow, type FlowWindow } from './window.ts';

export { ConnectError } from './error.ts';
export { type FlowReturn, returned } from './returned.ts';
export type { FlowConnection, FlowEnd, FlowProblem } from './status.ts';

/**
 * What `POST /v1/connect` or `evergrant.connect()` answered, handed on by the application's server as it is. With `id` and
 * status token the end is read from the server; with `url` alone it is only heard of by message.
 */
export interface StartedFlow {
  /** The flow's link. */
  url: string;
  /** Id of the flow. */
  id?: string;
  /** Reads the status of this one flow for thirty minutes, nothing else. */
  status_token?: string;
  /** The same, as the library calls it. */
  statusToken?: string;
  /** Where the status is read. Default: `/v1/connect/{id}` of the service that `url` belongs to. */
  statusUrl?: string;
}

/** What happens while {@link connect} waits. */
export type ConnectStep =
  /** The popup is open. */
  | 'opened'
  /** There is no popup: this page is being left for the flow, which returns to its `return_to`. */
  | 'leaving'
  /** The person chooses among accounts. */
  | 'choosing'
  /**
   * The popup looks closed, and the flow has not ended. That is no cancel: a platform that cuts the popup off from its
   * opener (Cross-Origin-Opener-Policy) looks the same. Offer to start again; the end still comes if there is one.
   */
  | 'closed';

export interface ConnectOptions {
  /**
   * `auto` (default): a popup, or the whole page on phones and where popups are blocked. `popup`: nothing else, and a
   * blocked one rejects. `page`: the whole page.
   */
  mode?: 'auto' | 'popup' | 'page';
  /** Stops waiting and closes the popup; the promise rejects with the signal's reason. The flow itself ends by its time. */
  signal?: AbortSignal;
  /** Told of every step. */
  onStep?: (step: ConnectStep) => void;
  /** Size of the popup in CSS pixels. Default 520 by 720. */
  width?: number;
  height?: number;
}

/**
 * Leads a person through a connect flow and resolves with its end, good or bad. Call it synchronously in the handler of
 * a click, or browsers block the popup; what must first be asked of the application's server is given as a promise.
 *
 * The result is for showing. What your server does it should do by what the service tells it, not this page.
 *
 * @param flow a flow, the `Response` that holds it as JSON, or a promise of either
 * @throws ConnectError see there
 * @throws the reason of `signal`, or what the promise of the flow was rejected with
 *
 * @example
 * button.onclick = async () => {
 *   const end = await connect(fetch('/api/connect', { method: 'POST' }));
 *   if (end.status === 'connected') show(end.connections);
 * };
 */
export const connect = async (
  flow: StartedFlow | Response | PromiseLike<StartedFlow | Response>,
  options: ConnectOptions = {},
): Promise<FlowEnd> => {
  options.signal?.throwIfAborted();
  // Before anything is awaited: after that the click no longer counts.
  const view = createWindow(options);
  if (!view) throw new ConnectError('popup_blocked', 'The browser opened no popup');
  const end = new AbortController();
  const { signal } = end;
  options.signal?.addEventListener('abort', () => end.abort(options.signal?.reason), { signal });
  try {
    const started = await unlessAborted(signal, startedFlow(flow));
    if (view.isPopup && view.looksClosed()) throw new ConnectError('popup_closed', 'The popup was closed');
    options.onStep?.(view.isPopup ? 'opened' : 'leaving');
    const heard = listen(started, view, signal);
    view.go(started.url);
    return await unlessAborted(signal, endOf(started, view, { heard, signal, onStep: options.onStep }));
  } catch (error) {
    view.close();
    throw error;
  } finally {
    end.abort();
  }
};

const startedFlow = async (flow: Parameters<typeof connect>[0]): Promise<StartedFlow> => {
  const answer = await flow;
  const started = answer instanceof Response ? await flowIn(answer) : answer;
  if (!started || !/^https?:\/\//.test(started.url)) {
    throw new ConnectError('start_failed', 'The server answered without the url of a flow');
  }
  return started;
};

const flowIn = async (response: Response): Promise<StartedFlow | null> => {
  if (!response.ok) throw new ConnectError('start_failed', `The server answered ${response.status}`);
  return (await response.json().catch(() => null)) as StartedFlow | null;
};

const unlessAborted = <T>(signal: AbortSignal, promise: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    promise.then(resolve, reject);
  });

/**
 * Resolves with what the flow's last page tells. Only a message from the flow's own origin that names this flow, or
 * comes from our popup where the flow's id is not known, is one (RFC 9700 section 4.17.2).
 */
const listen = (flow: StartedFlow, view: FlowWindow, signal: AbortSignal): Promise<FlowEnd> =>
  new Promise((resolve) => {
    const { origin } = new URL(flow.url);
    const hear = (event: MessageEvent) => {
      const { type, id, status } = event.data ?? {};
      const isOurs = flow.id === undefined ? view.is(event.source) : id === flow.id;
      if (event.origin !== origin || type !== 'evergrant:flow' || !isOurs) return;
      if (status === 'connected' || status === 'failed') resolve(flowEnd({ id, status }));
    };
    addEventListener('message', hear, { signal });
  });

interface Waiting {
  heard: Promise<FlowEnd>;
  signal: AbortSignal;
  onStep: ConnectOptions['onStep'];
}

/** The server's word counts. A message only makes us ask at once, and counts where there is no asking. */
const endOf = async (flow: StartedFlow, view: FlowWindow, { heard, signal, onStep }: Waiting): Promise<FlowEnd> => {
  const closed = view.closed(signal);
  const token = flow.status_token ?? flow.statusToken;
  const address = flow.statusUrl ?? (flow.id && statusAddress(flow.url, flow.id));
  if (!token || !address) {
    void closed.then(() => onStep?.('closed'));
    return heard;
  }
  const { follow, ask } = statusReader(address, token, signal);
  const asked = async () => (await ask().catch(() => null))?.end;
  void closed.then(async () => (await asked()) || onStep?.('closed'));
  return Promise.race([follow(() => onStep?.('choosing')), heard.then(async (told) => (await asked()) ?? told)]);
};

/** `{service}/connect/{link}` → `{service}/v1/connect/{id}` */
const statusAddress = (url: string, id: string): string => {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname.replace(/\/connect\/[^/]*$/, '')}/v1/connect/${id}`;
};
