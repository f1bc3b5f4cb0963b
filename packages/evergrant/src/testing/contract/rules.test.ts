import { describe, expect, it } from 'vitest';
import { defineProvider, type ErrorRule, oauth2 } from '../../providers/define.ts';
import type { ErrorSample, ProviderFixture } from '../../providers/fixture.ts';
import { checkRules } from './rules.ts';
import { createScene } from './scene.ts';

const definitionWith = (...handleErrors: ErrorRule[]) =>
  defineProvider({
    id: 'acme',
    name: 'Acme',
    protocol: oauth2({
      authorizationEndpoint: 'https://acme.example/authorize',
      tokenEndpoint: 'https://acme.example/token',
    }),
    scopes: { required: [] },
    profile: { get: 'https://acme.example/me', map: { id: 'id' } },
    api: { baseUrl: 'https://acme.example' },
    handleErrors,
  });

const fixtureWith = (errors: ErrorSample[], denied: Record<string, string>): ProviderFixture => ({
  provider: 'acme',
  callback: { denied },
  exchange: { status: 200, body: {} },
  expected: { expiresIn: null, scopes: null, refreshToken: false },
  get: {},
  accounts: [],
  errors,
});

const found = async (rules: ErrorRule[], errors: ErrorSample[], denied = { error: 'access_denied' }) => {
  const scene = createScene(definitionWith(...rules), fixtureWith(errors, denied));
  await checkRules(scene);
  return scene.findings.sentences;
};

const gone: ErrorRule = { phase: 'api', code: 'gone', is: 'reconnect' };
const goneSample: ErrorSample = { phase: 'api', status: 403, body: { error: 'gone' }, is: 'reconnect' };

describe('checkRules', () => {
  it('finds nothing wrong with rules that samples need', async () => {
    expect(await found([gone], [goneSample])).toEqual([]);
    expect(await found([], [])).toEqual([]);
  });

  it('names a rule that no sample meets', async () => {
    expect(await found([gone, { ...gone, code: 'gonne' }], [goneSample])).toEqual([
      expect.stringMatching(
        /^handleErrors\[1\] \{ phase: 'api', code: 'gonne', is: 'reconnect' \} meets no sample: add one to errors/,
      ),
    ]);
  });

  it('names a rule behind one that takes everything', async () => {
    const denied: ErrorSample = { phase: 'api', status: 403, body: { error: 'scope' }, is: 'missing-scope' };
    const any: ErrorRule = { phase: 'api', status: 403, is: 'missing-scope' };
    expect(await found([any, { ...any, code: 'scope' }], [{ ...denied, body: {} }, denied])).toEqual([
      expect.stringMatching(/^handleErrors\[1\] .* is never reached: handleErrors\[0\] .* comes first/),
    ]);
  });

  it('names a rule that says what is so anyway', async () => {
    const limit: ErrorRule = { status: 429, is: 'rate-limit' };
    const busy: ErrorSample = { phase: 'api', status: 429, body: '', is: 'rate-limit' };
    expect(await found([limit], [busy])).toEqual([
      expect.stringMatching(/^handleErrors\[0\] .* changes nothing: without it the default says the same/),
    ]);
    expect(await found([gone, { phase: 'api', status: 403, is: 'reconnect' }], [goneSample])).toEqual([
      expect.stringMatching(/^handleErrors\[0\] .* changes nothing: without it handleErrors\[1\] .* says the same/),
      expect.stringMatching(/^handleErrors\[1\] .* is never reached: handleErrors\[0\] .* comes first/),
    ]);
  });

  it('counts a rule that keeps a later one away', async () => {
    const rules: ErrorRule[] = [
      { phase: 'api', status: 401, code: 'expired', is: 'refresh-token' },
      { phase: 'api', status: 401, is: 'reconnect' },
    ];
    const samples: ErrorSample[] = [
      { phase: 'api', status: 401, body: { error: 'expired' }, is: 'refresh-token' },
      { phase: 'api', status: 401, body: { error: 'revoked' }, is: 'reconnect' },
    ];
    expect(await found(rules, samples)).toEqual([]);
  });

  it.each<[string, Partial<ErrorRule>, Partial<ErrorSample>, string]>([
    ['a reason', { reason: 'expired' }, { reason: 'expired' }, "reason: 'expired'"],
    ['a time', { is: 'rate-limit', retryAfter: 60 }, { is: 'rate-limit', retryAfter: 60 }, 'retryAfter: 60'],
    ['one account', { affects: 'account' }, { affects: 'account' }, "affects: 'account'"],
    ['a sentence', { message: 'Ask an admin.' }, { message: 'admin' }, "message: 'Ask an admin.'"],
    ['a code', { error: 'consent_denied' }, { error: 'consent_denied' }, "error: 'consent_denied'"],
  ])('wants %s to be said by a sample', async (_, adds, says, advice) => {
    const rest: ErrorRule = { phase: 'api', status: 403, is: adds.is ?? 'reconnect' };
    const other: ErrorSample = { ...goneSample, body: {}, is: rest.is };
    const rules: ErrorRule[] = [{ ...gone, ...adds }, rest];
    const silent: ErrorSample = { ...goneSample, is: rest.is };
    expect(await found(rules, [silent, other])).toEqual([
      expect.stringContaining(`adds what no sample says: write ${advice} into the sample`),
    ]);
    expect(await found(rules, [{ ...silent, ...says }, other])).toEqual([]);
  });

  it('takes the refusal of a person for a sample', async () => {
    const refused: ErrorRule = { phase: 'authorize', code: 'refused', is: 'reconnect', error: 'consent_denied' };
    expect(await found([refused], [], { error: 'refused' })).toEqual([]);
  });

  it('does not let a sample that is contradicted anyway speak for a rule', async () => {
    expect(await found([gone], [{ ...goneSample, is: 'missing-scope' }])).toEqual([
      expect.stringMatching(/^handleErrors\[0\] .* meets no sample/),
    ]);
  });
});
