import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TransportError } from '../../egress/types.ts';
import type { OAuth2Protocol, ProviderDefinition, RevocationShape } from '../../providers/define.ts';
import { appOf, canaries, definitionOf, formOf, json, type Scripted, scripted } from './test-support.ts';

const revocationEndpoint = 'https://api.acme.example/revoke';
const credentials = { accessToken: canaries.access, refreshToken: canaries.refresh, extra: {} };

const revoke = async (
  protocol: Partial<OAuth2Protocol>,
  answers: Scripted[] = [{ status: 200 }],
  more: Partial<ProviderDefinition> = {},
) => {
  const script = scripted(...answers);
  const app = appOf(definitionOf(protocol, more));
  const result = await script.protocol.revoke(app, credentials).catch((error: unknown) => error);
  return { result, sent: script.sent };
};

const shaped = (revocation: RevocationShape) => revoke({ revocationEndpoint, revocation });

describe('revocation', () => {
  it('is what RFC 7009 section 2.1 asks for: refresh token, then access token', async () => {
    const { result, sent } = await revoke({ revocationEndpoint, clientAuthentication: 'client_secret_post' });
    expect(result).toBe('revoked');
    const client = { client_id: 'client:1', client_secret: canaries.secret };
    expect(sent.map(formOf)).toEqual([
      { token: canaries.refresh, token_type_hint: 'refresh_token', ...client },
      { token: canaries.access, token_type_hint: 'access_token', ...client },
    ]);
    expect(sent[0]).toMatchObject({ method: 'POST', url: revocationEndpoint });
  });

  it('authenticates the client as the token endpoint does', async () => {
    const { sent } = await revoke({ revocationEndpoint });
    expect(sent[0]?.headers?.['authorization']).toMatch(/^Basic /);
  });

  it('leaves out a token that is not there', async () => {
    const script = scripted({ status: 200 });
    const app = appOf(definitionOf({ revocationEndpoint }));
    expect(await script.protocol.revoke(app, { ...credentials, refreshToken: null })).toBe('revoked');
    expect(script.sent.map((request) => formOf(request)['token'])).toEqual([canaries.access]);
  });

  it('ends further tokens that the answer brought, each once', async () => {
    const script = scripted({ status: 200 }, { status: 200 });
    const revocation: RevocationShape = { tokens: ['access_token'], keptTokens: ['person', 'same', 'none'] };
    const app = appOf(definitionOf({ revocationEndpoint, revocation }));
    const extra = { person: 'persons-token', same: canaries.access };
    expect(await script.protocol.revoke(app, { ...credentials, extra })).toBe('revoked');
    expect(script.sent.map((request) => formOf(request)['token'])).toEqual([canaries.access, 'persons-token']);
  });

  it.each<[string, Scripted]>([
    ['any success', { status: 204 }],
    ['a type that cannot be revoked', json(400, { error: 'unsupported_token_type' })],
    ['a dead token', json(400, { error: 'invalid_token' })],
    ['a dead grant', json(401, { error: 'invalid_grant' })],
  ])('%s counts as done', async (_, answer) => {
    expect((await revoke({ revocationEndpoint }, [answer])).result).toBe('revoked');
  });

  it('counts as done what the dialect calls dead', async () => {
    const handleErrors = [{ phase: 'revoke' as const, status: 404, is: 'reconnect' as const }];
    expect((await revoke({ revocationEndpoint }, [{ status: 404 }], { handleErrors })).result).toBe('revoked');
  });

  it.each<[string, Scripted, string]>([
    ['503', { status: 503, headers: { 'retry-after': '20' } }, 'provider_unavailable'],
    ['500 with invalid_token', json(500, { error: 'invalid_token' }), 'provider_unavailable'],
    ['429', { status: 429 }, 'provider_rate_limited'],
    ['a wrong client', json(401, { error: 'invalid_client' }), 'provider_app_credentials_invalid'],
    ['an unknown refusal', json(400, { error: 'what' }), 'provider_bad_response'],
    ['a timeout', new TransportError('unknown', 'api.acme.example: no answer in time', true), 'provider_timeout'],
    ['a reset', new TransportError('unknown', 'api.acme.example: reset'), 'provider_unavailable'],
  ])('is not confirmed by %s', async (_, answer, code) => {
    const { result } = await revoke({ revocationEndpoint }, [answer]);
    expect(result).toMatchObject({ code, provider: 'acme' });
    expect(inspect(result, { depth: 20, showHidden: true })).not.toContain('canary');
  });

  it('tries the access token although the refresh token failed, and still reports the failure', async () => {
    const { result, sent } = await revoke({ revocationEndpoint }, [{ status: 503 }, { status: 200 }]);
    expect(result).toMatchObject({ code: 'provider_unavailable' });
    expect(sent).toHaveLength(2);
  });

  it.each<[string, Partial<OAuth2Protocol>, Scripted]>([
    ['declared to have none', { revocationEndpoint, revocation: 'none' }, { status: 200 }],
    ['without an endpoint', {}, { status: 200 }],
    ['whose metadata names none', { issuer: 'https://acme.example' }, json(200, { issuer: 'https://acme.example' })],
    ['whose issuer publishes nothing', { issuer: 'https://acme.example' }, { status: 404 }],
  ])('is unsupported at a platform %s', async (_, protocol, answer) => {
    const { result, sent } = await revoke(protocol, [answer]);
    expect(result).toBe('unsupported');
    expect(sent.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('waits for metadata that cannot be had just now', async () => {
    const { result } = await revoke({ issuer: 'https://acme.example' }, [{ status: 503 }]);
    expect(result).toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('shapes of a revocation', () => {
  it('a DELETE with the token in the query', async () => {
    const { sent } = await shaped({
      method: 'DELETE',
      encoding: 'query',
      tokens: ['access_token'],
      tokenParameter: 'access_token',
      typeHint: false,
      authentication: 'anonymous',
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.method).toBe('DELETE');
    expect(sent[0]).not.toHaveProperty('body');
    expect(sent[0]?.url).toBe(`${revocationEndpoint}?access_token=${canaries.access}`);
    expect(sent[0]?.headers).not.toHaveProperty('authorization');
  });

  it('the token itself authorizes, and is not named again', async () => {
    const { sent } = await shaped({
      authentication: 'bearer',
      tokens: ['access_token'],
      encoding: 'none',
      method: 'DELETE',
    });
    expect(sent[0]?.headers).toEqual({ authorization: `Bearer ${canaries.access}` });
    expect(sent[0]?.body).toBeUndefined();
  });

  it('JSON at an address with the client id', async () => {
    const { sent } = await shaped({
      endpoint: 'https://api.acme.example/applications/{clientId}/token',
      method: 'DELETE',
      encoding: 'json',
      tokens: ['access_token'],
      tokenParameter: 'access_token',
      typeHint: false,
    });
    expect(sent[0]?.url).toBe('https://api.acme.example/applications/client%3A1/token');
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({ access_token: canaries.access });
    expect(sent[0]?.headers?.['authorization']).toMatch(/^Basic /);
  });

  it('everything in the query, with a content type only where it is declared', async () => {
    const shape: RevocationShape = { encoding: 'query', tokens: ['access_token'], authentication: 'anonymous' };
    const plain = await shaped(shape);
    expect(plain.sent[0]?.headers).toEqual({});
    const { sent } = await revoke({
      revocationEndpoint,
      revocation: shape,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(sent[0]?.url).toBe(`${revocationEndpoint}?token=${canaries.access}&token_type_hint=access_token`);
    expect(sent[0]?.headers).toEqual({ 'content-type': 'application/x-www-form-urlencoded' });
    expect(sent[0]).not.toHaveProperty('body');
  });

  it('the hint under another name, and fixed parameters', async () => {
    const { sent } = await shaped({
      typeHintParameter: 'token_hint_type',
      parameters: { test: '0' },
      authentication: 'none',
    });
    expect(formOf(sent[0])).toEqual({
      client_id: 'client:1',
      token: canaries.refresh,
      token_hint_type: 'refresh_token',
      test: '0',
    });
  });
});
