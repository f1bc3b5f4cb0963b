import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { OAuth2Protocol, ProviderDefinition, TokenResponseShape } from '../../providers/define.ts';
import type { RawAnswer, Verdict } from '../types.ts';
import { appOf, canaries, definitionOf, json, scripted } from './test-support.ts';

const bare = { access_token: 'AT', token_type: 'bearer' };

const read = (definition: ProviderDefinition, body: unknown, phase: 'exchange' | 'refresh' = 'exchange') =>
  scripted().protocol.read(appOf(definition), phase, json(200, body));

const tokensOf = (verdict: Verdict) => {
  if (verdict.kind !== 'tokens') throw verdict.error;
  return verdict.tokens;
};

const withShape = (tokenResponse: TokenResponseShape, more: Partial<ProviderDefinition> = {}) =>
  definitionOf({ tokenResponse }, more);

describe('reading tokens', () => {
  it('gives what the platform says and null for what it does not', async () => {
    expect(tokensOf(await read(definitionOf(), bare))).toEqual({
      accessToken: 'AT',
      refreshToken: null,
      tokenType: 'bearer',
      expiresIn: null,
      refreshExpiresIn: null,
      scopes: null,
      extra: {},
      subject: null,
    });
  });

  it('takes the first place that holds a token, else the body around it', async () => {
    const keep = { team: 'team.id', user: ['bot', 'authed_user.id'] };
    const shape = withShape({ unwrap: ['', 'authed_user'], tokenType: 'Bearer', keep });
    const body = { ok: true, team: { id: 'T1' }, authed_user: { id: 'U1', access_token: 'USER', token_type: 'user' } };
    expect(tokensOf(await read(shape, body))).toMatchObject({ accessToken: 'USER', extra: { team: 'T1', user: 'U1' } });
    const both = tokensOf(await read(shape, { ...body, access_token: 'BOT', bot: 'B1' }));
    expect(both).toMatchObject({ accessToken: 'BOT', extra: { user: 'B1' } });
  });

  it('knows members by other names, a list of scopes, and a wrapped or flat answer', async () => {
    const shape = withShape(
      {
        unwrap: ['data.0', ''],
        tokenType: 'Bearer',
        scopeList: true,
        rename: { scope: 'permissions' },
        keep: { user: 'user_id' },
      },
      { scopes: { required: ['a'], reported: 'comma' } },
    );
    const expected = { accessToken: 'AT', scopes: ['a', 'b'], extra: { user: '17841400123456789' } };
    const { protocol } = scripted();
    const wrapped = '{"data":[{"access_token":"AT","user_id":"17841400123456789","permissions":"a,b"}]}';
    const flat = '{"access_token":"AT","user_id":17841400123456789,"permissions":["a","b"]}';
    for (const body of [wrapped, flat]) {
      expect(tokensOf(await protocol.read(appOf(shape), 'exchange', { status: 200, headers: {}, body }))).toMatchObject(
        expected,
      );
    }
  });

  it.each<[TokenResponseShape, object, number | null]>([
    [{ expiresAt: { path: 'expires_at', unit: 's' } }, { expires_at: 1_795_694_460 }, 60],
    [{ expiresAt: { path: 'expires_at', unit: 'ms' } }, { expires_at: 1_795_694_460_500 }, 60.5],
    [{ expiresAt: { path: 'expires_at', unit: 's-or-ms' } }, { expires_at: '1795694460' }, 60],
    [{ expiresAt: { path: 'expires_at', unit: 's-or-ms' } }, { expires_at: 1_795_694_460_000 }, 60],
    [{ expiresAt: { path: 'expires_at', unit: 's' } }, { expires_at: 1 }, 0],
    [{ expiresAt: { path: 'expires_at', unit: 's' } }, { expires_in: 5 }, 5],
    [{ expiresAt: { path: 'expires_at', unit: 's' }, lenientExpiry: true }, { expires_at: 'never' }, null],
    [{ defaultExpiresIn: 900 }, {}, 900],
    [{ defaultExpiresIn: 900 }, { expires_in: 5 }, 5],
    [{ defaultExpiresIn: 900, lenientExpiry: true }, { expires_in: -1 }, 900],
  ])('%o makes of %o a life of %s', async (shape, members, expected) => {
    // The clock of the script stands at 1,795,694,400 s.
    expect(tokensOf(await read(withShape(shape), { ...bare, ...members })).expiresIn).toBe(expected);
  });

  it('refuses an end that it cannot read', async () => {
    const shape = withShape({ expiresAt: { path: 'expires_at', unit: 's' } });
    expect(await read(shape, { ...bare, expires_at: 'never' })).toMatchObject({ kind: 'ambiguous' });
  });

  it.each([
    ['space', 'a  b', ['a', 'b']],
    ['comma', 'a, b c', ['a', 'b c']],
    ['space-or-comma', 'a, b c,a', ['a', 'b', 'c']],
    ['space', '', null],
  ] as const)('splits scopes by %s: "%s"', async (reported, scope, expected) => {
    const definition = definitionOf({}, { scopes: { required: [], reported } });
    expect(tokensOf(await read(definition, { ...bare, scope })).scopes).toEqual(expected);
  });

  it('reads the life of the refresh token and ignores one that makes no sense', async () => {
    const shape = withShape({ refreshExpiresIn: 'refresh_expires_in' });
    expect(tokensOf(await read(shape, { ...bare, refresh_expires_in: '2592000' })).refreshExpiresIn).toBe(2_592_000);
    expect(tokensOf(await read(shape, { ...bare, refresh_expires_in: 'long' })).refreshExpiresIn).toBeNull();
  });

  it('is not impressed by __proto__', async () => {
    const body = '{"__proto__":{"access_token":"EVIL","token_type":"bearer"}}';
    const verdict = await scripted().protocol.read(appOf(definitionOf()), 'refresh', {
      status: 200,
      headers: {},
      body,
    });
    expect(verdict.kind).toBe('ambiguous');
  });

  it.each(['', 'null', '[]', '"text"', '<html>', '{'])(
    'finds no token in %s: the platform may have acted',
    async (body) => {
      const verdict = await scripted().protocol.read(appOf(definitionOf()), 'refresh', {
        status: 200,
        headers: {},
        body,
      });
      expect(verdict).toMatchObject({ kind: 'ambiguous', error: { code: 'provider_bad_response' } });
    },
  );
});

describe('reading refusals', () => {
  const verdictOf = (status: number, body: unknown, definition = definitionOf()) =>
    scripted().protocol.read(appOf(definition), 'refresh', json(status, body));

  it.each([
    [503, 'not_processed', 'provider_unavailable'],
    [500, 'ambiguous', 'provider_unavailable'],
    [502, 'ambiguous', 'provider_unavailable'],
    [504, 'ambiguous', 'provider_unavailable'],
    [307, 'ambiguous', 'provider_bad_response'],
    [404, 'not_processed', 'provider_bad_response'],
    [429, 'not_processed', 'provider_rate_limited'],
    [401, 'misconfigured', 'provider_app_credentials_invalid'],
  ])('%d is %s', async (status, kind, code) => {
    expect(await verdictOf(status, '')).toMatchObject({ kind, error: { code, upstream: { status } } });
  });

  it('carries reason and sentence of the rule', async () => {
    const definition = definitionOf(
      {},
      {
        handleErrors: [
          { code: 'gone', is: 'reconnect', reason: 'password_changed', message: 'The password was changed.' },
        ],
      },
    );
    expect(await verdictOf(400, { error: 'gone' }, definition)).toMatchObject({
      kind: 'rejected',
      error: {
        code: 'reauth_required',
        detail: 'The password was changed.',
        provider: 'acme',
        extensions: { reason: 'password_changed' },
        upstream: { status: 400, code: 'gone' },
      },
    });
  });

  it.each([
    ['refresh-token', 'rejected', 'reauth_required'],
    ['missing-scope', 'rejected', 'reauth_required'],
    ['app-misconfigured', 'misconfigured', 'provider_app_credentials_invalid'],
    ['rate-limit', 'not_processed', 'provider_rate_limited'],
    ['retry', 'not_processed', 'provider_unavailable'],
    ['bad-body', 'not_processed', 'provider_bad_response'],
  ] as const)('a rule of class %s is %s', async (is, kind, code) => {
    const definition = definitionOf({}, { handleErrors: [{ code: 'x', is }] });
    expect(await verdictOf(400, { error: 'x' }, definition)).toMatchObject({ kind, error: { code } });
  });

  it('says that a scope was removed', async () => {
    const definition = definitionOf({}, { handleErrors: [{ code: 'x', is: 'missing-scope' }] });
    expect(await verdictOf(400, { error: 'x' }, definition)).toMatchObject({
      error: { extensions: { reason: 'scope_removed' } },
    });
  });
});

describe('ID tokens', () => {
  const issuer = 'https://acme.example';
  const now = 1_795_694_400;
  const claims = { iss: issuer, aud: 'client:1', sub: 'person-1', iat: now, exp: now + 300, nonce: 'nonce-1' };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const idToken = (more: object = {}, header: object = { alg: 'ES256' }) =>
    `${encode(header)}.${encode({ ...claims, ...more })}.canary-signature`;
  const expectation = { nonce: 'nonce-1', requestedScopes: ['openid', 'read'] };

  const connect = (
    id_token: unknown,
    {
      protocol = {},
      expect: expected = expectation,
      headers = {},
      origins = {},
      late = 0,
    }: {
      protocol?: Partial<OAuth2Protocol>;
      expect?: { nonce?: string; requestedScopes?: string[] };
      headers?: Record<string, string>;
      origins?: Record<string, string>;
      late?: number;
    } = {},
  ) => {
    const script = scripted();
    script.clock.advance(late);
    const app = appOf(definitionOf({ issuer, ...protocol }), { origins });
    const body = { ...bare, refresh_token: canaries.refresh, ...(id_token === undefined ? {} : { id_token }) };
    return script.protocol.read(app, 'exchange', json(200, body, headers), expected);
  };

  it('gives the subject of one that holds', async () => {
    expect(await connect(idToken())).toMatchObject({ kind: 'tokens', tokens: { subject: 'person-1' } });
  });

  it.each([
    ['issuer', { iss: 'https://evil.example' }, 'iss'],
    ['audience', { aud: 'somebody-else' }, 'aud'],
    ['expiry', { exp: now - 31 }, 'exp'],
    ['nonce', { nonce: 'another' }, 'nonce'],
    ['missing nonce', { nonce: undefined }, 'nonce'],
    ['missing subject', { sub: undefined }, 'sub'],
  ])('refuses a wrong %s and names the claim', async (_, more, claim) => {
    const verdict = await connect(idToken(more));
    expect(verdict).toMatchObject({ kind: 'rejected', error: { code: 'provider_bad_response' } });
    if (verdict.kind === 'tokens') return;
    expect(verdict.error.detail).toMatch(new RegExp(`\\b${claim}\\b`));
    expect(inspect(verdict, { depth: 20 })).not.toContain('canary');
  });

  it.each(['none', 'HS256'])('refuses the algorithm %s', async (alg) => {
    expect((await connect(idToken({}, { alg }))).kind).toBe('rejected');
  });

  it('demands one when openid was asked for', async () => {
    expect((await connect(undefined)).kind).toBe('rejected');
    const verify = { protocol: { idToken: 'verify' as const }, expect: { requestedScopes: ['read'] } };
    expect((await connect(undefined, verify)).kind).toBe('tokens');
  });

  it('is dropped where it is not to be verified, even when it is not a text', async () => {
    for (const protocol of [{ idToken: 'ignore' as const }, { issuer: undefined }]) {
      expect(await connect(false, { protocol })).toMatchObject({ kind: 'tokens', tokens: { subject: null } });
    }
    expect((await connect('x.y.z', { expect: { requestedScopes: ['read'] } })).kind).toBe('tokens');
  });

  it('may name the place to which the issuer was rerouted', async () => {
    const iss = 'http://127.0.0.1:4000/acme';
    expect((await connect(idToken({ iss }))).kind).toBe('rejected');
    expect((await connect(idToken({ iss }), { origins: { [issuer]: iss } })).kind).toBe('tokens');
  });

  it('is judged at the time at which the answer came, not at which it is read', async () => {
    const headers = { date: new Date(now * 1000).toUTCString() };
    expect((await connect(idToken(), { late: 3_600_000 })).kind).toBe('rejected');
    expect((await connect(idToken(), { late: 3_600_000, headers })).kind).toBe('tokens');
  });
});

describe('what leaves the room', () => {
  it.each<[string, RawAnswer]>([
    [
      'an undeclared type',
      json(200, { access_token: canaries.access, refresh_token: canaries.refresh, token_type: 'mac' }),
    ],
    ['a wrong refresh token', json(200, { access_token: canaries.access, refresh_token: null, token_type: 'bearer' })],
    ['a body that is not JSON', { status: 200, headers: {}, body: `{"access_token":"${canaries.access}"` }],
    ['an error that quotes', json(400, { error: 'invalid_grant', error_description: `no ${canaries.refresh}` })],
  ])('no token after %s', async (_, answer) => {
    const verdict = await scripted().protocol.read(appOf(definitionOf()), 'refresh', answer);
    expect(verdict.kind).not.toBe('tokens');
    expect(inspect(verdict, { depth: 20, showHidden: true })).not.toContain('canary');
    expect(JSON.stringify(verdict)).not.toContain('canary');
  });
});
