import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Refresh } from '../providers/define.ts';
import {
  backoff,
  type DueInput,
  defaultMinValid,
  dueAt,
  leaseDuration,
  quietTime,
  requestDeadline,
  retryUnresolvedAt,
  safetyMargin,
  usableUntil,
} from './timing.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const input = (changes: Partial<DueInput>): DueInput => ({
  grantId: 'grant_1',
  generation: 1,
  issuedAt: 0,
  lifetime: hour,
  refreshExpiresAt: null,
  selfRefreshing: false,
  refresh: {},
  ...changes,
});

/** The earliest and the latest time over many grants, for which the jitter differs. */
const spread = (changes: Partial<DueInput>): [number, number] => {
  const times = Array.from({ length: 2000 }, (_, serial) => dueAt(input({ grantId: `grant_${serial}`, ...changes }))!);
  return [Math.min(...times), Math.max(...times)];
};

describe('when a grant is due', () => {
  it.each<[string, Partial<DueInput>, [number, number]]>([
    ['an hour', { lifetime: hour }, [39 * minute, 45 * minute]],
    ['two hours', { lifetime: 2 * hour }, [78 * minute, 90 * minute]],
    ['twelve hours', { lifetime: 12 * hour }, [7.8 * hour, 9 * hour]],
    ['60 days', { lifetime: 60 * day }, [40 * day, 46 * day]],
    ['60 days, renewing itself', { lifetime: 60 * day, selfRefreshing: true }, [24 * day, 30 * day]],
    ['five minutes', { lifetime: 5 * minute }, [180 * second, 210 * second]],
    ['a minute, half of which is the margin', { lifetime: minute }, [30 * second, 30 * second]],
    ['five seconds, which would be a storm', { lifetime: 5 * second }, [30 * second, 30 * second]],
    ['nothing at all', { lifetime: 0 }, [30 * second, 30 * second]],
  ])('with a life of %s', (_, changes, [earliest, latest]) => {
    const [first, last] = spread(changes);
    expect(first).toBeGreaterThanOrEqual(earliest);
    expect(last).toBeLessThanOrEqual(latest);
    // The jitter uses its room, or a fleet that was connected at once would be renewed at once.
    expect(last - first).toBeGreaterThanOrEqual(0.9 * (latest - earliest));
  });

  it('is the same whenever it is computed, and another time after each renewal', () => {
    expect(dueAt(input({}))).toBe(dueAt(input({})));
    const generations = Array.from({ length: 10 }, (_, generation) => dueAt(input({ generation })));
    expect(new Set(generations).size).toBe(10);
  });

  it('is never for a token without an end, unless the grant dies when it lies idle', () => {
    expect(dueAt(input({ lifetime: null }))).toBeNull();
    expect(dueAt(input({ lifetime: null, refresh: { idleLimitSeconds: 14 * 86_400 } }))).toBe(7 * day);
  });

  it('is not before the age that the platform asks for', () => {
    const refresh: Refresh = { minimumAgeSeconds: 86_400 };
    expect(dueAt(input({ lifetime: 25 * hour, refresh }))).toBe(24 * hour);
    expect(spread({ lifetime: 60 * day, selfRefreshing: true, refresh })[0]).toBeGreaterThan(24 * day);
  });

  it('is before half of the idle limit, and a week before a refresh token ends that slides', () => {
    const life = { lifetime: 60 * day, refreshExpiresAt: 20 * day };
    expect(dueAt(input({ lifetime: 60 * day, refresh: { idleLimitSeconds: 20 * 86_400 } }))).toBe(15 * day);
    expect(dueAt(input({ ...life, refresh: { lifetime: { sliding: 20 * 86_400 } } }))).toBe(15 * day);
    expect(dueAt(input({ lifetime: 30 * day, refreshExpiresAt: 20 * day }))).toBe(13 * day);
    // A short one is no reason to renew an hour's token four times in the hour.
    expect(dueAt(input({ lifetime: 20 * hour, refreshExpiresAt: 20 * hour }))).toBe(10 * hour);
    expect(dueAt(input({ refreshExpiresAt: 20 * hour }))).toBe(dueAt(input({})));
    // A fixed end is not put off by renewing.
    expect(dueAt(input({ ...life, refresh: { lifetime: { fixed: 20 * 86_400 } } }))).toBeGreaterThan(39 * day);
  });

  it('never makes a storm, and leaves time to try again before the end, whatever the platform says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 * day }),
        fc.nat(1000),
        fc.option(fc.integer({ min: -400 * day, max: 400 * day }), { nil: null }),
        fc.boolean(),
        (lifetime, generation, refreshExpiresAt, selfRefreshing) => {
          const due = dueAt(input({ lifetime, generation, refreshExpiresAt, selfRefreshing }))!;
          expect(due).toBeGreaterThanOrEqual(30 * second);
          expect(due).toBeGreaterThanOrEqual(Math.floor(lifetime / 4));
          if (lifetime < 3 * minute) return;
          // Two requests that time out, and a minute.
          const end = usableUntil(0, lifetime)!;
          expect(end - due).toBeGreaterThanOrEqual(Math.min(2 * requestDeadline + minute, lifetime / 2) - 30 * second);
        },
      ),
    );
  });
});

describe('the life of a token that is handed out', () => {
  it('ends half a minute early, or a tenth of a short life', () => {
    expect(safetyMargin(hour)).toBe(30 * second);
    expect(safetyMargin(100 * second)).toBe(10 * second);
    expect(usableUntil(1000, hour)).toBe(1000 + hour - 30 * second);
    expect(usableUntil(1000, 5 * second)).toBe(5500);
    expect(usableUntil(1000, 0)).toBe(1000);
    expect(usableUntil(1000, null)).toBeNull();
  });

  it('is a minute at least, or half of a short life', () => {
    expect(defaultMinValid(hour)).toBe(minute);
    expect(defaultMinValid(100 * second)).toBe(50 * second);
    expect(defaultMinValid(0)).toBe(0);
  });
});

describe('the pause after failures', () => {
  it('grows with them, is spread over all of its room, and is a minute at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
        const pause = backoff(failures, random);
        expect(pause).toBeGreaterThanOrEqual(second);
        expect(pause).toBeLessThanOrEqual(Math.min(minute, 5 * second * 2 ** (failures - 1)));
      }),
    );
    expect([1, 2, 3, 4, 5, 50].map((failures) => backoff(failures, 1))).toEqual([
      5 * second,
      10 * second,
      20 * second,
      40 * second,
      minute,
      minute,
    ]);
    expect(backoff(50, 0)).toBe(second);
    expect(backoff(50, 0.5)).toBe(30 * second);
  });
});

describe('when an attempt of unknown outcome may be repeated', () => {
  const markAt = 1_000_000;
  const end = markAt + hour;
  it.each<[string, Refresh, boolean, number | null, number]>([
    ['at once where nothing rotates', { rotates: 'never' }, false, end, markAt],
    ['at once where the access token renews itself', {}, true, end, markAt],
    [
      'with the same token as soon as the lease is over, while there is grace',
      { rotates: 'always', graceSeconds: 600 },
      false,
      end,
      markAt + leaseDuration,
    ],
    [
      'as without grace where a request could reach the platform after it',
      { rotates: 'always', graceSeconds: (leaseDuration + requestDeadline) / second },
      false,
      end,
      end,
    ],
    [
      'when nobody can report any more, where a second use is only refused',
      { rotates: 'always', reuseRevokes: false },
      false,
      end,
      markAt + quietTime,
    ],
    ['when the access token is used up, where a second use revokes', { rotates: 'always' }, false, end, end],
    ['the same at an unknown platform', {}, false, end, end],
    ['not before nobody can report, though the token has ended', {}, false, markAt + second, markAt + quietTime],
    ['so too where the token has no end', {}, false, null, markAt + quietTime],
  ])('%s', (_, refresh, selfRefreshing, expiresAt, expected) => {
    const unresolved = { markAt, since: markAt, expiresAt, now: markAt + second };
    expect(retryUnresolvedAt(refresh, selfRefreshing, unresolved)).toBe(expected);
  });
});
