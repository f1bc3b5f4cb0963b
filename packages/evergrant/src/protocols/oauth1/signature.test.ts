import { describe, expect, it } from 'vitest';
import { authorizationHeader, hmacSha1, type Parameter, percentEncode, signatureBaseString } from './signature.ts';

const inHeader = (header: string): Record<string, string> =>
  Object.fromEntries(
    [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decodeURIComponent(value)]),
  );

describe('percent-encoding (RFC 5849 section 3.6)', () => {
  it.each([
    // docs.x.com, "Percent encoding parameters".
    ['Ladies + Gentlemen', 'Ladies%20%2B%20Gentlemen'],
    ['An encoded string!', 'An%20encoded%20string%21'],
    ['Dogs, Cats & Mice', 'Dogs%2C%20Cats%20%26%20Mice'],
    ['☃', '%E2%98%83'],
    ["-._~!*'()", '-._~%21%2A%27%28%29'],
    ['half a pair \ud83d', 'half%20a%20pair%20%EF%BF%BD'],
  ])('%s', (text, encoded) => expect(percentEncode(text)).toBe(encoded));
});

describe('published signatures', () => {
  it('RFC 5849 section 3.4.1, with erratum 2550', () => {
    const base = signatureBaseString('post', 'http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b', [
      ['oauth_consumer_key', '9djdj82h48djs9d2'],
      ['oauth_token', 'kkk9d7dh3k39sjv7'],
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['oauth_timestamp', '137131201'],
      ['oauth_nonce', '7d8f3e4a'],
      ...new URLSearchParams('c2&a3=2+q'),
    ]);
    expect(base).toBe(
      'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26' +
        'c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26' +
        'oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
    );
    expect(hmacSha1(base, 'j49sk3j29djd', 'dh893hdasih9')).toBe('r6/TJjbCOr97/+UU0NsvSne7s5g=');
  });

  const client = [
    ['oauth_consumer_key', 'dpf43f3p2l4k3l03'] as const,
    ['oauth_signature_method', 'HMAC-SHA1'] as const,
  ];
  it.each<[string, string, string, Parameter[], string, string]>([
    [
      'temporary credentials',
      'POST',
      'https://photos.example.net/initiate',
      [
        ['oauth_timestamp', '137131200'],
        ['oauth_nonce', 'wIjqoS'],
        ['oauth_callback', 'http://printer.example.com/ready'],
      ],
      '',
      '74KNZJeDHnMBp0EMJ9ZHt/XKycU=',
    ],
    [
      'token credentials',
      'POST',
      'https://photos.example.net/token',
      [
        ['oauth_token', 'hh5s93j4hdidpola'],
        ['oauth_timestamp', '137131201'],
        ['oauth_nonce', 'walatlh'],
        ['oauth_verifier', 'hfdp7dh39dks9884'],
      ],
      'hdhd0244k9j7ao03',
      'gKgrFCywp7rO0OXSjdot/IHF7IU=',
    ],
    [
      'a resource',
      'GET',
      'http://photos.example.net/photos?file=vacation.jpg&size=original',
      [
        ['oauth_token', 'nnch734d00sl2jdk'],
        ['oauth_timestamp', '137131202'],
        ['oauth_nonce', 'chapoH'],
      ],
      'pfkkdhi9sl3r4s00',
      'MdpQcU8iPSUjWoN/UDMsK2sui9I=',
    ],
  ])('RFC 5849 section 1.2: %s', (_, method, url, parameters, tokenSecret, signature) => {
    const base = signatureBaseString(method, url, [...client, ...parameters]);
    expect(hmacSha1(base, 'kd94hf93k423kf44', tokenSecret)).toBe(signature);
  });

  it.each([
    ['"Creating a signature"', '1.1', 'hCtSmYh+iHYCEqBWrE7C7hYmtUk='],
    ['"Authorizing a request", of an older version of the API', '1', 'tnnArxj06cWHq44gCs1OSKk/jLY='],
  ])('docs.x.com, %s', (_, version, signature) => {
    const header = authorizationHeader(
      {
        method: 'POST',
        url: `https://api.twitter.com/${version}/statuses/update.json?include_entities=true`,
        form: 'status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21',
      },
      {
        clientId: 'xvz1evFS4wEEPTGEFPHBog',
        clientSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
        token: {
          token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
          secret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
        },
        nonce: 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
        timestamp: 1318622958,
      },
    );
    expect(header).toMatch(/^OAuth oauth_consumer_key="xvz1evFS4wEEPTGEFPHBog", /);
    expect(inHeader(header)).toEqual({
      oauth_consumer_key: 'xvz1evFS4wEEPTGEFPHBog',
      oauth_nonce: 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
      oauth_signature: signature,
      oauth_signature_method: 'HMAC-SHA1',
      oauth_timestamp: '1318622958',
      oauth_token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
      oauth_version: '1.0',
    });
  });
});
