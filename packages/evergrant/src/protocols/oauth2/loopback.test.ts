import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEgress } from '../../egress/index.ts';
import type { Egress } from '../../egress/types.ts';
import { systemClock } from '../../telemetry/clock.ts';
import { createGetJson } from '../get-json.ts';
import type { Protocol } from '../types.ts';
import { createOAuth2 } from './index.ts';
import { appOf, callbackOf, canaries, definitionOf, granted } from './test-support.ts';

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  form: Record<string, string>;
}

const received: Received[] = [];
let origin: string;
let egress: Egress;
let protocol: Protocol;

const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const createProtocol = () => createOAuth2(egress, { clock: systemClock, logger });

/** A small authorization server: metadata, rotating tokens, a profile. */
const server = createServer((request, response) => void respond(request, response));

const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const form = Object.fromEntries(new URLSearchParams(await text(request)));
  received.push({ method: request.method, url: request.url, headers: request.headers, form });
  const answer = (status: number, body: object, headers = {}) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  switch (request.url) {
    case '/.well-known/oauth-authorization-server':
      return answer(200, {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        revocation_endpoint: `${origin}/revoke`,
      });
    case '/token':
      if (form['refresh_token'] === 'used') {
        return answer(400, { error: 'invalid_grant' }, { 'www-authenticate': 'Basic realm="x"' });
      }
      return answer(200, {
        access_token: 'AT',
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: 'RT',
        scope: 'read',
      });
    case '/revoke':
      return answer(200, {});
    case '/elsewhere':
      return answer(307, {}, { location: `${origin}/token` });
    default:
      return answer(200, { id: '1' });
  }
};

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  egress = createEgress();
  protocol = createProtocol();
});

afterAll(async () => {
  await egress.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  received.length = 0;
});

const localApp = (protocolMembers: object = {}) =>
  appOf(
    definitionOf(
      { issuer: origin, authorizationEndpoint: undefined, tokenEndpoint: undefined, ...protocolMembers },
      { api: { baseUrl: origin }, profile: { get: `${origin}/me`, map: { id: 'id' } } },
    ),
    { trustedOrigins: new Set([origin]) },
  );

describe('over a real connection', () => {
  it('discovers, exchanges, asks who it is and revokes', async () => {
    const app = localApp();
    const input = {
      state: granted.state,
      scopes: ['read'],
      redirectUri: app.redirectUri,
      reconnect: false,
      instance: null,
    };
    const { url, secrets } = await protocol.authorize(app, input);
    expect(url.startsWith(`${origin}/authorize?`)).toBe(true);

    const callback = { ...callbackOf({ ...granted, iss: origin }), secrets };
    await protocol.checkCallback(app, callback);
    const answer = await protocol.sendExchange(app, callback);
    expect(await protocol.read(app, 'exchange', answer)).toMatchObject({
      kind: 'tokens',
      tokens: { accessToken: 'AT', refreshToken: 'RT', expiresIn: 3600, scopes: ['read'] },
    });
    expect(received.at(-1)?.form).toMatchObject({ code: canaries.code, code_verifier: secrets.verifier });
    expect(received.at(-1)?.headers['user-agent']).toMatch(/^Evergrant\//);

    const getJson = createGetJson(egress, systemClock, () => protocol);
    expect(await getJson(app, { accessToken: 'AT', extra: {} }, `${origin}/me`)).toEqual({ id: '1' });
    expect(received.at(-1)?.headers.authorization).toBe('Bearer AT');
    expect(await protocol.revoke(app, { accessToken: 'AT', refreshToken: 'RT', extra: {} })).toBe('revoked');
    expect(received.filter(({ url: path }) => path === '/revoke').map(({ form }) => form['token'])).toEqual([
      'RT',
      'AT',
    ]);
    expect(received.filter(({ url: path }) => path?.startsWith('/.well-known'))).toHaveLength(1);
  });

  it('reads the code of a refusal behind WWW-Authenticate', async () => {
    const app = localApp();
    const credential = { refreshToken: 'used', accessToken: 'AT', scopes: [], extra: {} };
    const answer = await protocol.sendRenewal(app, credential, () => {});
    expect(answer.headers).not.toHaveProperty('www-authenticate');
    expect(await protocol.read(app, 'refresh', answer)).toMatchObject({
      kind: 'rejected',
      error: { code: 'reauth_required' },
    });
  });

  it('does not follow a redirect with the secret', async () => {
    const app = localApp({ tokenEndpoint: `${origin}/elsewhere` });
    const credential = { refreshToken: 'RT', accessToken: 'AT', scopes: [], extra: {} };
    const answer = await protocol.sendRenewal(app, credential, () => {});
    expect(await protocol.read(app, 'refresh', answer)).toMatchObject({ kind: 'ambiguous' });
    expect(received.filter(({ url: path }) => path === '/token')).toEqual([]);
  });

  it('goes to no loopback address that the operator did not name', async () => {
    const app = { ...localApp(), trustedOrigins: new Set<string>() };
    const credential = { refreshToken: 'RT', accessToken: 'AT', scopes: [], extra: {} };
    await expect(createProtocol().sendRenewal(app, credential, () => {})).rejects.toMatchObject({
      code: 'target_not_allowed',
    });
    expect(received).toEqual([]);
  });
});
