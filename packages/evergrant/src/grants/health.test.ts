import { describe, expect, it } from 'vitest';
import { createManualClock } from '../testing/manual-clock.ts';
import { createHealth, type Outcome } from './health.ts';

const second = 1000;
const minute = 60 * second;

const createPatient = () => {
  const clock = createManualClock();
  const health = createHealth(clock);
  const note = (outcome: Outcome, times = 1, app = 'acme') => {
    for (let time = 0; time < times; time++) health.note(app, outcome);
  };
  return {
    clock,
    health,
    note,
    isFailing: () => health.isFailing('acme'),
    isRefusing: () => health.isRefusing('acme'),
  };
};

describe('whether a platform fails', () => {
  it('is known from 20 renewals on, of which half came to nothing', () => {
    const { note, isFailing } = createPatient();
    note('failed', 19);
    expect(isFailing()).toBe(false);
    note('failed');
    expect(isFailing()).toBe(true);
    note('renewed', 20);
    expect(isFailing()).toBe(true);
    note('renewed');
    expect(isFailing()).toBe(false);
  });

  it('is not told from refusals: they are answers', () => {
    const { note, isFailing } = createPatient();
    note('refused', 100);
    expect(isFailing()).toBe(false);
  });

  it('is forgotten half a minute later', () => {
    const { clock, note, isFailing } = createPatient();
    note('failed', 20);
    clock.advance(20 * second);
    expect(isFailing()).toBe(true);
    clock.advance(10 * second);
    expect(isFailing()).toBe(false);
  });

  it('is forgotten when its gate has blocked, so that the same failures do not block it again', () => {
    const { health, note, isFailing } = createPatient();
    note('failed', 40);
    health.forgetFailures('acme');
    expect(isFailing()).toBe(false);
    note('failed', 19);
    expect(isFailing()).toBe(false);
    note('failed');
    expect(isFailing()).toBe(true);
  });

  it('is known of each app by itself', () => {
    const { health, note, isFailing } = createPatient();
    note('failed', 20, 'other');
    expect(health.isFailing('other')).toBe(true);
    expect(isFailing()).toBe(false);
  });
});

describe('whether a platform refuses unusually many', () => {
  it('is known from 20 renewals on, of which more than a fifth were refused', () => {
    const { note, isRefusing } = createPatient();
    note('renewed', 16);
    note('refused', 3);
    expect(isRefusing()).toBe(false);
    note('renewed');
    expect(isRefusing()).toBe(false);
    note('refused', 2);
    expect(isRefusing()).toBe(true);
  });

  it('is remembered for ten minutes', () => {
    const { clock, note, isRefusing } = createPatient();
    note('refused', 20);
    clock.advance(9 * minute + 50 * second);
    expect(isRefusing()).toBe(true);
    clock.advance(10 * second);
    expect(isRefusing()).toBe(false);
  });

  it('counts on over a week', () => {
    const { clock, note, isRefusing } = createPatient();
    for (let round = 0; round < 7 * 24 * 6; round++) {
      clock.advance(10 * minute);
      note('renewed', 20);
      expect(isRefusing()).toBe(false);
    }
  });
});
