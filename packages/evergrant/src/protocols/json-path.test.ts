import { describe, expect, it } from 'vitest';
import { readPath, readText } from './json-path.ts';

const answer = { data: [{ id: 7, name: '' }], error: { code: 190 }, none: null };

describe('readPath', () => {
  it.each([
    ['data.0.id', 7],
    ['error.code', 190],
    ['none', null],
    ['', answer],
    ['data.1.id', undefined],
    ['none.deeper', undefined],
    ['error.code.deeper', undefined],
  ])('%s', (path, expected) => {
    expect(readPath(answer, path)).toEqual(expected);
  });

  it('never reaches what is inherited', () => {
    expect(readPath(answer, 'constructor.name')).toBeUndefined();
    expect(readPath(answer, '__proto__')).toBeUndefined();
  });
});

describe('readText', () => {
  it('takes the first path that holds a text or a number', () => {
    expect(readText(answer, ['error', 'data.0.name', 'none', 'data.0.id'])).toBe('7');
    expect(readText(answer, ['error', 'none'])).toBeUndefined();
  });
});
