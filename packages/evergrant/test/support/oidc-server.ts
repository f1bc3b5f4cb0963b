import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { type KoaContext, Provider } from 'oidc-provider';
import { client, type OidcFacts } from './oidc-facts.ts';

/*
 * An authorization server of foreign make, in a process of its own: oidc-provider with PKCE required, rotating refresh
 * tokens whose reuse revokes the grant, partial consent, revocation, introspection and discovery. A second port takes
 * the test's orders. Started with the client's redirect URI as its only argument; prints both addresses as JSON.
 */

const host = '127.0.0.1';
const [redirectUri = ''] = process.argv.slice(2);

const behaviour = { accessTokenSeconds: 600, tokenDelayMs: 0 };
const facts: OidcFacts = { requests: {}, refused: 0, secrets: { code: [], verifier: [], access: [], refresh: [] } };

const server = createServer((request, response) => void handle(request, response));
const port = await listen(0);
const issuer = `http://${host}:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: client.id,
      client_secret: client.secret,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    introspection: { enabled: true },
  },
  ttl: { AccessToken: () => behaviour.accessTokenSeconds, Interaction: 600, Session: 600, Grant: 3600 },
  interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  findAccount: (_: unknown, id: string) => ({
    accountId: id,
    claims: () => ({ sub: id, name: `${id} Example`, preferred_username: id, email: `${id}@example.com` }),
  }),
});

provider.use(async (context, next) => {
  const isTokenRequest = context.path === '/token' && context.method === 'POST';
  await next();
  if (!isTokenRequest) return;
  note(context);
  if (behaviour.tokenDelayMs > 0) await pause(behaviour.tokenDelayMs);
});

const note = ({ oidc, body, status }: KoaContext): void => {
  const { grant_type: type = 'none', code, code_verifier: verifier } = oidc?.body ?? {};
  facts.requests[type] = (facts.requests[type] ?? 0) + 1;
  if (status !== 200) facts.refused += 1;
  const { access_token: access, refresh_token: refresh } = body as Record<string, string>;
  for (const [kind, value] of Object.entries({ code, verifier, access, refresh })) {
    if (value) facts.secrets[kind as keyof OidcFacts['secrets']].push(value);
  }
};

const answer = provider.callback();

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!request.url?.startsWith('/interaction/')) return answer(request, response);
  try {
    await (request.method === 'POST' ? finish : ask)(request, response);
  } catch (error) {
    response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
  }
}

/** The page on which a person signs in and consents, in one. */
async function ask(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { uid, params } = await provider.interactionDetails(request, response);
  const boxes = (params['scope'] ?? '').split(' ').map((scope) => `<input name="scope" value="${scope}">`);
  response
    .writeHead(200, { 'content-type': 'text/html' })
    .end(`<form method="post" action="/interaction/${uid}"><input name="login">${boxes.join('')}</form>`);
}

/** Grants the scopes that were ticked and rejects the others, or cancels when nobody signs in. */
async function finish(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  const form = new URLSearchParams(await text(request));
  const accountId = form.get('login');
  if (!accountId) {
    const cancelled = { error: 'access_denied', error_description: 'The person cancelled.' };
    return provider.interactionFinished(request, response, cancelled, { mergeWithLastSubmission: false });
  }
  const asked = (params['scope'] ?? '').split(' ');
  const ticked = form.getAll('scope');
  const grant = new provider.Grant({ accountId, clientId: client.id });
  grant.addOIDCScope(ticked.join(' '));
  grant.rejectOIDCScope(asked.filter((scope) => !ticked.includes(scope)).join(' '));
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function listen(at: number): Promise<number> {
  await new Promise<void>((resolve) => server.listen(at, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** What the test may order, by path. */
const orders: Record<string, (order: URLSearchParams) => Promise<unknown>> = {
  async facts() {
    return facts;
  },
  async behave(order) {
    for (const [name, value] of order) behaviour[name as keyof typeof behaviour] = Number(value);
  },
  /** The access token ends at once, whatever life it was given. */
  async expire(order) {
    await (await provider.AccessToken.find(order.get('token') ?? ''))?.destroy();
  },
  /** Nobody listens any more. */
  async down() {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  },
  async up() {
    await listen(port);
  },
};

const control = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', issuer);
  const order = orders[pathname.slice(1)];
  if (!order) return void response.writeHead(404).end();
  order(searchParams).then(
    (result) => response.end(JSON.stringify(result ?? null)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
control.listen(0, host, () => {
  const { port: controlPort } = control.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ issuer, control: `http://${host}:${controlPort}` })}\n`);
});
