import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';

describe('parseJson', () => {
  it('keeps integers that JavaScript would round as their exact text', () => {
    expect(parseJson('{"id":17841400123456789,"small":42,"ratio":0.5,"below":-17841400123456789}')).toEqual({
      id: '17841400123456789',
      small: 42,
      ratio: 0.5,
      below: '-17841400123456789',
    });
  });

  it('drops members that would become a prototype, however they are spelt', () => {
    const parsed = parseJson(String.raw`{"a":{"__proto__":{"admin":true}},"\u005f_proto__":{"admin":true}}`);
    expect(parsed).toEqual({ a: {} });
    expect(Object.assign({}, parsed)).not.toHaveProperty('admin');
  });

  it('answers undefined for what is not JSON, and does not quote it', () => {
    expect(parseJson('access_token=SECRET')).toBeUndefined();
    expect(parseJson('')).toBeUndefined();
    expect(parseJson('['.repeat(200_000))).toBeUndefined();
    expect(parseJson(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)).toBeUndefined();
  });

  it('tells null from what is not JSON', () => {
    expect(parseJson('null')).toBeNull();
  });
});
