import { describe, expect, it } from 'vitest';
import { createManualClock } from './manual-clock.ts';
import { createMovableClock } from './movable-clock.ts';

const setUp = () => {
  const below = createManualClock();
  const clock = createMovableClock(below);
  const fired: string[] = [];
  const wait = (name: string, milliseconds: number) =>
    clock.after(milliseconds, () => void fired.push(`${name} at ${clock.now() - below.start}`));
  return { below, clock, fired, wait };
};

describe('a movable clock', () => {
  it('goes by itself', () => {
    const { below, clock, fired, wait } = setUp();
    wait('a', 10);
    below.advance(10);
    expect(fired).toEqual(['a at 10']);
    expect(clock.now() - below.start).toBe(10);
  });

  it('fires on the way what becomes due, in order, also what is set meanwhile', () => {
    const { clock, fired, wait } = setUp();
    wait('second', 20);
    clock.after(10, () => {
      fired.push('first');
      wait('third', 15);
    });
    clock.advance(30);
    expect(fired).toEqual(['first', 'second at 20', 'third at 25']);
    expect(clock.monotonic()).toBe(30);
  });

  it('tells whole milliseconds since the epoch', () => {
    const below = createManualClock();
    const clock = createMovableClock({ ...below, monotonic: () => below.monotonic() + 0.25 });
    clock.advance(10.5);
    expect(clock.now() - below.start).toBe(10);
  });

  it('shortens what still waits, and fires nothing twice', () => {
    const { below, clock, fired, wait } = setUp();
    wait('a', 100);
    wait('gone', 100)();
    clock.advance(90);
    expect(fired).toEqual([]);
    below.advance(10);
    expect(fired).toEqual(['a at 100']);
    below.advance(1000);
    clock.advance(1000);
    expect(fired).toHaveLength(1);
  });
});
