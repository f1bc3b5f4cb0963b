import { describe, expect, it } from 'vitest';
import { fillPlaceholders, originsOf, reroute } from './origins.ts';

describe('reroute', () => {
  const origins = {
    'https://graph.threads.com': 'https://graph.threads.net',
    'https://api.example': 'http://127.0.0.1:4000/example',
    'https://api.example/v2': 'http://127.0.0.1:4000/newer/',
    'https://slash.example/': 'http://127.0.0.1:4001/',
  };

  it.each([
    ['https://graph.threads.com', 'https://graph.threads.net'],
    [
      'https://graph.threads.com/oauth?a=%20b+c&url=https://graph.threads.com',
      'https://graph.threads.net/oauth?a=%20b+c&url=https://graph.threads.com',
    ],
    ['https://graph.threads.com?x=1', 'https://graph.threads.net?x=1'],
    ['https://graph.threads.com#f', 'https://graph.threads.net#f'],
    ['https://GRAPH.threads.com:443/A', 'https://graph.threads.net/A'],
    ['https://api.example/v1/me', 'http://127.0.0.1:4000/example/v1/me'],
    ['https://api.example/v2', 'http://127.0.0.1:4000/newer'],
    ['https://api.example/v2/me', 'http://127.0.0.1:4000/newer/me'],
    ['https://api.example/v20/me', 'http://127.0.0.1:4000/example/v20/me'],
    ['https://slash.example', 'http://127.0.0.1:4001'],
    ['https://slash.example/a', 'http://127.0.0.1:4001/a'],
  ])('%s goes to %s', (url, target) => {
    expect(reroute(url, origins)).toBe(target);
  });

  it.each([
    'https://graph.threads.com.evil.test/',
    'https://graph.threads.com:8443/',
    'https://graph.threads.com@evil.test/',
    'https://graph.threads.comet/',
    'http://graph.threads.com/',
    'https://other.test/https://graph.threads.com/',
    'Https://Other.test:443/A?b=%7E',
  ])('leaves %s alone', (url) => {
    expect(reroute(url, origins)).toBe(url);
  });

  it('reroutes once only', () => {
    expect(
      reroute('https://a.test/x', { 'https://a.test': 'https://b.test', 'https://b.test': 'https://c.test' }),
    ).toBe('https://b.test/x');
  });
});

describe('fillPlaceholders', () => {
  it('fills host, path and query', () => {
    expect(
      fillPlaceholders('https://{instance}/{tenant}/v1?site={extra.site}', {
        instance: 'mastodon.test:8443',
        tenant: 'a/b c',
        'extra.site': 'x&y=z',
      }),
    ).toBe('https://mastodon.test:8443/a%2Fb%20c/v1?site=x%26y%3Dz');
  });

  it('takes a whole base URL at the beginning', () => {
    expect(fillPlaceholders('{pds}/xrpc', { pds: 'http://127.0.0.1:2583/' })).toBe('http://127.0.0.1:2583/xrpc');
  });

  it.each(['missing', 'toString', 'empty'])('names the placeholder {%s} that has no value', (name) => {
    expect(() => fillPlaceholders(`https://example.test/{${name}}`, { empty: '' })).toThrow(
      expect.objectContaining({ code: 'definition_invalid', detail: expect.stringContaining(`{${name}}`) }),
    );
  });

  it.each([
    ['https://{v}/', 'evil.test/path'],
    ['https://{v}/', 'user@evil.test'],
    ['https://{v}.example.test/', 'evil.test#'],
    ['https://{v}/', 'evil.test?x'],
    ['https://{v}/', 'evil.test\\x'],
    ['https://{v}/', 'a b'],
    ['https://{v}/', '%6c'],
    ['https://example.test/{v}/x', '..'],
    ['https://example.test/{v}/x', '.'],
    ['{v}/xrpc', 'javascript:alert(1)'],
    ['{v}/xrpc', 'https://user:pass@evil.test'],
    ['{v}/xrpc', 'https://evil.test/?'],
    ['{v}/xrpc', 'https://evil.test/#'],
    ['{v}/xrpc', 'evil.test'],
  ])('refuses into %s the value %s', (url, v) => {
    expect(() => fillPlaceholders(url, { v })).toThrow(expect.objectContaining({ code: 'target_not_allowed' }));
  });
});

describe('originsOf', () => {
  it('collects the origins of those that are URLs', () => {
    expect(
      originsOf('https://A.test/x', 'http://127.0.0.1:4000', 'https://a.test', 'urn:x', null, undefined, ''),
    ).toEqual(new Set(['https://a.test', 'http://127.0.0.1:4000']));
  });
});
