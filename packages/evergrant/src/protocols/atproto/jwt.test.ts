import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newKey, publicKeyOf, signJwt, thumbprintOf } from './jwt.ts';

const part = (token: string, index: number): unknown =>
  JSON.parse(Buffer.from(token.split('.')[index]!, 'base64url').toString());

describe('thumbprintOf', () => {
  it('is the one that RFC 9449 binds its example token to (sections 4.1 and 6.1)', () => {
    const key = {
      kty: 'EC',
      crv: 'P-256',
      x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
      y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
    } as const;
    expect(thumbprintOf(key)).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I');
  });
});

describe('signJwt', () => {
  it('signs what the public half verifies, in the form of RFC 7518 section 3.4', () => {
    const key = newKey();
    const token = signJwt(key, { typ: 'dpop+jwt' }, { htm: 'POST' }, 1_795_000_000_999);
    const [head, body, signature] = token.split('.');
    const bytes = Buffer.from(signature!, 'base64url');
    expect(bytes).toHaveLength(64);
    const publicKey = createPublicKey({ key: { ...publicKeyOf(key) }, format: 'jwk' });
    const check = (text: string) =>
      verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes);
    expect(check(`${head}.${body}`)).toBe(true);
    expect(check(`${head}.${body}x`)).toBe(false);
    expect(part(token, 0)).toEqual({ typ: 'dpop+jwt', alg: 'ES256' });
    expect(part(token, 1)).toEqual({ htm: 'POST', iat: 1_795_000_000, jti: expect.stringMatching(/^[\da-f-]{36}$/) });
  });

  it('never gives the same `jti` twice', () => {
    const key = newKey();
    const ids = Array.from({ length: 50 }, () => (part(signJwt(key, {}, {}, 0), 1) as { jti: string }).jti);
    expect(new Set(ids).size).toBe(50);
  });
});

describe('publicKeyOf', () => {
  it('holds nothing private', () => {
    expect(Object.keys(publicKeyOf(newKey())).sort()).toEqual(['crv', 'kty', 'x', 'y']);
  });
});
