import { ConnectError } from './error.ts';

/** A connection as the HTTP API shows it, as far as a page needs it. */
export interface FlowConnection {
  id: string;
  provider: string;
  /** `limited`: it works, but not with every permission. */
  status: string;
  account: { id: string; type: string; name: string | null; username: string | null; picture: string | null };
  scopes: { granted: string[]; missing: string[] };
  [further: string]: unknown;
}

/** A problem document (RFC 9457); decide by its code. */
export interface FlowProblem {
  code: string;
  title: string;
  detail?: string;
  [further: string]: unknown;
}

/** How a flow ended. */
export interface FlowEnd {
  id: string;
  status: 'connected' | 'failed' | 'expired';
  /** Empty where the end was only heard of by message: ask your own server. */
  connections: FlowConnection[];
  /** Why it failed, where the service said so. */
  error: FlowProblem | null;
}

export const flowEnd = (known: Pick<FlowEnd, 'id' | 'status'> & Partial<FlowEnd>): FlowEnd => ({
  id: known.id,
  status: known.status,
  connections: known.connections ?? [],
  error: known.error ?? null,
});

interface Answer {
  status: string;
  /** Unless the flow still goes on. */
  end: FlowEnd | null;
}

/** Seconds for which the service may hold an answer back. */
const hold = 25;
/** Milliseconds. */
const [firstPause, longestPause] = [1000, 15_000];

/** Reads a flow's status. The service holds its answer back until something changes (`wait`). */
export const statusReader = (address: string, token: string, signal: AbortSignal) => {
  const ask = async (wait = 0): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${address}?wait=${wait}`, { headers, signal, credentials: 'omit' });
    // 429 and faults of a server or of a proxy in front of it pass.
    if (response.status >= 500 || response.status === 429) throw new Error(`HTTP ${response.status}`);
    if (!response.ok) throw new ConnectError('status_unreadable', `Reading the flow's status: HTTP ${response.status}`);
    const flow = (await response.json()) as FlowEnd;
    const isOver = flow.status === 'connected' || flow.status === 'failed' || flow.status === 'expired';
    return { status: flow.status, end: isOver ? flowEnd(flow) : null };
  };

  /**
   * Resolves with the end.
   *
   * @throws ConnectError `status_unreadable` when the service refuses. A network that is away for a while is waited for
   */
  const follow = async (onChoosing: () => void): Promise<FlowEnd> => {
    let last = '';
    for (let pause = firstPause; ; ) {
      const began = performance.now();
      try {
        const { status, end } = await ask(hold);
        if (end) return end;
        if (status === 'choosing' && last !== status) onChoosing();
        last = status;
        pause = firstPause;
      } catch (error) {
        if (signal.aborted || error instanceof ConnectError) throw error;
        // The browser says no more than that it failed. The likeliest cause is worth a word, once.
        if (pause === firstPause)
          console.warn('Evergrant: the flow’s status cannot be read; is this origin in RETURN_URLS?', error);
        pause = Math.min(pause * 2, longestPause);
      }
      // An answer that came at once, from a proxy that does not let it be held back, must not make a storm.
      if (performance.now() - began < pause) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };

  return { ask, follow };
};
