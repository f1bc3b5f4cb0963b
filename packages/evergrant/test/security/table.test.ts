import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Row {
  id: string;
  status: string;
  where: string;
}

const house = join(import.meta.dirname, '../..');
const table = readFileSync(join(house, '../../docs/security.md'), 'utf8');

const rows: Row[] = table.split('\n').flatMap((line) => {
  const [, id = '', , status = '', where = ''] = line.split('|').map((cell) => cell.trim());
  return /^[A-Z]\d\d$/.test(id) ? [{ id, status, where }] : [];
});

const counts = { C: 22, B: 9, T: 21, S: 9, A: 12, L: 7 };
const ids = Object.entries(counts).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`),
);

const filesOf = ({ where }: Row): string[] => [...where.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path]) => path!);

const read = (path: string): string => readFileSync(join(house, path), 'utf8');

/** Rows with which the titles of a file's tests begin. */
const namedIn = (path: string): string[] =>
  [...read(path).matchAll(/['"`]((?:[CBTSAL]\d\d )+)/g)].flatMap(([, named]) => named!.trim().split(' '));

describe('the table of docs/security.md', () => {
  it('has every row once, in order', () => expect(rows.map(({ id }) => id)).toEqual(ids));

  it.each(rows)('$id ($status) is as it says', (row) => {
    const files = filesOf(row);
    for (const path of files) expect({ path, exists: existsSync(join(house, path)) }).toEqual({ path, exists: true });
    if (row.status === 'not yet') {
      expect(files).toEqual([]);
      expect(row.where.length).toBeGreaterThan(20);
      return;
    }
    expect(['tested', 'in part']).toContain(row.status);
    if (row.status === 'in part') expect(row.where).toMatch(/; .{20}/);
    const otherName = /“(.+)”/.exec(row.where)?.[1];
    const found = files.some((path) =>
      otherName === undefined ? namedIn(path).includes(row.id) : read(path).includes(otherName),
    );
    expect(found, `no test of ${files.join()} is named after it`).toBe(true);
  });

  it('calls nothing untested for which there is a test', () => {
    const named = new Set(globSync('{src,test}/**/*.test.ts', { cwd: house }).flatMap(namedIn));
    expect(rows.filter(({ id, status }) => status === 'not yet' && named.has(id))).toEqual([]);
  });
});
