import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isEvergrantError } from '../errors/index.ts';
import { parseKeys, toKeyObjects } from './encryption-keys.ts';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const [first, second] = [base64(randomBytes(32)), base64(randomBytes(32))];

const faultsOf = (text: string) => {
  try {
    parseKeys(text);
  } catch (error) {
    if (isEvergrantError(error, 'invalid_request')) return error;
    throw error;
  }
  return expect.unreachable('the keys were accepted');
};

describe('parseKeys', () => {
  it('reads a list, the first key first', () => {
    const keys = parseKeys(` new:${first} , old.2025-01_a:${second}\n`);
    expect(keys.map(({ id, key }) => [id, key.reveal()])).toEqual([
      ['new', first],
      ['old.2025-01_a', second],
    ]);
    expect(JSON.stringify(keys)).not.toContain(first);
  });

  it('reads keys that a provider has wrapped, and keeps what it has made of them as it is', () => {
    const [plain, wrapped] = parseKeys(`k1:${first},k2:aws-kms:AQIC/+=_whatever:else`);
    expect(plain).not.toHaveProperty('provider');
    expect({ ...wrapped, key: wrapped!.key.reveal() }).toEqual({
      id: 'k2',
      provider: 'aws-kms',
      key: 'AQIC/+=_whatever:else',
    });
    expect(parseKeys('k1:mine:x', ['mine'])[0]).toMatchObject({ provider: 'mine' });
  });

  it('reads base64url and base64 without padding', () => {
    const url = Buffer.from(first, 'base64').toString('base64url');
    expect(parseKeys(`k1:${url}`)[0]!.key.reveal()).toBe(first);
  });

  it.each<[string, string, RegExp]>([
    ['nothing', '', /There is no key/],
    ['only separators', ' , \n', /There is no key/],
    ['a key without id', first, /Key 1 has no id/],
    ['an empty id', `:${first}`, /has an id that is not/],
    ['a bad id', `my key:${first}`, /has an id that is not/],
    ['an endless id', `${'k'.repeat(33)}:${first}`, /has an id that is not/],
    ['an empty key', 'k1:', /is empty/],
    ['a provider that nobody knows', 'k1:gcp-kms-or-a-password:AAAA', /Key 1 is not base64, and names no key provider/],
    ['nothing wrapped', 'k1:aws-kms:', /Key 1 has nothing after its key provider/],
    ['no base64', `k1:${first.slice(0, 20)}!${first.slice(21)}`, /is not base64/],
    ['a password', 'k1:changeme', /too short: 6 bytes/],
    ['32 characters of text', 'k1:0123456789abcdef0123456789abcdef', /too short: 24 bytes/],
    ['16 bytes', `k1:${base64(randomBytes(16))}`, /too short: 16 bytes/],
    ['hex', `k1:${randomBytes(32).toString('hex')}`, /too long: 48 bytes/],
    ['33 bytes', `k1:${base64(randomBytes(33))}`, /too long: 33 bytes/],
    ['zeros', `k1:${base64(Buffer.alloc(32))}`, /is not random/],
    ['one repeated byte', `k1:${base64(Buffer.alloc(32, 0xa7))}`, /is not random/],
    ['a repeated pattern', `k1:${base64(Buffer.alloc(32, Buffer.from([0xde, 0xad, 0xbe, 0xef])))}`, /is not random/],
    ['text', `k1:${base64(Buffer.from('changeme-Please_The_quick_brown!'))}`, /is not random/],
    ['counting up', `k1:${base64(Uint8Array.from({ length: 32 }, (_, index) => index))}`, /is not random/],
    ['counting down', `k1:${base64(Uint8Array.from({ length: 32 }, (_, index) => 255 - index))}`, /is not random/],
    ['the same id twice', `k1:${first},k2:${second},k1:${second}`, /Key 3 has the same id as key 1/],
  ])('refuses %s', (_, text, fault) => {
    const error = faultsOf(text);
    expect(error.detail).toMatch(fault);
    expect(error.detail).toContain('openssl rand -base64 32');
    for (const value of text.split(/[,:]/).filter((part) => part.trim().length > 5)) {
      expect(JSON.stringify(error)).not.toContain(value);
    }
  });

  it('names every fault with its position', () => {
    expect(faultsOf(`k1:${first},k2:short,k3:`).errors).toMatchObject([{ pointer: '/1' }, { pointer: '/2' }]);
  });
});

describe('toKeyObjects', () => {
  it('keeps ids and bytes', () => {
    const [entry] = toKeyObjects(parseKeys(`k1:${first}`));
    expect(entry!.id).toBe('k1');
    expect(base64(entry!.key.export())).toBe(first);
  });
});
