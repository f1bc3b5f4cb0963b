import type { Count } from './chains.ts';
import { freePort } from './free-port.ts';
import type { Plan } from './plan.ts';
import { serve, stop } from './processes.ts';
import type { Knobs } from './provider.ts';

/** The bench provider, running in a process of its own. */
export interface Provider {
  url: string;
  /** Begins a measurement. */
  plan(plan: Plan, knobs: Knobs): Promise<void>;
  count(): Promise<Count>;
  /** How many of these refresh tokens it would refuse. */
  judge(tokens: string[]): Promise<number>;
  stop(): Promise<void>;
}

export const startProvider = async (): Promise<Provider> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = await serve('provider.ts', [], { PORT: String(port) });
  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body ?? {}) });
    if (!response.ok) throw new Error(`The provider answered ${response.status} to ${path}`);
    return (await response.json()) as T;
  };
  return {
    url,
    async plan(plan, knobs) {
      await ask('/plan', { plan, knobs });
    },
    count: () => ask<Count>('/count'),
    judge: async (tokens) => (await ask<{ refused: number }>('/judge', tokens)).refused,
    stop: () => stop(child),
  };
};
