import { describe, expect, it } from 'vitest';
import type { AppSettings } from '../protocols/types.ts';
import mastodon from '../providers/builtin/mastodon.ts';
import { normaliseInstance } from './instance.ts';

const settings = (origins: Record<string, string> = {}, definition: object = mastodon) =>
  ({ provider: 'mastodon', definition, origins }) as unknown as AppSettings;

describe('the name of an instance', () => {
  it.each([
    ['social.example', 'social.example'],
    ['  Social.EXAMPLE. ', 'social.example'],
    ['https://social.example/@ann', 'social.example'],
    ['HTTP://social.example:443/web?x#y', 'social.example'],
    ['@ann@social.example', 'social.example'],
    ['acct:ann@social.example', 'social.example'],
    ['social.example/@ann', 'social.example'],
    ['https://ann:secret@social.example', 'social.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['@ann@例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ['ｓocial.example', 'social.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ])('%s is %s', (input, host) => {
    expect(normaliseInstance(settings(), input)).toBe(host);
    expect(normaliseInstance(settings(), host)).toBe(host);
  });

  it.each([
    '',
    ' ',
    '@',
    'ann@',
    'https://',
    'https:///x',
    'two words',
    'a\\b.example',
    'a..b.example',
    'x:y',
    '%00.example',
  ])('%j is none', (input) => {
    expect(() => normaliseInstance(settings(), input)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(?:invalid_request|target_not_allowed)$/) }),
    );
  });

  it.each([
    ...['127.0.0.1', '0x7f.1', '2130706433', '017700000001', '127.1', '１２７.0.0.1', '169.254.169.254', '8.8.8.8'],
    ...['[::1]', '[::ffff:10.0.0.1]', '[2606:4700::1111]', 'localhost', 'intranet', 'social.example:8443', '-.example'],
  ])('%s is not one of a public server', (input) => {
    expect(() => normaliseInstance(settings(), input)).toThrow(expect.objectContaining({ code: 'target_not_allowed' }));
  });

  it('may be any that the operator has named, and only so', () => {
    const origins = { 'https://social:8443': 'http://127.0.0.1:1', 'https://10.0.0.1/path': 'https://10.0.0.1' };
    expect(normaliseInstance(settings(origins), '@ann@SOCIAL:8443')).toBe('social:8443');
    expect(normaliseInstance(settings(origins), '10.0.0.1')).toBe('10.0.0.1');
    for (const other of ['social', 'social:8444', '10.0.0.2']) {
      expect(() => normaliseInstance(settings(origins), other)).toThrow('not the name of a server');
    }
  });

  it('is left to the protocol where it is no host', () => {
    const handles = { ...mastodon, protocol: { kind: 'atproto', plcUrl: 'https://plc.example' } };
    expect(normaliseInstance(settings({}, handles), 'did:plc:abc')).toBe('did:plc:abc');
  });
});
