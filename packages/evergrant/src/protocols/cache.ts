import type { Clock } from '../telemetry/clock.ts';

/** Remembers what a name led to. Failures are not kept; callers at the same time share one piece of work. */
export type Cache<T> = (name: string, work: () => Promise<T>) => Promise<T>;

/**
 * A cache of what servers publish about themselves.
 *
 * @param lifetimeMs how long an entry counts
 * @param capacity the most entries: names may come from people (instances, handles); the oldest goes first
 */
export const createCache = <T>(clock: Clock, lifetimeMs: number, capacity = 1_000): Cache<T> => {
  const known = new Map<string, { until: number; value: Promise<T> }>();
  return (name, work) => {
    const cached = known.get(name);
    if (cached && clock.now() < cached.until) return cached.value;
    const value = work();
    known.delete(name);
    const [oldest] = known.keys();
    if (known.size >= capacity && oldest !== undefined) known.delete(oldest);
    known.set(name, { until: clock.now() + lifetimeMs, value });
    value.catch(() => {
      if (known.get(name)?.value === value) known.delete(name);
    });
    return value;
  };
};
