import { describe, expect, it } from 'vitest';
import { TransportError } from '../../egress/types.ts';
import type { OAuth2App } from '../types.ts';
import { appOf, callbackOf, definitionOf, granted, json, type Scripted, scripted } from './test-support.ts';

const issuer = 'https://id.acme.example/tenant';
const metadata = {
  issuer,
  authorization_endpoint: 'https://id.acme.example/authorize',
  token_endpoint: 'https://id.acme.example/token',
  revocation_endpoint: 'https://id.acme.example/revoke',
};
const definition = definitionOf({ issuer, authorizationEndpoint: undefined, tokenEndpoint: undefined });
const input = { state: 's', scopes: ['read'], redirectUri: 'https://app.example/cb', reconnect: false, instance: null };
const notFound: Scripted = { status: 404, body: '<html>' };

const authorizeWith = async (app: Partial<OAuth2App>, ...answers: Scripted[]) => {
  const script = scripted(...answers);
  const request = () => script.protocol.authorize(appOf(definition, app), input);
  return { ...script, request };
};

describe('discovery', () => {
  it('asks where RFC 8414 says, then where OpenID Connect says', async () => {
    const { request, sent } = await authorizeWith({}, notFound, json(200, metadata));
    expect((await request()).url).toMatch(/^https:\/\/id\.acme\.example\/authorize\?/);
    expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET https://id.acme.example/.well-known/oauth-authorization-server/tenant',
      'GET https://id.acme.example/tenant/.well-known/openid-configuration',
    ]);
  });

  it('is kept for an hour', async () => {
    const { request, sent, clock } = await authorizeWith({}, json(200, metadata));
    await request();
    clock.advance(3_599_999);
    await request();
    expect(sent).toHaveLength(1);
    clock.advance(1);
    await request();
    expect(sent).toHaveLength(2);
  });

  it('is shared by callers at the same time', async () => {
    const { request, sent } = await authorizeWith({}, json(200, metadata));
    await Promise.all([request(), request(), request()]);
    expect(sent).toHaveLength(1);
  });

  it.each<[string, Scripted, string]>([
    ['a timeout', new TransportError('unknown', 'id.acme.example: no answer in time', true), 'provider_timeout'],
    [
      'no connection',
      new TransportError('not_sent', 'id.acme.example: the connection was refused'),
      'provider_unavailable',
    ],
    ['a server error', { status: 502 }, 'provider_unavailable'],
    ['a rate limit', { status: 429 }, 'provider_unavailable'],
    ['nothing there', notFound, 'provider_bad_response'],
    ['no JSON', { body: '<html>' }, 'provider_bad_response'],
    ['another issuer', json(200, { ...metadata, issuer: 'https://evil.example' }), 'provider_bad_response'],
    ['an issuer with a slash', json(200, { ...metadata, issuer: `${issuer}/` }), 'provider_bad_response'],
    [
      'a plain http endpoint',
      json(200, { ...metadata, authorization_endpoint: 'http://id.acme.example/a' }),
      'provider_bad_response',
    ],
    [
      'an endpoint on our loopback',
      json(200, { ...metadata, authorization_endpoint: 'http://127.0.0.1/a' }),
      'provider_bad_response',
    ],
    [
      'a script for an endpoint',
      json(200, { ...metadata, authorization_endpoint: 'javascript:alert(1)' }),
      'provider_bad_response',
    ],
    ['no such endpoint', json(200, { issuer }), 'definition_invalid'],
  ])('fails with %s', async (_, answer, code) => {
    const { request } = await authorizeWith({}, answer);
    await expect(request()).rejects.toMatchObject({ code, provider: 'acme' });
  });

  it('does not keep a failure', async () => {
    const { request } = await authorizeWith({}, { status: 503 }, json(200, metadata));
    await expect(request()).rejects.toMatchObject({ code: 'provider_unavailable' });
    await expect(request()).resolves.toHaveProperty('url');
  });

  it('is not asked where everything needed is declared', async () => {
    const script = scripted(json(200, { access_token: 'AT', token_type: 'bearer' }));
    const app = appOf(definitionOf({ issuer }));
    await script.protocol.authorize(app, input);
    await script.protocol.sendExchange(app, callbackOf(granted));
    expect(script.sent.map(({ url }) => url)).toEqual(['https://api.acme.example/token']);
  });

  it('reroutes the question and what it finds', async () => {
    const origins = { 'https://id.acme.example': 'http://127.0.0.1:4000/acme' };
    const app = { origins, trustedOrigins: new Set(['http://127.0.0.1:4000']) };
    const { request, sent } = await authorizeWith(app, json(200, metadata));
    expect((await request()).url).toMatch(/^http:\/\/127\.0\.0\.1:4000\/acme\/authorize\?/);
    expect(sent[0]).toMatchObject({
      url: 'http://127.0.0.1:4000/acme/.well-known/oauth-authorization-server/tenant',
      trustedOrigins: app.trustedOrigins,
    });
  });

  it('trusts neighbours on loopback only when the issuer itself is a trusted one there', async () => {
    const local = 'http://localhost:4000';
    const document = json(200, { issuer: local, token_endpoint: 'http://127.0.0.1:5000/token' });
    const answer = json(200, { access_token: 'AT', token_type: 'bearer' });
    const app = (trusted: string[]) =>
      appOf(definitionOf({ issuer: local, tokenEndpoint: undefined }), { trustedOrigins: new Set(trusted) });
    const trusting = scripted(document, document, answer);
    await trusting.protocol.sendExchange(app([local]), callbackOf({ ...granted, iss: local }));
    expect(trusting.sent.at(-1)).toMatchObject({
      url: 'http://127.0.0.1:5000/token',
      trustedOrigins: new Set([local, 'http://127.0.0.1:5000']),
    });
    const wary = scripted(document).protocol.sendExchange(app([]), callbackOf({ ...granted, iss: local }));
    await expect(wary).rejects.toMatchObject({ code: 'provider_bad_response' });
  });
});
