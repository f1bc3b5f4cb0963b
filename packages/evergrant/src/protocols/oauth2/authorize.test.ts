import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { OAuth2Protocol, ProviderDefinition } from '../../providers/define.ts';
import type { OAuth2App } from '../types.ts';
import { appOf, definitionOf, scripted } from './test-support.ts';

const input = {
  state: 'state-of-this-flow',
  scopes: ['read', 'write'],
  redirectUri: 'https://app.example/integrations/social/acme',
  reconnect: false,
  instance: null,
};

const authorize = async (
  definition: ProviderDefinition,
  more: Partial<typeof input> = {},
  app: Partial<OAuth2App> = {},
) => {
  const request = await scripted().protocol.authorize(appOf(definition, app), { ...input, ...more });
  const url = new URL(request.url);
  return { ...request, url, parameters: Object.fromEntries(url.searchParams) };
};

describe('the authorization request', () => {
  it('is what RFC 6749 and RFC 7636 ask for, and nothing more', async () => {
    const { url, parameters, secrets } = await authorize(definitionOf());
    expect(`${url.origin}${url.pathname}`).toBe('https://acme.example/authorize');
    expect(secrets.verifier).toMatch(/^[\w-]{43}$/);
    expect(parameters).toEqual({
      response_type: 'code',
      client_id: 'client:1',
      redirect_uri: input.redirectUri,
      scope: 'read write',
      state: input.state,
      code_challenge: createHash('sha256').update(secrets.verifier!).digest('base64url'),
      code_challenge_method: 'S256',
    });
    expect(secrets).not.toHaveProperty('nonce');
  });

  it('has a new verifier each time', async () => {
    const [one, other] = [await authorize(definitionOf()), await authorize(definitionOf())];
    expect(one.secrets.verifier).not.toBe(other.secrets.verifier);
  });

  it('speaks the dialect of the definition', async () => {
    const definition = definitionOf(
      {
        authorizationEndpoint: 'https://{host}/dialog?display=page',
        clientIdParameter: 'client_key',
        pkce: 'S256-hex',
        authorizationParameters: { prompt: 'consent', version: '{version}' },
        reconnectParameters: { auth_type: 'rerequest' },
      },
      { scopes: { required: [], separator: ',', parameter: 'user_scope' } },
    );
    const app = { variables: { host: 'acme.example', version: 'v26.0' } };
    const { url, parameters, secrets } = await authorize(definition, { reconnect: true }, app);
    expect(url.href).toMatch(/^https:\/\/acme\.example\/dialog\?display=page&/);
    expect(parameters).toMatchObject({
      client_key: 'client:1',
      user_scope: 'read,write',
      prompt: 'consent',
      version: 'v26.0',
      auth_type: 'rerequest',
      code_challenge: createHash('sha256').update(secrets.verifier!).digest('hex'),
    });
    expect(parameters).not.toHaveProperty('client_id');
    expect((await authorize(definition, {}, app)).parameters).not.toHaveProperty('auth_type');
  });

  it('names the client as the authorization request wants it', async () => {
    const definition = definitionOf({ clientIdParameter: 'client_id', authorizationClientIdParameter: 'client_key' });
    expect((await authorize(definition)).parameters).toMatchObject({ client_key: 'client:1' });
  });

  it('sends no challenge where the platform refuses one, and no scope where none is asked for', async () => {
    const { parameters, secrets } = await authorize(definitionOf({ pkce: 'none' }), { scopes: [] });
    expect(Object.keys(parameters)).toEqual(['response_type', 'client_id', 'redirect_uri', 'state']);
    expect(secrets).toEqual({});
  });

  it('fills the instance and follows the reroutes of the operator', async () => {
    const definition = definitionOf({ authorizationEndpoint: 'https://{instance}/oauth/authorize' });
    const { url } = await authorize(definition, { instance: 'social.example' } as object, {
      origins: { 'https://social.example': 'http://127.0.0.1:4000/mock' },
    });
    expect(`${url.origin}${url.pathname}`).toBe('http://127.0.0.1:4000/mock/oauth/authorize');
  });

  it.each<[string, Partial<OAuth2Protocol>, string[], boolean]>([
    ['openid and an issuer', { issuer: 'https://acme.example' }, ['openid'], true],
    ['an issuer without openid', { issuer: 'https://acme.example' }, ['read'], false],
    ['openid without an issuer', {}, ['openid'], false],
    ['a declared check', { issuer: 'https://acme.example', idToken: 'verify' }, ['read'], true],
    ['a declared indifference', { issuer: 'https://acme.example', idToken: 'ignore' }, ['openid'], false],
  ])('with %s: nonce', async (_, protocol, scopes, expected) => {
    const { parameters, secrets } = await authorize(definitionOf(protocol), { scopes });
    expect(secrets.nonce !== undefined).toBe(expected);
    expect(parameters['nonce']).toBe(secrets.nonce);
  });

  it.each([
    ...[
      'state',
      'redirect_uri',
      'code_challenge',
      'code_challenge_method',
      'client_id',
      'response_type',
      'nonce',
      'scope',
    ],
  ])('refuses a definition that sets %s', async (name) => {
    for (const member of ['authorizationParameters', 'reconnectParameters']) {
      const attempt = authorize(definitionOf({ [member]: { [name]: 'evil' } }), { reconnect: true });
      await expect(attempt).rejects.toMatchObject({
        code: 'definition_invalid',
        detail: expect.stringContaining(name),
      });
    }
  });

  it.each<[string, Partial<OAuth2Protocol>]>([
    ['no endpoint and no issuer', { authorizationEndpoint: undefined }],
    ['an endpoint that is no web address', { authorizationEndpoint: 'javascript:alert(1)' }],
    ['a placeholder without a value', { authorizationEndpoint: 'https://{nowhere}/authorize' }],
    ['a check of ID tokens without an issuer', { idToken: 'verify' }],
  ])('refuses a definition with %s', async (_, protocol) => {
    await expect(authorize(definitionOf(protocol))).rejects.toMatchObject({ code: 'definition_invalid' });
  });
});
