import { describe, expect, it } from 'vitest';
import { createCanaries, makeSecret } from './canaries.ts';

const value = makeSecret('rt_');

describe('the search for secrets', () => {
  it.each<[string, string]>([
    ['plain', `{"a":"${value}"}`],
    ['URL-encoded', `https://x.example/?a=${encodeURIComponent(value)}&b`],
    ['in a form', new URLSearchParams({ a: value }).toString()],
    ['in a URL within a URL', encodeURIComponent(`https://x.example/?a=${encodeURIComponent(value)}`)],
    ['in JSON within JSON', JSON.stringify(JSON.stringify({ a: value }))],
    ['hex', Buffer.from(value).toString('hex')],
    ['upper-case hex', Buffer.from(value).toString('hex').toUpperCase()],
    ...[0, 1, 2].flatMap((before): [string, string][] => [
      [`base64 after ${before} bytes`, btoa(`${'x'.repeat(before)}${value}:more`)],
      [`base64url after ${before} bytes`, Buffer.from(`${'x'.repeat(before)}${value}`).toString('base64url')],
    ]),
  ])('L01 S01 finds one that stands there %s', (_, text) => {
    const canaries = createCanaries();
    canaries.add('refresh token', value);
    for (const data of [text, Buffer.from(`\0\0${text}\0`)]) {
      expect(canaries.findIn(data)).toContainEqual(expect.objectContaining({ kind: 'refresh token' }));
      expect(canaries.findIn(data, ['refresh token'])).toEqual([]);
    }
  });

  it('L01 S01 finds nothing where there is none', () => {
    const canaries = createCanaries();
    canaries.add('refresh token', value);
    expect(canaries.findIn(makeSecret('rt_'))).toEqual([]);
  });
});
