import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Canaries, makeSecret } from './canaries.ts';

/** A request as it came. */
export interface Received {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
  /** The body, read as a form. */
  form: URLSearchParams;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** Text and bytes as they are, anything else as JSON. */
  body?: unknown;
  /** The answer waits for it. */
  after?: Promise<unknown>;
  /** `hang`: nothing comes. `reset`: the connection breaks. `cut`: the body breaks off. `flood`: it never ends. */
  fault?: 'hang' | 'reset' | 'cut' | 'flood';
  /** Milliseconds between two bytes of the body. */
  drip?: number;
}

export type Script = Answer | ((received: Received) => Answer | Promise<Answer>);

export interface Account {
  id: string;
  name?: string;
  username?: string;
  picture?: string;
  url?: string;
}

interface Grant {
  account: string;
  scope: string;
}

interface Code extends Grant {
  redirectUri: string;
  challenge: string | null;
  nonce: string | null;
}

/** How it behaves where no script says otherwise. */
export interface Behaviour {
  /** Left out of the answer when undefined. */
  expiresIn: number | undefined;
  rotates: boolean;
  /** Further members of every token answer. */
  extra: (grant: Grant & { nonce: string | null; phase: 'exchange' | 'refresh' }) => Record<string, unknown>;
}

export type AuthorizationServer = Awaited<ReturnType<typeof createAuthorizationServer>>;

/**
 * An authorization server of which every answer can be scripted. Without a script it is strict: it compares client,
 * code, redirect URI, verifier and refresh token as RFC 6749 and RFC 7636 say. It records every request, and makes a
 * canary of every secret that it gives or gets.
 */
export const createAuthorizationServer = async (canaries: Canaries, client: { id: string; secret: string }) => {
  const requests: Received[] = [];
  const lasting = new Map<string, Script>();
  const single = new Map<string, Script[]>();
  const accounts = new Map<string, Account>([
    ['alice', { id: 'alice', name: 'Alice Adams', username: 'alice' }],
    ['bob', { id: 'bob', name: 'Bob Brown', username: 'bob' }],
  ]);
  const codes = new Map<string, Code>();
  const accessTokens = new Map<string, Grant>();
  const refreshTokens = new Map<string, Grant>();
  const traffic = { flooded: 0 };
  const behaviour: Behaviour = { expiresIn: 3600, rotates: true, extra: () => ({}) };

  const issue = (grant: Grant, phase: 'exchange' | 'refresh', nonce: string | null = null): Record<string, unknown> => {
    const accessToken = canaries.add('access token', makeSecret('at_'));
    accessTokens.set(accessToken, grant);
    const renewed = phase === 'exchange' || behaviour.rotates;
    const refreshToken = renewed ? canaries.add('refresh token', makeSecret('rt_')) : undefined;
    if (refreshToken) refreshTokens.set(refreshToken, grant);
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: behaviour.expiresIn,
      refresh_token: refreshToken,
      scope: grant.scope,
      ...behaviour.extra({ ...grant, nonce, phase }),
    };
  };

  const refusal = (error: string, status = 400): Answer => ({ status, body: { error } });

  const exchangeCode = (form: URLSearchParams): Answer => {
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const verifier = form.get('code_verifier');
    if (verifier) canaries.add('verifier', verifier);
    const challenge = verifier === null ? null : createHash('sha256').update(verifier).digest('base64url');
    if (!code || code.redirectUri !== form.get('redirect_uri') || code.challenge !== challenge) {
      return refusal('invalid_grant');
    }
    return { body: issue(code, 'exchange', code.nonce) };
  };

  const renew = (form: URLSearchParams): Answer => {
    const token = form.get('refresh_token') ?? '';
    const grant = refreshTokens.get(token);
    if (!grant) return refusal('invalid_grant');
    if (behaviour.rotates) refreshTokens.delete(token);
    return { body: issue(grant, 'refresh') };
  };

  const isClient = ({ headers, form }: Received): boolean => {
    const [, basic] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
    if (!basic) return form.get('client_id') === client.id && form.get('client_secret') === client.secret;
    const given = new URLSearchParams(Buffer.from(basic, 'base64').toString().replace(':', '='));
    return given.get(client.id) === client.secret;
  };

  const me = ({ headers }: Received): Answer => {
    const grant = accessTokens.get(headers.authorization?.replace(/^Bearer /, '') ?? '');
    return grant ? { body: accounts.get(grant.account) } : { status: 401 };
  };

  const behave = (received: Received): Answer => {
    switch (received.path) {
      case '/token':
        if (!isClient(received)) return refusal('invalid_client', 401);
        return received.form.get('grant_type') === 'refresh_token' ? renew(received.form) : exchangeCode(received.form);
      case '/me':
        return me(received);
      case '/revoke':
        refreshTokens.delete(received.form.get('token') ?? '');
        accessTokens.delete(received.form.get('token') ?? '');
        return { body: '' };
      default:
        return { status: 404 };
    }
  };

  const server = createServer((request, response) => {
    // Its clock is not the one that tests move.
    response.sendDate = false;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stub.invalid');
      const body = Buffer.concat(chunks).toString();
      const { method = '', headers } = request;
      const received = { method, path: pathname, query: searchParams, headers, body, form: new URLSearchParams(body) };
      requests.push(received);
      const script = single.get(pathname)?.shift() ?? lasting.get(pathname);
      const answer = typeof script === 'function' ? script(received) : (script ?? behave(received));
      void Promise.resolve(answer).then((given) => reply(response, given, traffic));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    requests,
    accounts,
    behaviour,
    client,
    /** Bytes that it could write of answers that never end. */
    traffic,
    /** What it would answer without a script. */
    behave,
    requestsTo: (path: string) => requests.filter((received) => received.path === path),
    /** Renewals that reached the token endpoint. */
    renewals: () =>
      requests.filter(({ path, form }) => path === '/token' && form.get('grant_type') === 'refresh_token'),
    /** Answers so from now on; null: as it behaves by itself. */
    answer(path: string, script: Script | null): void {
      if (script === null) lasting.delete(path);
      else lasting.set(path, script);
    },
    /** Answers so once, before what is said for good. */
    answerOnce(path: string, script: Script): void {
      single.set(path, [...(single.get(path) ?? []), script]);
    },
    /** Ends what was granted: no refresh token is accepted any more. */
    withdraw: () => refreshTokens.clear(),
    /** A person says yes to an authorization request; the address to which the platform sends the browser. */
    consent(
      authorizationUrl: string,
      { account = 'alice', scope, ...more }: { account?: string; scope?: string } & Record<string, string> = {},
    ): string {
      const asked = new URL(authorizationUrl).searchParams;
      const redirectUri = asked.get('redirect_uri') ?? '';
      const code = canaries.add('code', makeSecret('code_'));
      const state = canaries.add('state', asked.get('state') ?? '');
      const nonce = asked.get('nonce');
      if (nonce) canaries.add('nonce', nonce);
      const granted = scope ?? asked.get('scope') ?? '';
      codes.set(code, { account, scope: granted, redirectUri, challenge: asked.get('code_challenge'), nonce });
      return `${redirectUri}?${new URLSearchParams({ code, state, ...more }).toString()}`;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const reply = async (response: ServerResponse, answer: Answer, traffic: { flooded: number }): Promise<void> => {
  const { status = 200, headers = {}, body = '', after, fault, drip } = answer;
  await after;
  if (fault === 'hang' || response.destroyed) return;
  if (fault === 'reset') {
    response.destroy();
    return;
  }
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = Buffer.from(isRaw ? body : JSON.stringify(body));
  response.writeHead(status, { ...(isRaw ? {} : { 'content-type': 'application/json' }), ...headers });
  if (fault === 'cut') {
    response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
  } else if (fault === 'flood') {
    await flood(response, traffic);
  } else if (drip === undefined) {
    response.end(bytes);
  } else {
    await dripping(response, bytes, drip);
  }
};

const flood = async (response: ServerResponse, traffic: { flooded: number }): Promise<void> => {
  const chunk = Buffer.alloc(65_536, 'x');
  response.on('error', () => {});
  while (!response.destroyed) {
    const accepted = await new Promise<boolean>((resolve) => response.write(chunk, (error) => resolve(!error)));
    if (!accepted) return;
    traffic.flooded += chunk.length;
  }
};

const dripping = async (response: ServerResponse, bytes: Buffer, pause: number): Promise<void> => {
  for (const byte of bytes) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  response.end();
};
