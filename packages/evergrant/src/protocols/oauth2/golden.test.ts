import { describe, expect, it } from 'vitest';
import type { OAuth2Protocol, ProviderDefinition } from '../../providers/define.ts';
import type { Verdict } from '../types.ts';
import { appOf, definitionOf, scripted } from './test-support.ts';
import table from './token-answers.json' with { type: 'json' };

interface Case {
  name: string;
  status: number;
  headers: Record<string, string>;
  body: string;
  outcome: string;
  needs?: string;
  error?: string;
}

const cases: Case[] = table.cases as Case[];
const phases = ['exchange', 'refresh'] as const;

/** What the definition must say so that an answer is read; null: nothing, because it is always so. */
const declarations: Record<string, Partial<OAuth2Protocol> | null> = {
  'declared token type': { tokenResponse: { tokenType: 'Bearer' } },
  'lenient expiry': { tokenResponse: { lenientExpiry: true } },
  'lenient scope': { tokenResponse: { lenientScope: true } },
  'lenient refresh token': { tokenResponse: { lenientRefreshToken: true } },
  'scope separator': {},
  'scope as array': { tokenResponse: { scopeList: true } },
  'error under 200': { tokenResponse: { errorsUnder200: true } },
  'form answers': { tokenResponse: { form: true } },
  '201 is success': { tokenResponse: { created: true } },
  'unwrap data': { tokenResponse: { unwrap: 'data' } },
  'unwrap data.0': { tokenResponse: { unwrap: 'data.0' } },
  'error path': { errors: { code: ['error.code', 'error_type'], subcode: 'error.error_subcode' } },
  'ID tokens dropped on refresh': null,
};

/** The verdict of refresh.md for the table's word. */
const expectedErrors: Record<string, { kind: Verdict['kind']; code: string; upstream?: string; retryAfter?: number }> =
  {
    bad_verification_code: { kind: 'not_processed', code: 'provider_bad_response', upstream: 'bad_verification_code' },
    invalid_code: { kind: 'not_processed', code: 'provider_bad_response', upstream: 'invalid_code' },
    invalid_grant: { kind: 'rejected', code: 'reauth_required', upstream: 'invalid_grant' },
    invalid_client: { kind: 'misconfigured', code: 'provider_app_credentials_invalid', upstream: 'invalid_client' },
    '190/460': { kind: 'not_processed', code: 'provider_bad_response', upstream: '190/460' },
    OAuthException: { kind: 'not_processed', code: 'provider_bad_response', upstream: 'OAuthException' },
    'unavailable: a server error is never a verdict': { kind: 'ambiguous', code: 'provider_unavailable' },
    unavailable: { kind: 'not_processed', code: 'provider_unavailable' },
    'rate_limited, 30 s': { kind: 'not_processed', code: 'provider_rate_limited', retryAfter: 30 },
    'bad_response, not followed': { kind: 'ambiguous', code: 'provider_bad_response' },
  };

/** `bad_response` is under a success ambiguous, under a refusal for unknown reasons not. */
const expectedError = ({ error = '', status }: Case) =>
  error === 'bad_response'
    ? { kind: status < 300 ? ('ambiguous' as const) : ('not_processed' as const), code: 'provider_bad_response' }
    : expectedErrors[error]!;

const definitionFor = (protocol: Partial<OAuth2Protocol>, needs?: string): ProviderDefinition =>
  definitionOf(protocol, {
    scopes: { required: ['a'], reported: needs === 'scope separator' || needs === 'form answers' ? 'comma' : 'space' },
  });

const read = (definition: ProviderDefinition, phase: 'exchange' | 'refresh', { status, headers, body }: Case) =>
  scripted().protocol.read(appOf(definition), phase, { status, headers, body });

describe('the table of token answers', () => {
  it('is whole and every need is known', () => {
    expect(cases).toHaveLength(41);
    expect(cases.flatMap(({ needs }) => needs ?? []).filter((needs) => !(needs in declarations))).toEqual([]);
  });

  describe.each(phases)('%s', (phase) => {
    it.each(cases.filter(({ outcome }) => outcome === 'accept'))('accepts: $name', async (answer) => {
      const declared = answer.needs ? (declarations[answer.needs] ?? {}) : {};
      const verdict = await read(definitionFor(declared, answer.needs), phase, answer);
      expect(verdict).toMatchObject({
        kind: 'tokens',
        tokens: { accessToken: 'AT', tokenType: 'bearer', subject: null },
      });
      if (verdict.kind !== 'tokens') return;
      const { refreshToken, scopes, expiresIn } = verdict.tokens;
      expect(refreshToken).toBe(answer.body.includes('"RT"') ? 'RT' : null);
      expect(scopes).toEqual(answer.name === 'scope null' ? null : ['a', 'b']);
      expect(expiresIn).toBe(answer.name === 'expires_in 0' ? 0 : answer.body.includes('3600') ? 3600 : null);
    });

    it.each(cases.filter(({ outcome }) => outcome === 'error'))('refuses: $name', async (answer) => {
      const declared = answer.needs ? (declarations[answer.needs] ?? {}) : {};
      const verdict = await read(definitionFor(declared), phase, answer);
      const { kind, code, upstream, retryAfter } = {
        upstream: undefined,
        retryAfter: undefined,
        ...expectedError(answer),
      };
      expect(verdict.kind).toBe(kind);
      if (verdict.kind === 'tokens') return;
      expect(verdict.error.code).toBe(phase === 'exchange' && code === 'reauth_required' ? 'code_rejected' : code);
      if (upstream) expect(verdict.error.upstream?.code).toBe(upstream);
      expect(verdict.error.retryAfter).toBe(retryAfter);
    });

    const declared = cases.filter(({ needs }) => needs && declarations[needs] !== null && needs !== 'scope separator');

    it.each(declared)('is strict without a declaration: $name', async (answer) => {
      const verdict = await read(definitionFor({}), phase, answer);
      expect(verdict.kind).not.toBe('tokens');
      if (verdict.kind === 'tokens') return;
      expect(verdict.error.code).toBe('provider_bad_response');
      expect(verdict.kind).toBe(answer.status < 300 ? 'ambiguous' : 'not_processed');
    });

    it('takes commas for part of a scope unless they are declared', async () => {
      const answer = cases.find(({ name }) => name === 'scope comma string')!;
      expect(await read(definitionFor({}), phase, answer)).toMatchObject({ tokens: { scopes: ['a,b'] } });
    });
  });

  it('refuses the bad ID token where one is to be verified', async () => {
    const answer = cases.find(({ needs }) => needs === 'ID tokens dropped on refresh')!;
    const definition = definitionOf({ issuer: 'https://acme.example', idToken: 'verify' });
    const { protocol } = scripted();
    const verdict = await protocol.read(appOf(definition), 'exchange', answer, { requestedScopes: ['openid'] });
    expect(verdict).toMatchObject({ kind: 'rejected', error: { code: 'provider_bad_response' } });
    expect(await protocol.read(appOf(definition), 'refresh', answer)).toMatchObject({ kind: 'tokens' });
  });
});
