import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TransportError } from '../egress/types.ts';
import type { Api, ProviderDefinition } from '../providers/define.ts';
import { createGetJson } from './get-json.ts';
import { appOf, canaries, definitionOf, json, type Scripted, scripted } from './oauth2/test-support.ts';
import type { OAuth2App } from './types.ts';

const baseUrl = 'https://api.acme.example';
const me = `${baseUrl}/me`;

const get = async (
  url: string,
  {
    api = {},
    definition = {},
    app = {},
    answer = json(200, { id: 1 }),
    headers,
    post,
  }: {
    api?: Partial<Api>;
    definition?: Partial<ProviderDefinition>;
    app?: Partial<OAuth2App>;
    answer?: Scripted;
    headers?: Record<string, string>;
    post?: Record<string, string>;
  } = {},
) => {
  const script = scripted(answer);
  const target = appOf(definitionOf({}, { api: { baseUrl, ...api }, ...definition }), app);
  const getJson = createGetJson(script.egress, script.clock, () => script.protocol);
  const credentials = { accessToken: canaries.access, extra: {} };
  const result = await getJson(target, credentials, url, headers, post).catch((error: unknown) => error);
  return { result, request: script.sent[0], sent: script.sent };
};

describe('a signed GET', () => {
  it('carries the token in its header and gives the JSON with exact ids', async () => {
    const { result, request } = await get(me, { answer: { body: '{"id":17841400123456789}' } });
    expect(result).toEqual({ id: '17841400123456789' });
    expect(request).toMatchObject({
      method: 'GET',
      url: me,
      headers: { accept: 'application/json', authorization: `Bearer ${canaries.access}` },
    });
  });

  it.each<[Api['authentication'], string, Record<string, string>]>([
    [{ header: 'Access-Token' }, me, { 'access-token': canaries.access }],
    [{ header: 'Authorization', prefix: 'OAuth' }, me, { authorization: `OAuth ${canaries.access}` }],
    [{ query: 'access_token' }, `${me}?access_token=${canaries.access}`, {}],
  ])('signs by %o', async (authentication, url, headers) => {
    const { request } = await get(me, { api: { authentication } });
    expect(request?.url).toBe(url);
    expect(request?.headers).toEqual({ accept: 'application/json', ...headers });
  });

  it('adds what every call of the API needs; nothing replaces the signature', async () => {
    const { request } = await get(`${me}?a=1`, {
      api: {
        headers: { 'Client-Id': '{clientId}', Version: '1', Accept: 'application/vnd.acme+json' },
        parameters: { v: '{version}' },
      },
      app: { variables: { version: '5.199' } },
      headers: { version: '2', Authorization: 'Bearer evil' },
    });
    expect(request?.url).toBe(`${me}?a=1&v=5.199`);
    expect(request?.headers).toMatchObject({
      accept: 'application/vnd.acme+json',
      'client-id': 'client:1',
      version: '2',
      authorization: `Bearer ${canaries.access}`,
    });
  });

  it('is a POST where the platform wants a form, and names the token there alone', async () => {
    const { request } = await get(me, {
      api: { authentication: { query: 'access_token' }, parameters: { v: '1' } },
      post: { client_id: '{clientId}', access_token: '{accessToken}' },
    });
    expect(request).toMatchObject({
      method: 'POST',
      url: me,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: `client_id=client%3A1&access_token=${canaries.access}`,
    });
    expect(request?.headers).not.toHaveProperty('authorization');
  });

  it('takes no token to another host by POST either', async () => {
    const { result, sent } = await get('https://evil.example/me', { post: { access_token: '{accessToken}' } });
    expect(result).toMatchObject({ code: 'target_not_allowed' });
    expect(sent).toEqual([]);
  });

  it('fills what it has values for and leaves other braces alone', async () => {
    const { request } = await get(`${baseUrl}/{version}/me?fields=id,picture{url}`, {
      app: { variables: { version: 'v26.0' } },
    });
    expect(decodeURIComponent(request?.url ?? '')).toBe(`${baseUrl}/v26.0/me?fields=id,picture{url}`);
  });

  it('follows the reroutes of the operator', async () => {
    const app = {
      origins: { [baseUrl]: 'http://127.0.0.1:4000/acme' },
      trustedOrigins: new Set(['http://127.0.0.1:4000']),
    };
    expect((await get(me, { app })).request).toMatchObject({
      url: 'http://127.0.0.1:4000/acme/me',
      ...{ trustedOrigins: app.trustedOrigins },
    });
    expect((await get('http://127.0.0.1:4000/acme/next', { app })).request?.url).toBe(
      'http://127.0.0.1:4000/acme/next',
    );
  });

  it.each([
    'https://evil.example/me',
    'https://api.acme.example.evil.example/me',
    'https://api.acme.example@evil.example/me',
    'https://api.acme.example:8443/me',
    'http://api.acme.example/me',
    '/me',
    'javascript:alert(1)',
  ])('takes no token to %s', async (url) => {
    const { result, sent } = await get(url);
    expect(result).toMatchObject({ code: 'target_not_allowed' });
    expect(sent).toEqual([]);
  });

  it('knows every host that the definition names', async () => {
    const definition: Partial<ProviderDefinition> = {
      profile: { get: 'https://{instance}/me', map: { id: 'id' } },
      accounts: { get: 'https://pages.acme.example/list', items: '', map: { id: 'id' }, type: 'page' },
      scopes: { required: [], grantedFrom: { get: 'https://scopes.acme.example/mine', items: '', scope: '' } },
    };
    const options = {
      definition,
      api: { origins: ['https://more.acme.example'] },
      app: { variables: { instance: 'social.example' } },
    };
    for (const host of ['social.example', 'pages.acme.example', 'scopes.acme.example', 'more.acme.example']) {
      expect((await get(`https://${host}/x`, options)).sent).toHaveLength(1);
    }
  });
});

describe('errors of a signed GET', () => {
  it.each([
    ['reconnect', 'reauth_required'],
    ['missing-scope', 'scope_insufficient'],
    ['rate-limit', 'provider_rate_limited'],
    ['app-misconfigured', 'provider_app_not_allowed'],
    ['retry', 'provider_unavailable'],
    ['bad-body', 'provider_bad_response'],
    ['refresh-token', 'provider_bad_response'],
  ] as const)('of class %s', async (is, code) => {
    const handleErrors = [{ code: 65601, is, message: 'So it is.' }];
    const { result } = await get(me, {
      definition: { handleErrors },
      answer: json(400, { error: 65601, error_description: `token ${canaries.access}` }, { 'retry-after': '9' }),
    });
    expect(result).toMatchObject({
      code,
      provider: 'acme',
      detail: 'So it is.',
      extensions: { class: is, code: '65601' },
    });
    expect(inspect(result, { depth: 20, showHidden: true })).not.toContain('canary');
  });

  it.each<[string, Scripted, string]>([
    ['401', { status: 401 }, 'provider_bad_response'],
    ['403', { status: 403 }, 'provider_bad_response'],
    ['302', { status: 302 }, 'provider_bad_response'],
    ['429', { status: 429 }, 'provider_rate_limited'],
    ['502', { status: 502 }, 'provider_unavailable'],
    ['a success that is not JSON', { body: '<html>' }, 'provider_bad_response'],
    ['a timeout', new TransportError('unknown', 'api.acme.example: no answer in time', true), 'provider_timeout'],
    ['a reset', new TransportError('unknown', 'api.acme.example: reset'), 'provider_unavailable'],
  ])('by default: %s', async (_, answer, code) => {
    expect((await get(me, { answer })).result).toMatchObject({ code });
  });

  it("names the rule's own code", async () => {
    const handleErrors = [{ status: 401, is: 'bad-body' as const, error: 'account_type_unsupported' as const }];
    const { result } = await get(me, { definition: { handleErrors }, answer: { status: 401 } });
    expect(result).toMatchObject({ code: 'account_type_unsupported' });
  });
});
