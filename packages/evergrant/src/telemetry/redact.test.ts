import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { EvergrantError } from '../errors/index.ts';
import { redact } from './redact.ts';
import { isSensitiveName, redactText } from './redact-text.ts';
import { Secret } from './secret.ts';

const canary = 'Can4ry+Secret/9f=x';
const forms: [string, string][] = [
  ['plain', 'Can4rySecret9fx'],
  ['base64', Buffer.from(canary).toString('base64')],
  ['base64url', Buffer.from(canary).toString('base64url')],
  ['hex', Buffer.from(canary).toString('hex')],
  ['url-encoded', encodeURIComponent(canary)],
];

describe('isSensitiveName', () => {
  it.each([
    ...[
      'access_token',
      'accessToken',
      'REFRESH-TOKEN',
      'id_token',
      'token',
      'code',
      'code_verifier',
      'verifier',
      'state',
    ],
    ...['client_secret', 'clientSecret', 'secret', 'password', 'Authorization', 'cookie', 'Set-Cookie', 'api_key'],
    ...[
      'apikey',
      'X-Api-Key',
      'key',
      'oauth_token',
      'oauth_token_secret',
      'oauth_verifier',
      'assertion',
      'jwt',
      'nonce',
    ],
    ...['client_assertion', 'page_access_token', 'sealed', 'sealedCredentials', 'oauth_signature', 'access%5Ftoken'],
  ])('knows %s', (name) => expect(isSensitiveName(name)).toBe(true));

  it.each([
    'status',
    'error_code',
    'token_type',
    'token_endpoint',
    'client_id',
    'provider',
    'scope',
    'expires_in',
    '%',
  ])('lets %s pass', (name) => expect(isSensitiveName(name)).toBe(false));
});

describe.each(forms)('a %s secret', (_, secret) => {
  const encoded = encodeURIComponent(secret);

  it.each<[string, string]>([
    ['a query', `GET https://api.test/cb?state=${encoded}&x=1&code=${encoded}#access_token=${encoded} failed`],
    ['a form', `grant_type=refresh_token&refresh_token=${encoded}&client_secret=${encoded}`],
    ['a nested URL', `/login?next=${encodeURIComponent(`https://x.test/?a=1&code=${encoded.replaceAll('%', '')}`)}`],
    ['an OAuth 1.0a header', `OAuth oauth_consumer_key="k", oauth_token="${encoded}", oauth_signature="${encoded}"`],
    ['an authorization header', `Authorization: OAuth oauth_token="${encoded}", oauth_verifier="${encoded}"\nHost: x`],
    ['Bearer', `bearer ${secret}`],
    ['Basic', `{ Basic ${secret}}`],
    ['DPoP in a URL', `header=DPoP%20${encoded}`],
    ['cookies', `Set-Cookie: sid=${secret}; Path=/; Secure`],
    ['JSON', JSON.stringify({ id: 1, access_token: secret, more: [{ refresh_token: secret }] })],
    ['JSON with spaces', JSON.stringify({ id: 1, accessToken: secret }, null, 2)],
    [
      'JSON within JSON',
      JSON.stringify({ body: JSON.stringify({ id_token: secret, x: JSON.stringify({ code: secret }) }) }),
    ],
    ['JSON with escapes', JSON.stringify({ password: `"\\${secret}\\"${secret}` })],
    ['JSON cut off', `{"error":null,"refresh_token":"${secret}`],
    ['an inspected object', `{ client_secret: '${secret}', apiKey: "${secret}" }`],
    ['a header line', `x-api-key: ${secret}`],
    ['user information', `postgres://evergrant:${encoded}@db.test:5432/evergrant`],
  ])('is hidden in %s', (_, text) => {
    const line = redactText(text);
    expect(line).not.toContain(secret);
    expect(line).not.toContain(encoded);
    expect(line).toContain('[redacted]');
  });

  it('is hidden under sensitive names at any depth', () => {
    const line = JSON.stringify(
      redact({
        access_token: secret,
        app: { clientSecret: secret, list: [{ Authorization: secret }] },
        headers: new Headers({ authorization: `Bearer ${secret}`, 'x-api-key': secret }),
        map: new Map([['refresh_token', secret]]),
        query: new URLSearchParams({ code: secret }),
        url: new URL(`https://x.test/?code=${encoded}`),
        state: { nested: secret },
        oauth_token_secret: [secret],
        sealedAnswer: secret,
        secret: new Secret(secret),
        held: new Secret(secret),
        bytes: Buffer.from(secret),
      }),
    );
    expect(line).not.toContain(secret);
    expect(line).not.toContain(encoded);
  });
});

describe('redactText', () => {
  it('hides API keys and JWTs wherever they stand', () => {
    const jwt = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":1}').toString('base64url')}.c2ln`;
    expect(redactText(`key eg_test_0123456789abcdef and ${jwt}, then`)).toBe('key [redacted] and [redacted], then');
  });

  it.each([
    'connection conn_0198 refreshed in 35 ms',
    'https://mastodon.test/@alice?page=2',
    'http://127.0.0.1:4000/token answered 503',
    'The token: it is gone',
    '{"error":"invalid_grant","error_description":"Code was already redeemed."}',
    'graph.facebook.com: no answer in time',
  ])('leaves %s as it is', (text) => expect(redactText(text)).toBe(text));

  it('keeps a text on one line and away from the terminal', () => {
    expect(redactText('a\r\n{"level":"error"}\u001b[31m\u009b2J\u2028b\u0000\u202ec')).toBe(
      'a {"level":"error"} [31m 2J b c',
    );
  });

  it('cuts long texts without baring a secret', () => {
    const text = `${'a'.repeat(8180)} code=abcdefghijklmnop`;
    expect(redactText(text)).toMatch(/^a+ code=\[redacted\]… \[\d+ more characters\]$/);
  });

  it.each<[string, string]>([
    ['quotes', '"'.repeat(8000)],
    ['backslashes', '\\'.repeat(8000)],
    ['members', '"a":"'.repeat(2000)],
    ['schemes', 'a.'.repeat(4000)],
    ['token beginnings', 'eyaaaaaaaa-'.repeat(800)],
    ['percent signs', '%3F'.repeat(2700)],
    ['names', 'a=:'.repeat(2700)],
  ])('is not slowed down by many %s', (_, text) => {
    const began = performance.now();
    redactText(text);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe('redact', () => {
  it('keeps what is harmless', () => {
    const date = new Date(0);
    expect(
      redact({
        n: 1,
        big: 2n,
        yes: true,
        none: null,
        gap: undefined,
        date,
        bad: new Date(Number.NaN),
        set: new Set([1]),
      }),
    ).toEqual({ n: 1, big: '2', yes: true, none: null, gap: undefined, date: date.toISOString(), bad: null, set: [1] });
  });

  it('shows whether there is a secret, not which', () => {
    expect(redact({ token: null, refreshToken: true, secret: new Secret('x'), code: 123456, key: '' })).toEqual({
      token: null,
      refreshToken: true,
      secret: '[secret]',
      code: '[redacted]',
      key: '[redacted]',
    });
  });

  it('counts bytes', () => {
    expect(redact([Buffer.from('abc'), new Uint8Array(2), new ArrayBuffer(1)])).toEqual([
      '[3 bytes]',
      '[2 bytes]',
      '[1 bytes]',
    ]);
  });

  it('survives cycles, depth, length, getters, proxies and functions', () => {
    const cyclic: Record<string, unknown> = { name: 'a' };
    cyclic['self'] = cyclic;
    cyclic['twice'] = [cyclic];
    expect(redact(cyclic)).toEqual({ name: 'a', self: '[circular]', twice: ['[circular]'] });
    const shared = { x: 1 };
    expect(redact({ a: shared, b: shared })).toEqual({ a: { x: 1 }, b: { x: 1 } });
    const deep = { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } };
    expect(JSON.stringify(redact(deep))).toContain('[too deep]');
    expect(redact(Array.from({ length: 103 }, () => 0))).toHaveLength(101);
    const many = redact(Object.fromEntries(Array.from({ length: 103 }, (_, index) => [`k${index}`, 0])));
    expect(many).toMatchObject({ '…': '[3 more]' });
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    const thrower = {
      get bad() {
        throw new Error('no');
      },
      good: 1,
      hostile,
      f: () => 1,
      s: Symbol('x'),
    };
    expect(redact(thrower)).toEqual({
      bad: '[unreadable]',
      good: 1,
      hostile: '[unreadable]',
      f: '[function]',
      s: '[symbol]',
    });
  });

  it('does not pollute prototypes and does not call toJSON', () => {
    const parsed = JSON.parse('{"__proto__":{"polluted":true}}');
    expect(Object.getPrototypeOf(redact(parsed))).toBe(Object.prototype);
    expect(redact({ toJSON: () => 'leak', a: 1 })).toEqual({ toJSON: '[function]', a: 1 });
  });

  it('reduces errors of libraries to what every error has', () => {
    const cause = Object.assign(new Error('refresh_token=canary1'), { code: 'E_CAUSE', response: 'canary2' });
    const error = Object.assign(new Error('got "access_token":"canary3"\nforged', { cause }), {
      code: 'ECONNRESET',
      request: { body: 'canary4' },
      body: 'canary5',
    });
    const copy = redact({ err: error }) as { err: Record<string, unknown> };
    expect(JSON.stringify(copy)).not.toMatch(/canary\d/);
    expect(copy.err).toEqual({
      name: 'Error',
      message: 'got "access_token":"[redacted]" forged',
      code: 'ECONNRESET',
      cause: { name: 'Error', message: 'refresh_token=[redacted]', code: 'E_CAUSE' },
      stack: expect.stringMatching(/^ {4}at .*redact\.test\.ts/),
    });
  });

  it('keeps the members of our own errors', () => {
    const error = new EvergrantError('provider_unavailable', {
      detail: 'https://x.test/?code=canary answered 503',
      provider: 'linkedin',
      connectionId: 'conn_1',
      upstream: { status: 503, code: 'busy', description: 'access_token=canary' },
      errors: [{ pointer: '/a', code: 'missing', message: 'm' }],
    });
    expect(redact(error)).toMatchObject({
      name: 'EvergrantError',
      code: 'provider_unavailable',
      detail: 'https://x.test/?code=[redacted] answered 503',
      provider: 'linkedin',
      connectionId: 'conn_1',
      upstream: { status: 503, code: 'busy', description: 'access_token=[redacted]' },
      errors: [{ pointer: '/a', code: 'missing', message: 'm' }],
    });
  });
});
