import { describe, expect, it } from 'vitest';
import type { Clock } from '../telemetry/clock.ts';
import { createLimiter } from './limits.ts';

const movable = () => {
  let now = 0;
  const advance = (milliseconds: number): void => {
    now += milliseconds;
  };
  const clock: Clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  return { clock, advance };
};

describe('a limiter', () => {
  it('lets five seconds worth come at once, then as much as flows in', () => {
    const { clock, advance } = movable();
    const limiter = createLimiter(clock, 2);
    const takes = Array.from({ length: 11 }, () => limiter.take('one'));
    expect(takes.slice(0, 10)).toEqual(Array(10).fill(0));
    expect(takes[10]).toBeCloseTo(0.5);
    advance(500);
    expect(limiter.take('one')).toBe(0);
    expect(limiter.take('one')).toBeGreaterThan(0);
  });

  it('counts every caller apart', () => {
    const limiter = createLimiter(movable().clock, 0.2);
    expect([limiter.take('one'), limiter.take('two')]).toEqual([0, 0]);
    expect(limiter.take('one')).toBeCloseTo(5);
  });

  it('says how long to wait, so that waiting so long is enough', () => {
    const { clock, advance } = movable();
    const limiter = createLimiter(clock, 0.5);
    while (limiter.take('one') === 0);
    advance(limiter.take('one') * 1000);
    expect(limiter.take('one')).toBe(0);
  });

  it('never gives more than the burst, however long nobody came', () => {
    const { clock, advance } = movable();
    const limiter = createLimiter(clock, 1);
    advance(3_600_000);
    limiter.take('one');
    advance(3_600_000);
    expect(Array.from({ length: 6 }, () => limiter.take('one')).filter((wait) => wait === 0)).toHaveLength(5);
  });
});
