import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../telemetry/clock.ts';
import { createProofs } from './dpop.ts';
import { newKey, publicKeyOf } from './jwt.ts';

const key = newKey();
const part = (proof: string, index: number) =>
  JSON.parse(Buffer.from(proof.split('.')[index]!, 'base64url').toString()) as Record<string, unknown>;
const header = (proof: string) => part(proof, 0);
const claims = (proof: string) => part(proof, 1);

describe('a proof', () => {
  it('names method and address, without query and fragment, and carries the public key', () => {
    const proof = createProofs(systemClock).prove({ key, method: 'POST', url: 'https://as.example:8443/token?a=b#c' });
    expect(header(proof)).toEqual({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKeyOf(key) });
    expect(claims(proof)).toMatchObject({ htm: 'POST', htu: 'https://as.example:8443/token' });
    expect(claims(proof)).not.toHaveProperty('nonce');
    expect(claims(proof)).not.toHaveProperty('ath');
  });

  it('is bound to the token that it goes with (RFC 9449 section 4.3)', () => {
    const accessToken = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
    const proof = createProofs(systemClock).prove({ key, method: 'GET', url: 'https://rs.example/r', accessToken });
    expect(claims(proof)['ath']).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo');
    expect(claims(proof)['ath']).toBe(createHash('sha256').update(accessToken).digest('base64url'));
  });
});

describe('nonces', () => {
  const answer = (status: number, nonce: string, error?: string, www?: string) => ({
    status,
    headers: { 'dpop-nonce': nonce, ...(www ? { 'www-authenticate': www } : {}) },
    body: error ? JSON.stringify({ error }) : '',
  });

  it('are learnt from every answer, for that origin alone', () => {
    const proofs = createProofs(systemClock);
    const nonceAt = (url: string) => claims(proofs.prove({ key, method: 'GET', url }))['nonce'];
    expect(proofs.heard('https://as.example/par', answer(201, 'n1'))).toBe(false);
    expect(nonceAt('https://as.example/token')).toBe('n1');
    expect(nonceAt('https://as.example:8443/token')).toBeUndefined();
    expect(nonceAt('https://pds.example/xrpc')).toBeUndefined();
    proofs.heard('https://as.example/token', { status: 200, headers: {} });
    expect(nonceAt('https://as.example/token')).toBe('n1');
    proofs.heard('https://as.example/token', answer(400, 'n2', 'invalid_grant'));
    expect(nonceAt('https://as.example/token')).toBe('n2');
  });

  it.each([
    ['400 with the code in the body', answer(400, 'n', 'use_dpop_nonce'), true],
    ['401 with the code in the body', answer(401, 'n', 'use_dpop_nonce'), true],
    ['401 with the code in the header', answer(401, 'n', undefined, 'DPoP error="use_dpop_nonce"'), true],
    ['another error', answer(400, 'n', 'invalid_grant'), false],
    ['another status', answer(500, 'n', 'use_dpop_nonce'), false],
    ['a success that quotes it', answer(200, 'n', 'use_dpop_nonce'), false],
    ['no nonce to go on with', { status: 400, headers: {}, body: '{"error":"use_dpop_nonce"}' }, false],
  ])('are the reason to ask again: %s', (_, said, again) => {
    expect(createProofs(systemClock).heard('https://as.example/token', said)).toBe(again);
  });
});
