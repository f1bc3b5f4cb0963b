import { describe, expect, test } from 'vitest';
import { ago, counted, span } from './time.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('how long something lasts', () => {
  test.each([
    [-5, '0:00'],
    [999, '0:00'],
    [65_000, '1:05'],
    [hour - 1, '59:59'],
    [hour, '1 h'],
    [3 * hour + 20 * minute, '3 h 20 min'],
    [day - 1, '23 h 59 min'],
    [day, '1 day'],
    [59 * day, '59 days'],
  ])('%d ms is %s', (milliseconds, words) => expect(span(milliseconds)).toBe(words));
});

describe('how long ago something was', () => {
  const now = Date.UTC(2026, 10, 26, 12);
  test.each([
    [0, 'just now'],
    [-3000, 'just now'],
    [45_000, '45 s ago'],
    [4 * minute, '4 min ago'],
    [3 * hour, '3 h ago'],
    [day, '1 day ago'],
    [12 * day, '12 days ago'],
  ])('%d ms ago is %s', (passed, words) => expect(ago(new Date(now - passed).toISOString(), now)).toBe(words));

  test('what is older than a month has a date', () => {
    expect(ago('2025-01-02T12:00:00Z', now)).toMatch(/2025/);
  });
});

test('one of a thing has no plural', () => {
  expect([counted(1, 'connection'), counted(0, 'connection'), counted(2, 'key')]).toEqual([
    '1 connection',
    '0 connections',
    '2 keys',
  ]);
});
