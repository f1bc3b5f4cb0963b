import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createApi, expectBody } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { openStream } from '../support/event-source.ts';
import { createInstallation, host, newEncryptionKey } from '../support/evergrant.ts';
import { startStub } from '../support/stub.ts';
import { until } from '../support/wait.ts';
import { describeBehindNginx, prepareNginx } from './nginx.ts';

/** An API that counts the bytes it hears, and answers in two pieces, the second when it is told to. */
const startPlatform = async () => {
  let heard = 0;
  const told = Promise.withResolvers<void>();
  const server = createServer((received, answer) => {
    received.on('data', (piece: Buffer) => {
      heard += piece.length;
    });
    received.once('end', () => answer.writeHead(200).write('first'));
    void told.promise.then(() => answer.end('last'));
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    baseUrl: `http://${host}:${(server.address() as AddressInfo).port}`,
    heard: () => heard,
    finish: () => told.resolve(),
  };
};

/** Evergrant behind nginx, both as the guide for self-hosting says. */
const serve = async (environment: Record<string, string> = {}) => {
  const stub = await startStub();
  onTestFinished(() => stub.close());
  const nginx = await prepareNginx();
  const { definition, ...app } = stub.provider();
  const platform = await startPlatform();
  const installation = await createInstallation({
    config: () => ({
      publicUrl: nginx.url,
      encryptionKeys: newEncryptionKey(),
      sandbox: false,
      providers: { sandbox: { ...app, definition: { ...definition, api: { baseUrl: platform.baseUrl } } } },
    }),
    environment: { TRUSTED_PROXIES: '127.0.0.1', ...environment },
  });
  onTestFinished(() => installation.dispose());
  const service = await installation.start({ PORT: String(installation.port) });
  await nginx.start(installation.port);
  const apiKey = installation.apiKey;
  return { stub, platform, nginx, service, installation, apiKey, api: createApi(nginx.url, apiKey) };
};

type World = Awaited<ReturnType<typeof serve>>;

const redirectPath = '/integrations/social/sandbox';

/** From the link to the platform and back. */
const connect = async ({ api, stub, nginx }: World) => {
  const started = expectBody(await api.connect({ provider: 'sandbox', owner: 'owner-1', skip_confirmation: true }));
  expect(started.url).toMatch(new RegExp(`^${nginx.url}/`));
  const browser = createBrowser();
  const there = await browser.open(started.url, { stopAt: (url) => url.includes('/oauth/authorize') });
  const callback = await stub.sandbox.consent(there.url, { name: 'ada' });
  return { started, browser, there, callback };
};

/** One request from an address of this computer. */
const from = async (localAddress: string, url: string, headers: Record<string, string>): Promise<number> => {
  const sent = request(url, { localAddress, headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode!;
};

describeBehindNginx('Evergrant behind nginx with TLS', () => {
  test('connects an account with secure cookies, and no log of the proxy holds a code or a state', async () => {
    const world = await serve();
    const { api, nginx } = world;
    const { started, browser, there, callback } = await connect(world);
    expect(new URL(there.url).searchParams.get('redirect_uri')).toBe(`${nginx.url}${redirectPath}`);
    expect(there.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
    const [cookie] = there.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-evergrant_[^;]+;(?=.* Path=\/(?:;|$))(?=.* Secure)(?=.* HttpOnly)(?=.* SameSite=Lax)/,
    );
    expect(callback.startsWith(`${nginx.url}${redirectPath}?`)).toBe(true);
    const page = await browser.open(callback);
    expect(page.status).toBe(200);
    const { status, connections } = expectBody(await api.flow(started.id));
    expect({ status, names: connections.map(({ account }) => account.name) }).toEqual({
      status: 'connected',
      names: ['ada'],
    });
    expectBody(await api.token(connections[0]!.id));
    expect(nginx.logs()).toContain(`/v1/connect/${started.id}`);
    expectNoneIn(nginx.logs(), callback);
  });

  test('keeps a code out of the logs while the service is away, and it works once the service is back', async () => {
    const world = await serve();
    const { api, nginx, service, installation } = world;
    const { started, browser, callback } = await connect(world);
    expect(await service.stop()).toBe(0);
    expect((await browser.open(callback)).status).toBe(502);
    expectNoneIn(nginx.logs(), callback);
    await installation.start({ PORT: String(installation.port) });
    expect((await browser.open(callback)).status).toBe(200);
    expect(expectBody(await api.flow(started.id)).status).toBe('connected');
  });

  test('passes on what is sent to the platform and what it answers as it comes, whatever its size', async () => {
    const world = await serve();
    const { api, nginx, apiKey, platform } = world;
    const { started, browser, callback } = await connect(world);
    await browser.open(callback);
    const { connections } = expectBody(await api.flow(started.id));
    const sending = request(`${nginx.url}/v1/connections/${connections[0]!.id}/api/films`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'video/mp4' },
    });
    const half = Buffer.alloc(2 * 1024 * 1024, 'film');
    sending.write(half);
    await until('the beginning arrives before the end is sent', () => platform.heard() > half.length / 2);
    sending.end(half);
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    const [piece] = (await once(answer, 'data')) as [Buffer];
    expect(String(piece)).toBe('first');
    platform.finish();
    await once(answer, 'end');
    expect(platform.heard()).toBe(2 * half.length);
  });

  test('lets events through as they happen, keeps a quiet stream open, and lets one go on where it was cut', async () => {
    const world = await serve();
    const { api, nginx, apiKey, service, installation } = world;
    const stream = (headers: Record<string, string> = {}) =>
      openStream(`${nginx.url}/v1/events/stream`, { authorization: `Bearer ${apiKey}`, ...headers });
    const first = await stream();
    const { started, browser, callback } = await connect(world);
    await browser.open(callback);
    await until('the event comes while the stream is open', () => first.types().includes('connection.created'));
    const [connection] = expectBody(await api.flow(started.id)).connections;
    await until('a comment comes while nothing happens', () => first.comments() > 0, { within: 20_000 });
    expect(await service.stop()).toBe(0);
    await until('the stream ends with the service', () => first.hasEnded());
    await installation.start({ PORT: String(installation.port) });
    expectBody(await api.refresh(connection!.id));
    const second = await stream({ 'last-event-id': first.ids().at(-1)! });
    await until('what was missed comes', () => second.messages.length > 0);
    expect(second.types()).toEqual(['connection.refreshed']);
  });

  test('limits people by their own address, whatever they write into X-Forwarded-For', async () => {
    const { nginx } = await serve({ RATE_LIMITS: 'sign_in=1' });
    const url = `${nginx.url.replace('localhost', '127.0.0.1')}/v1/connections`;
    const guess = (address: string, forged: string) =>
      from(address, url, { authorization: 'Bearer eg_wrong', 'x-forwarded-for': forged });
    const guesses: number[] = [];
    for (let count = 1; count <= 12; count++) guesses.push(await guess('127.0.0.2', `198.51.100.${count}`));
    expect(guesses[0]).toBe(401);
    expect(guesses.at(-1)).toBe(429);
    expect(await guess('127.0.0.3', '127.0.0.2')).toBe(401);
  });
});

const expectNoneIn = (logs: string, callback: string): void => {
  const query = new URL(callback).searchParams;
  for (const name of ['code', 'state']) {
    const secret = query.get(name);
    expect(secret).toMatch(/.{10}/);
    expect(logs).not.toContain(secret);
  }
};
