import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { checkTarget, guardedLookup, mayDial, type Reach } from './guard.ts';

const nobody = new Set<string>();
const refusal = expect.objectContaining({ code: 'target_not_allowed' });

describe('checkTarget', () => {
  it('lets public https targets pass', () => {
    expect(checkTarget('https://api.example.com/v1?x=1', nobody)).toMatchObject({
      host: 'api.example.com',
      reach: 'public',
    });
    expect(checkTarget('https://[2606:4700::1111]/', nobody)).toMatchObject({ host: '2606:4700::1111' });
    expect(checkTarget('https://[::ffff:8.8.8.8]/', nobody).reach).toBe('public');
  });

  it.each([
    'http://api.example.com/',
    'ftp://api.example.com/',
    'file:///etc/passwd',
    'not a url',
    'https://user:password@api.example.com/',
    'https://user@api.example.com/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.1/',
    'https://127.0.0.1./',
    'https://0.0.0.0/',
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://168.63.129.16/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[::127.0.0.1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[64:ff9b:1::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:7f00:1::1]/',
    'https://[fe80::1]/',
    'https://[fc00::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[fd00:ec2::254]/',
    'https://[2001:db8::1]/',
    'https://[4000::1]/',
  ])('refuses %s', (url) => {
    expect(() => checkTarget(url, nobody)).toThrow(refusal);
  });

  it('opens loopback and private addresses to trusted origins, plain http on loopback only', () => {
    const trusted = new Set([
      'http://127.0.0.1:4000',
      'http://localhost:4000',
      'https://10.0.0.1',
      'https://[fd12::1]',
      'http://10.0.0.1',
      'http://8.8.8.8',
      'https://169.254.169.254',
      'https://[fe80::1]',
      'https://[fd00:ec2::254]',
      'https://100.100.100.200',
    ]);
    expect(checkTarget('http://127.0.0.1:4000/token', trusted).reach).toBe('loopback');
    expect(checkTarget('http://localhost:4000/token', trusted).reach).toBe('loopback');
    expect(checkTarget('https://10.0.0.1/', trusted).reach).toBe('private');
    expect(checkTarget('https://[fd12::1]/', trusted).reach).toBe('private');
    for (const url of [
      'http://127.0.0.1:4001/',
      'https://127.0.0.1:4000/',
      'http://10.0.0.1/',
      'http://8.8.8.8/',
      'https://169.254.169.254/',
      'https://[fe80::1]/',
      'https://[fd00:ec2::254]/',
      'https://100.100.100.200/',
    ]) {
      expect(() => checkTarget(url, trusted), url).toThrow(refusal);
    }
  });

  it('does not repeat credentials of a URL', () => {
    expect(() => checkTarget('https://user:hunter2@example.com/?q=hunter2', nobody)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('hunter2') }),
    );
  });
});

describe('mayDial', () => {
  it('refuses what is no address', () => {
    expect(mayDial('example.com', 'private')).toBe(false);
    expect(mayDial('', 'private')).toBe(false);
  });
});

describe('guardedLookup', () => {
  const resolve = (reach: Reach, answers: LookupAddress[], all: boolean) =>
    new Promise((done, fail) => {
      guardedLookup(reach, (_, options, callback) => {
        expect(options.all).toBe(true);
        callback(null, answers);
      })('host.test', { all }, (error, address, family) =>
        error ? fail(error) : done(all ? address : [address, family]),
      );
    });
  const open = { address: '8.8.8.8', family: 4 };
  const shut = { address: '127.0.0.1', family: 4 };

  it('hands out the addresses that it has checked', async () => {
    await expect(resolve('public', [open], true)).resolves.toEqual([open]);
    await expect(resolve('public', [open], false)).resolves.toEqual(['8.8.8.8', 4]);
    await expect(resolve('loopback', [shut], true)).resolves.toEqual([shut]);
  });

  it('refuses a name with a single forbidden address among good ones', async () => {
    await expect(resolve('public', [open, shut], true)).rejects.toEqual(refusal);
    await expect(resolve('public', [open, shut], false)).rejects.toEqual(refusal);
    await expect(resolve('public', [{ address: '::ffff:10.0.0.1', family: 6 }], true)).rejects.toEqual(refusal);
    await expect(resolve('private', [{ address: '169.254.169.254', family: 4 }], true)).rejects.toEqual(refusal);
    await expect(resolve('loopback', [open], true)).rejects.toEqual(refusal);
  });

  it('refuses a name without addresses', async () => {
    await expect(resolve('public', [], true)).rejects.toEqual(refusal);
  });
});
