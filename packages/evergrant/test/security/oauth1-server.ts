import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readSigned, type SignedRequest } from '../../src/sandbox/oauth1/verify.ts';
import { type CanaryKind, makeSecret } from './canaries.ts';

/** A request as it came; `signature` says whether it was signed rightly, over the platform's own address. */
export interface SignedReceived {
  method: string;
  /** Of the platform, without the query. */
  url: string;
  /** As sent. */
  target: string;
  parameters: URLSearchParams;
  signature: 'right' | 'wrong' | 'none';
  userAgent: string | undefined;
}

export interface OAuth1Answer {
  status?: number;
  body: string | object;
}

interface RequestToken {
  secret: string;
  callback: string;
  verifier: string | null;
}

const form = (members: Record<string, string>): string => new URLSearchParams(members).toString();

/**
 * A server of OAuth 1.0a behind several origins of a platform, each under a path of its own. It checks every signature
 * over the address that the platform has, and every token against what it gave; answers can be scripted.
 *
 * @param origins of the platform
 */
export const createOAuth1Server = async (origins: string[], client: { id: string; secret: string }) => {
  const requests: SignedReceived[] = [];
  const scripts = new Map<string, OAuth1Answer[]>();
  const requestTokens = new Map<string, RequestToken>();
  const tokenSecrets = new Map<string, string>();
  const nonces = new Set<string>();
  const gets = new Map<string, object>();
  /** Sees every secret as it is given. */
  const watch: { secret: (kind: CanaryKind, value: string) => void } = { secret: () => {} };

  const secret = (kind: CanaryKind, prefix: string): string => {
    const value = makeSecret(prefix);
    watch.secret(kind, value);
    return value;
  };

  const secretOf = ({ parameters }: SignedRequest): string => {
    const token = parameters.get('oauth_token');
    if (token === null) return '';
    return tokenSecrets.get(token) ?? requestTokens.get(token)?.secret ?? 'no such token';
  };

  const judge = (signed: SignedRequest | null): SignedReceived['signature'] => {
    if (!signed) return 'none';
    const nonce = signed.parameters.get('oauth_nonce') ?? '';
    const fresh = nonce.length >= 16 && !nonces.has(nonce);
    nonces.add(nonce);
    const ours = signed.parameters.get('oauth_consumer_key') === client.id;
    return fresh && ours && signed.isSignedWith(client.secret, secretOf(signed)) ? 'right' : 'wrong';
  };

  const unauthorized: OAuth1Answer = {
    status: 401,
    body: { errors: [{ code: 32, message: 'Could not authenticate.' }] },
  };

  const behave = (path: string, { method, url, parameters, signature }: SignedReceived): OAuth1Answer => {
    if (signature !== 'right') return unauthorized;
    const token = parameters.get('oauth_token') ?? '';
    if (path.endsWith('/request_token')) {
      const name = randomBytes(12).toString('hex');
      const given = secret('token secret', 'rs_');
      requestTokens.set(name, { secret: given, callback: parameters.get('oauth_callback') ?? '', verifier: null });
      return { body: form({ oauth_token: name, oauth_token_secret: given, oauth_callback_confirmed: 'true' }) };
    }
    if (path.endsWith('/access_token')) {
      const pending = requestTokens.get(token);
      requestTokens.delete(token);
      if (!pending?.verifier || pending.verifier !== parameters.get('oauth_verifier')) {
        return { status: 401, body: 'Request token missing' };
      }
      const name = secret('access token', 'at_');
      tokenSecrets.set(name, secret('token secret', 'ts_'));
      const facts = { user_id: '12345', screen_name: 'example' };
      return { body: form({ oauth_token: name, oauth_token_secret: tokenSecrets.get(name)!, ...facts }) };
    }
    if (!tokenSecrets.has(token)) return unauthorized;
    if (path.endsWith('/invalidate_token')) {
      tokenSecrets.delete(token);
      return { body: { access_token: token } };
    }
    const known = method === 'GET' ? gets.get(url) : undefined;
    return known ? { body: known } : { status: 404, body: {} };
  };

  const server = createServer((request, response) => {
    response.sendDate = false;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = request.url ?? '';
      const [, index = '', rest = ''] = /^\/(\d)(\/.*)$/.exec(target) ?? [];
      const url = new URL((origins[Number(index)] ?? 'https://nowhere.example') + rest);
      const method = request.method ?? '';
      const { authorization = null, 'content-type': type = '' } = request.headers;
      const body = type.startsWith('application/x-www-form-urlencoded') ? Buffer.concat(chunks).toString() : '';
      const signed = readSigned({ method, url, authorization, form: body });
      const received: SignedReceived = {
        method,
        url: url.origin + url.pathname,
        target,
        parameters: signed?.parameters ?? url.searchParams,
        signature: judge(signed),
        userAgent: request.headers['user-agent'],
      };
      requests.push(received);
      const scripted = scripts.get(url.pathname)?.shift();
      const { status = 200, body: answer } = scripted ?? behave(url.pathname, received);
      // Forms are called HTML, as the best-known platform of this kind does.
      const isText = typeof answer === 'string';
      response.writeHead(status, { 'content-type': isText ? 'text/html;charset=utf-8' : 'application/json' });
      response.end(isText ? answer : JSON.stringify(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    client,
    requests,
    watch,
    gets,
    /** Evergrant's setting. */
    origins: Object.fromEntries(origins.map((origin, index) => [origin, `${base}/${index}`])),
    requestsTo: (path: string) => requests.filter(({ url }) => new URL(url).pathname === path),
    /** Answers the next requests to a path, whatever they are. */
    script: (path: string, ...answers: OAuth1Answer[]) => void scripts.set(path, answers),
    /** What a person does at the authorization page. @returns where the browser is sent */
    consent(authorizationUrl: string): string {
      const token = new URL(authorizationUrl).searchParams.get('oauth_token') ?? '';
      const pending = requestTokens.get(token);
      if (!pending) throw new Error(`There is no request token ${token}`);
      pending.verifier = randomBytes(8).toString('hex');
      return `${pending.callback}?${form({ oauth_token: token, oauth_verifier: pending.verifier })}`;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
