import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEgress, type Egress, type EgressRequest, TransportError } from './index.ts';

let egress: Egress;
let servers: Server[];
let sockets: Socket[];

beforeEach(() => {
  egress = createEgress({ connectTimeoutMs: 500 });
  servers = [];
  sockets = [];
});

afterEach(async () => {
  await egress.close();
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
});

const listen = async (server: Server): Promise<string> => {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const serve = (listener: RequestListener) => listen(createServer(listener));

/** A server of bytes: `script` runs for each whole request (none of ours is larger than one packet). */
const script = (answer: (socket: Socket, count: number) => void) => {
  let count = 0;
  return listen(createRawServer((socket) => socket.on('data', () => answer(socket, ++count))));
};

const send = (url: string, more: Partial<EgressRequest> = {}) =>
  egress.send({ method: 'GET', url, trustedOrigins: new Set([new URL(url).origin]), ...more });

const failure = async (answer: Promise<unknown>): Promise<TransportError> => {
  const error = await answer.then(
    () => expect.unreachable('an answer came'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
};

describe('requests and answers', () => {
  it('sends what it is given and reads status, headers and body', async () => {
    let seen: unknown;
    const url = await serve((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        seen = { method: request.method, url: request.url, headers: request.headers, body };
        response.writeHead(201, { 'X-One': 'a', 'Set-Cookie': ['a=1', 'b=2'] }).end('grüezi');
      });
    });
    const answer = await send(`${url}/token?a=%20b`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain', Host: 'elsewhere.test' },
      body: 'schön',
    });
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/token?a=%20b',
      body: 'schön',
      headers: {
        host: new URL(url).host,
        'content-type': 'text/plain',
        'content-length': '6',
        'accept-encoding': 'identity',
        'user-agent': expect.stringMatching(/^Evergrant\/\d+\.\d+$/),
      },
    });
    expect(answer).toMatchObject({ status: 201, headers: { 'x-one': 'a', 'set-cookie': 'a=1, b=2' }, body: 'grüezi' });
  });

  it('lets the caller name itself', async () => {
    const url = await serve((request, response) => response.end(request.headers['user-agent']));
    await expect(send(url, { headers: { 'User-Agent': 'me' } })).resolves.toMatchObject({ body: 'me' });
  });

  it.each([301, 302, 303, 307, 308])('hands out a %d and does not follow it', async (status) => {
    const seen: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      seen.push(request.url);
      response.writeHead(status, { Location: '/elsewhere' }).end();
    });
    const answer = await send(`${url}/token`, { method: 'POST', body: 'secret' });
    expect(answer).toMatchObject({ status, headers: { location: '/elsewhere' } });
    expect(seen).toEqual(['/token']);
  });

  it('skips interim answers', async () => {
    const url = await script((socket) =>
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    );
    await expect(send(url)).resolves.toEqual({ status: 200, headers: { 'content-length': '2' }, body: 'ok' });
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('undoes %s that it did not ask for', async (coding, compress) => {
    const url = await serve((_, response) =>
      response.writeHead(200, { 'Content-Encoding': coding }).end(compress('{}')),
    );
    const answer = await send(url);
    expect(answer.body).toBe('{}');
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });

  it.each([
    ['too large when decoded', gzipSync('a'.repeat(5000))],
    ['broken', Buffer.from('no gzip')],
  ])('gives up an encoded answer that is %s', async (_, body) => {
    const url = await serve((_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(body));
    expect(await failure(send(url, { maxBytes: 1000 }))).toMatchObject({ fault: 'unknown', timedOut: false });
  });

  it('takes an answer of exactly the largest size and none beyond', async () => {
    const url = await serve((_, response) => response.end('a'.repeat(1000)));
    expect((await send(url, { maxBytes: 1000 })).body).toHaveLength(1000);
    expect(await failure(send(url, { maxBytes: 999 }))).toMatchObject({ fault: 'unknown' });
  });
});

describe('servers that misbehave', () => {
  it('stops reading a body of 50 MB', async () => {
    const cut = Promise.withResolvers<number>();
    const url = await serve((_, response) => {
      response.once('close', () => cut.resolve(response.socket?.bytesWritten ?? sockets[0]!.bytesWritten));
      const chunk = Buffer.alloc(65_536, 'a');
      const pump = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', pump);
      pump();
    });
    expect(await failure(send(url))).toMatchObject({ fault: 'unknown', timedOut: false });
    expect(await cut.promise).toBeLessThan(20_000_000);
  });

  it('gives up a body that drips when the deadline has passed', async () => {
    const url = await script((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
      const drip = setInterval(() => socket.write('a'), 20);
      socket.once('close', () => clearInterval(drip));
    });
    expect(await failure(send(url, { timeoutMs: 150 }))).toMatchObject({ fault: 'unknown', timedOut: true });
  });

  it('gives up a server that never answers', async () => {
    const url = await script(() => {});
    expect(await failure(send(url, { timeoutMs: 50 }))).toMatchObject({ fault: 'unknown', timedOut: true });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['resets', (socket) => socket.resetAndDestroy()],
    ['closes before it answers', (socket) => socket.end()],
    ['closes within the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['closes within the body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a"')],
    ['closes within a chunk', (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\n{"a"')],
    ['speaks something else', (socket) => socket.end('SSH-2.0-OpenSSH\r\n')],
  ])('does not know the outcome when the server %s', async (_, misbehave) => {
    let requests = 0;
    const url = await script((socket) => {
      requests += 1;
      misbehave(socket);
    });
    const error = await failure(send(`${url}/x?code=canary`, { method: 'POST', body: 'secret' }));
    expect(error).toMatchObject({ fault: 'unknown', timedOut: false });
    expect(error.message).toMatch(/^127\.0\.0\.1: /);
    expect(error.message).not.toContain('canary');
    expect(error.cause).toBeUndefined();
    expect(requests).toBe(1);
  });

  it.each(['POST', 'GET'])('never repeats a %s when a kept connection dies under it', async (method) => {
    let requests = 0;
    const url = await script((socket, count) => {
      requests += 1;
      if (count === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      else socket.destroy();
    });
    await expect(send(url)).resolves.toMatchObject({ status: 200 });
    await new Promise(setImmediate);
    expect(await failure(send(url, { method }))).toMatchObject({ fault: 'unknown' });
    expect(sockets).toHaveLength(1);
    expect(requests).toBe(2);
  });
});

describe('what was never sent', () => {
  it('knows a refused connection', async () => {
    const url = await serve(() => {});
    await new Promise((done) => servers.pop()!.close(done));
    const error = await failure(send(url));
    expect(error).toMatchObject({ fault: 'not_sent', timedOut: false });
    expect(error.message).toBe('127.0.0.1: the connection was refused');
  });

  it('does not send when beforeSend throws, and passes the error on', async () => {
    let connected = false;
    const seen = vi.fn();
    const url = await serve(seen);
    servers[0]!.once('connection', () => {
      connected = true;
    });
    const held = new Error('the lease is gone');
    const beforeSend = vi.fn(() => {
      throw held;
    });
    await expect(send(url, { method: 'POST', body: 'secret', beforeSend })).rejects.toBe(held);
    expect(beforeSend).toHaveBeenCalledTimes(1);
    // The next request is answered, so the server has by then read everything that came before.
    servers[0]!.off('request', seen).on('request', (_, response) => response.end());
    await expect(send(url)).resolves.toMatchObject({ status: 200 });
    expect(connected).toBe(true);
    expect(seen).not.toHaveBeenCalled();
  });

  it('calls beforeSend once, when the connection stands', async () => {
    const order: string[] = [];
    const url = await serve((_, response) => {
      order.push('request');
      response.end();
    });
    servers[0]!.once('connection', () => order.push('connection'));
    await send(url, { beforeSend: () => order.push('beforeSend') });
    expect(order.filter((step) => step !== 'connection')).toEqual(['beforeSend', 'request']);
  });

  it.each<[string, Partial<EgressRequest>]>([
    ['header', { headers: { 'x-bad': 'a\r\nhost: evil.test' } }],
    ['method', { method: 'GET / HTTP/1.1\r\n' }],
    ['hop-by-hop header', { headers: { 'transfer-encoding': 'chunked' } }],
  ])('refuses a malformed %s', async (_, more) => {
    const seen = vi.fn();
    const url = await serve(seen);
    expect(await failure(send(url, more))).toMatchObject({ fault: 'not_sent' });
    expect(seen).not.toHaveBeenCalled();
  });

  it('asks the guard first', async () => {
    const seen = vi.fn();
    const url = await serve(seen);
    await expect(send(url, { trustedOrigins: undefined })).rejects.toMatchObject({ code: 'target_not_allowed' });
    expect(seen).not.toHaveBeenCalled();
  });

  it('sends nothing once closed, but finishes what is under way', async () => {
    const asked = Promise.withResolvers<() => void>();
    const url = await serve((_, response) => asked.resolve(() => response.end('late')));
    const underWay = send(url);
    const answer = await asked.promise;
    const closed = egress.close();
    expect(await failure(send(url))).toMatchObject({ fault: 'not_sent' });
    answer();
    await expect(underWay).resolves.toMatchObject({ body: 'late' });
    await closed;
  });
});
