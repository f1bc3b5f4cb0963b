import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createVault, type Place, sealCheck, verifyCheck } from './index.ts';

const makeKey = (id: string) => ({ id, key: createSecretKey(randomBytes(32)) });
const unavailable = expect.objectContaining({ code: 'storage_key_unavailable' });
const place: Place = { table: 'grants', column: 'credentials', row: 'grant_1' };
const token = 'canary-token-7f3a';

describe('seal and open', () => {
  it.each(['', 'a', token, 'grüezi 🎉 \u0000\n', 'x'.repeat(100_000)])('round-trips a text', (text) => {
    const vault = createVault([makeKey('k1')]);
    expect(vault.open(vault.seal(text, place), place)).toBe(text);
  });

  it('opens bytes that come out of a larger buffer, as database drivers hand them out', () => {
    const vault = createVault([makeKey('k1')]);
    const envelope = vault.seal(token, place);
    const page = new Uint8Array(envelope.length + 20);
    page.set(envelope, 7);
    expect(vault.open(page.subarray(7, 7 + envelope.length), place)).toBe(token);
  });

  it('never gives the same envelope or nonce twice and hides the text', () => {
    const vault = createVault([makeKey('k1')]);
    const envelopes = Array.from({ length: 50 }, () => Buffer.from(vault.seal(token, place)));
    expect(new Set(envelopes.map((envelope) => envelope.subarray(4, 16).toString('hex'))).size).toBe(50);
    expect(envelopes[0]!.includes(token)).toBe(false);
    expect(envelopes[0]!).toHaveLength(1 + 1 + 2 + 12 + token.length + 16);
  });

  it('refuses a value after any change of a single bit', () => {
    const vault = createVault([makeKey('k1'), makeKey('k2')]);
    const envelope = vault.seal(token, place);
    for (let index = 0; index < envelope.length * 8; index += 1) {
      const changed = Uint8Array.from(envelope);
      changed[index >> 3]! ^= 1 << (index & 7);
      expect(() => vault.open(changed, place), `bit ${index}`).toThrow(unavailable);
    }
  });

  it('refuses a value cut short or with something added', () => {
    const vault = createVault([makeKey('k1')]);
    const envelope = vault.seal(token, place);
    for (let length = 0; length < envelope.length; length += 1) {
      expect(() => vault.open(envelope.subarray(0, length), place), `${length} bytes`).toThrow(unavailable);
    }
    expect(() => vault.open(Buffer.concat([envelope, Buffer.from([0])]), place)).toThrow(unavailable);
  });

  it('refuses a value in any other place', () => {
    const vault = createVault([makeKey('k1')]);
    const envelope = vault.seal(token, place);
    for (const other of [
      { ...place, table: 'flows' },
      { ...place, column: 'refresh' },
      { ...place, row: 'grant_2' },
      { table: 'grantsc', column: 'redentials', row: 'grant_1' },
      { table: 'grants","credentials', column: 'grant_1', row: '' },
    ]) {
      expect(() => vault.open(envelope, other)).toThrow(unavailable);
    }
  });

  it('does not read plaintext that stands where an envelope should', () => {
    const vault = createVault([makeKey('k1')]);
    for (const plain of [token, 'eyJhbGciOiJub25lIn0.e30.', '\u0001', '', '{"access_token":"x"}']) {
      expect(() => vault.open(Buffer.from(plain), place)).toThrow(unavailable);
      expect(() => vault.keyIdOf(Buffer.from(plain))).toThrow(unavailable);
    }
  });

  it('says which key is missing and never what was sealed', () => {
    const envelope = createVault([makeKey('march')]).seal(token, place);
    const detail = expect.stringContaining('"march"');
    for (const vault of [createVault([makeKey('april')]), createVault([makeKey('march')])]) {
      expect(() => vault.open(envelope, place)).toThrow(expect.objectContaining({ detail }));
      expect(() => vault.open(envelope, place)).not.toThrow(token);
    }
  });
});

describe('keys of a vault', () => {
  it('seals with a new primary and still opens what the old one sealed', () => {
    const [old, fresh] = [makeKey('old'), makeKey('new')];
    const before = createVault([old]).seal(token, place);
    const vault = createVault([fresh, old]);
    const after = vault.seal(token, place);
    expect(vault.primaryKeyId).toBe('new');
    expect([before, after].map((envelope) => vault.keyIdOf(envelope))).toEqual(['old', 'new']);
    expect([before, after].map((envelope) => vault.open(envelope, place))).toEqual([token, token]);
    expect(() => createVault([old]).open(after, place)).toThrow(unavailable);
  });

  it('counts seals by key', () => {
    const vault = createVault([makeKey('new'), makeKey('old')]);
    vault.seal('a', place);
    vault.seal('b', place);
    expect(vault.counts()).toEqual({ new: { seals: 2 }, old: { seals: 0 } });
  });

  it('refuses to work without a proper key', () => {
    expect(() => createVault([])).toThrow(unavailable);
    expect(() => createVault([makeKey('spaces are bad')])).toThrow(unavailable);
    expect(() => createVault([makeKey('k'.repeat(33))])).toThrow(unavailable);
    expect(() => createVault([{ id: 'k1', key: createSecretKey(randomBytes(16)) }])).toThrow(unavailable);
  });

  it('detects a wrong key by the stored check value', () => {
    const key = makeKey('k1');
    const check = sealCheck(createVault([key]));
    expect(() => verifyCheck(createVault([key]), check)).not.toThrow();
    expect(() => verifyCheck(createVault([makeKey('k2'), key]), check)).not.toThrow();
    expect(() => verifyCheck(createVault([makeKey('k1')]), check)).toThrow(unavailable);
    expect(() => verifyCheck(createVault([makeKey('k2')]), check)).toThrow(unavailable);
  });
});

describe('mac', () => {
  it('recognises a text under one key and purpose only', () => {
    const key = makeKey('k1');
    const vault = createVault([key]);
    const mac = vault.mac(token, 'attempt');
    expect(mac).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(createVault([{ ...key }]).mac(token, 'attempt')).toBe(mac);
    expect(vault.mac(token, 'other')).not.toBe(mac);
    expect(vault.mac(`${token}x`, 'attempt')).not.toBe(mac);
    expect(vault.mac('bc', 'a')).not.toBe(vault.mac('c', 'ab'));
    expect(createVault([makeKey('k1')]).mac(token, 'attempt')).not.toBe(mac);
  });
});
