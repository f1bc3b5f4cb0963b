import { describe, expect, it } from 'vitest';
import { pauseAfter, silenceAfter } from './pace.ts';

const hour = 3_600_000;

describe('the pauses between attempts', () => {
  const pauses = Array.from({ length: 12 }, (_, index) => pauseAfter(index + 1, 0.5)!);

  it('grow from seconds to a day, and add up to more than three days', () => {
    expect(pauses[0]).toBe(5000);
    expect(pauses.at(-1)).toBe(24 * hour);
    expect(pauses).toEqual(pauses.toSorted((one, other) => one - other));
    expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThan(72 * hour);
  });

  it('end: after the thirteenth attempt it is given up', () => expect(pauseAfter(13, 0.5)).toBeNull());

  it('are spread by a tenth to either side', () => {
    expect(pauseAfter(1, 0)).toBe(4500);
    expect(pauseAfter(1, 0.999_999)).toBe(5500);
  });
});

describe('the silence after failures of an endpoint', () => {
  it('grows, and never lasts longer than five minutes', () => {
    expect(silenceAfter(1, 0.5)).toBe(5000);
    expect(silenceAfter(2, 0.5)).toBe(30_000);
    for (const failures of [4, 12, 1000]) expect(silenceAfter(failures, 0.5)).toBe(300_000);
  });
});
