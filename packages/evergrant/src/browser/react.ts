import { useEffect, useRef, useState } from 'react';
import { type ConnectOptions, type ConnectStep, connect, type FlowEnd } from './index.ts';

/** Where a component stands with its flow. */
export interface ConnectState {
  /** `idle` before the first click, `done` with an `end` or an `error`. */
  step: 'idle' | 'starting' | ConnectStep | 'done';
  /** How the flow ended, good or bad. */
  end?: FlowEnd;
  /** Why there is no end: a `ConnectError`, or what starting it was rejected with. */
  error?: unknown;
}

export interface UseConnect extends ConnectState {
  /** For `onClick`: begins a flow, in place of one that is under way. */
  start: () => void;
  /** Closes the popup and is `idle` again. */
  cancel: () => void;
}

/**
 * A connect flow as the state of a component. When the component goes, so does the popup.
 *
 * @param begin asks the application's server for a flow: `() => fetch('/api/connect', { method: 'POST' })`
 * @param options as of `connect`, with `onEnd` beside
 */
export const useConnect = (
  begin: () => Parameters<typeof connect>[0],
  options: Omit<ConnectOptions, 'signal'> & { onEnd?: (end: FlowEnd) => void } = {},
): UseConnect => {
  const [state, setState] = useState<ConnectState>({ step: 'idle' });
  const running = useRef<AbortController>(null);
  useEffect(() => () => running.current?.abort(), []);

  const cancel = () => {
    running.current?.abort();
    setState({ step: 'idle' });
  };

  const start = () => {
    running.current?.abort();
    const run = new AbortController();
    running.current = run;
    const show = (next: ConnectState) => {
      if (!run.signal.aborted) setState(next);
    };
    const onStep = (step: ConnectStep) => {
      show({ step });
      options.onStep?.(step);
    };
    show({ step: 'starting' });
    connect(begin(), { ...options, onStep, signal: run.signal }).then(
      (end) => {
        if (run.signal.aborted) return;
        show({ step: 'done', end });
        options.onEnd?.(end);
      },
      (error: unknown) => show({ step: 'done', error }),
    );
  };

  return { ...state, start, cancel };
};
