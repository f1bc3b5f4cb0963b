import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairly } from './fairness.ts';

const row = (text: string) => {
  const [owner, urgency, serial] = text.split('-');
  return { owner: owner!, urgency: Number(urgency), serial: Number(serial) };
};
const shown = (rows: ReturnType<typeof row>[]) =>
  rows.map(({ owner, urgency, serial }) => `${owner}-${urgency}-${serial}`).join(' ');

describe('the order in which rows are taken', () => {
  it('gives owners turns, each of which takes the oldest of theirs', () => {
    const rows = 'big-2-1 big-2-2 big-2-3 small-2-4 big-2-5 other-2-6 small-2-7'.split(' ').map(row);
    expect(shown(fairly(rows))).toBe('big-2-1 small-2-4 other-2-6 big-2-2 small-2-7 big-2-3 big-2-5');
  });

  it('puts no owner’s turn before what is more urgent', () => {
    const rows = 'big-0-1 big-0-2 small-1-3 big-1-4 small-2-5'.split(' ').map(row);
    expect(shown(fairly(rows))).toBe('big-0-1 big-0-2 small-1-3 big-1-4 small-2-5');
  });

  it('loses and doubles nothing, and whoever has anything comes within as many places as there are owners', () => {
    const anyRow = fc.record({ owner: fc.constantFrom('a', 'b', 'c', 'd'), urgency: fc.constant(2), serial: fc.nat() });
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 60 }), (rows) => {
        const ordered = fairly(rows);
        expect(ordered).toHaveLength(rows.length);
        expect(new Set(ordered)).toEqual(new Set(rows));
        const owners = new Set(rows.map(({ owner }) => owner));
        expect(new Set(ordered.slice(0, owners.size).map(({ owner }) => owner))).toEqual(owners);
        for (const owner of owners) {
          const of = (list: typeof rows) => list.filter((one) => one.owner === owner);
          expect(of(ordered)).toEqual(of(rows));
        }
      }),
    );
  });
});
