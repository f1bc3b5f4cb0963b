import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { EvergrantError } from '../errors/index.ts';
import type { RateLimits } from '../settings/types.ts';
import type { Clock } from '../telemetry/clock.ts';
import { addressOf } from './client-address.ts';
import type { HttpDependencies, HttpEnv } from './deps.ts';

/** How much each caller may do at once and over time, in this process. */
export interface Limiter {
  /** @returns seconds until there is room again; 0: go on, it is counted */
  take(caller: string): number;
}

/** Buckets that are full again are forgotten when there are so many. */
const manyBuckets = 10_000;
/** What may come at once, in seconds' worth. */
const burstSeconds = 5;

/** A token bucket for each caller. */
export const createLimiter = (clock: Clock, perSecond: number): Limiter => {
  const burst = Math.max(1, perSecond * burstSeconds);
  const buckets = new Map<string, { left: number; at: number }>();
  const refilled = ({ left, at }: { left: number; at: number }, now: number): number =>
    Math.min(burst, left + ((now - at) / 1000) * perSecond);
  return {
    take(caller) {
      const now = clock.monotonic();
      const bucket = buckets.get(caller);
      const left = bucket ? refilled(bucket, now) : burst;
      if (left < 1) return (1 - left) / perSecond;
      buckets.set(caller, { left: left - 1, at: now });
      if (buckets.size > manyBuckets) {
        for (const [name, one] of buckets) if (refilled(one, now) >= burst) buckets.delete(name);
      }
      return 0;
    },
  };
};

export type Limits = Record<keyof RateLimits, Limiter>;

export const createLimits = (clock: Clock, perSecond: RateLimits): Limits => ({
  flowStart: createLimiter(clock, perSecond.flowStart),
  callback: createLimiter(clock, perSecond.callback),
  tokenRead: createLimiter(clock, perSecond.tokenRead),
  signIn: createLimiter(clock, perSecond.signIn),
});

/** @throws EvergrantError `rate_limited` with the seconds to wait */
export const count = (limiter: Limiter, caller: string): void => {
  const wait = limiter.take(caller);
  if (wait > 0) throw new EvergrantError('rate_limited', { retryAfter: Math.max(1, Math.ceil(wait)) });
};

/** Counts what a key does; to be used after the key was checked. */
export const limitedByKey =
  (deps: HttpDependencies, name: keyof RateLimits): MiddlewareHandler<HttpEnv> =>
  (c, next) => {
    count(deps.limits[name], c.get('principal').keyId);
    return next();
  };

/** Counts what comes from an address; nothing where it is not known, as in a library that was given a bare request. */
export const countAddress = (deps: HttpDependencies, c: HonoContext<HttpEnv>, name: keyof RateLimits): void => {
  const address = addressOf(c, deps.settings.trustedProxies);
  if (address !== null) count(deps.limits[name], address);
};
