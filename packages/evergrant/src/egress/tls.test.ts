import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createRawServer, type Server as RawServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEgress, type Egress, type EgressOptions, type Lookup } from './index.ts';

let folder: string;
let pair: { key: string; cert: string };
let server: Server;
let port: number;
let requests: string[];
let egresses: Egress[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'evergrant-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=provider.test', '-addext', 'subjectAltName=DNS:provider.test,IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
});

afterAll(() => rmSync(folder, { recursive: true }));

const listen = async (listener: RawServer): Promise<number> => {
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return (listener.address() as AddressInfo).port;
};

beforeEach(async () => {
  requests = [];
  egresses = [];
  server = createServer(pair, (request, response) => {
    requests.push(`${request.headers.host}${request.url}`);
    response.end('secure');
  });
  port = await listen(server);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(egresses.map((egress) => egress.close()));
  server.closeAllConnections();
  server.close();
});

/** Answers every name with the next of these addresses; the last one stays. */
const names = (...answers: string[][]) => {
  let asked = 0;
  return vi.fn<Lookup>((_, __, callback) => {
    const addresses = answers[Math.min(asked++, answers.length - 1)]!;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  });
};

const open = (options: EgressOptions = {}) => {
  const egress = createEgress({ certificateAuthority: pair.cert, lookup: names(['127.0.0.1']), ...options });
  egresses.push(egress);
  const get = (host: string, trusted = true, more = {}) => {
    const url = `https://${host}:${port}/`;
    return egress.send({ method: 'GET', url, trustedOrigins: new Set(trusted ? [new URL(url).origin] : []), ...more });
  };
  return { egress, get };
};

describe('certificates', () => {
  it('reaches a trusted origin whose certificate is good', async () => {
    const { get } = open();
    await expect(get('provider.test')).resolves.toMatchObject({ status: 200, body: 'secure' });
    await expect(get('127.0.0.1')).resolves.toMatchObject({ status: 200 });
  });

  it('refuses a self-signed certificate, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { get } = open({ certificateAuthority: undefined });
    const beforeSend = vi.fn();
    await expect(get('provider.test', true, { beforeSend })).rejects.toMatchObject({
      fault: 'not_sent',
      message: 'provider.test: the connection failed (DEPTH_ZERO_SELF_SIGNED_CERT)',
    });
    expect(beforeSend).not.toHaveBeenCalled();
    expect(requests).toEqual([]);
  });

  it('refuses a certificate for another host, also when a header names the right one', async () => {
    const { get } = open();
    const wrong = { fault: 'not_sent', message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') };
    await expect(get('other.test')).rejects.toMatchObject(wrong);
    await expect(get('other.test', true, { headers: { Host: 'provider.test' } })).rejects.toMatchObject(wrong);
    expect(requests).toEqual([]);
  });

  it('knows that nothing was sent to a server that does not speak TLS', async () => {
    const { egress } = open();
    const plain = createPlainServer((_, response) => response.end());
    const url = `https://127.0.0.1:${await listen(plain)}`;
    await expect(egress.send({ method: 'GET', url, trustedOrigins: new Set([url]) })).rejects.toMatchObject({
      fault: 'not_sent',
    });
    plain.close();
  });

  it('gives up a handshake that never ends, and then never sends', async () => {
    const silent = createRawServer((socket) => socket.on('error', () => {}).resume());
    const silentPort = await listen(silent);
    const url = `https://127.0.0.1:${silentPort}`;
    const timedOut = { fault: 'not_sent', timedOut: true };
    for (const timeouts of [{ connectTimeoutMs: 50 }, { connectTimeoutMs: 300, timeoutMs: 50 }]) {
      const { egress } = open(timeouts);
      const request = { method: 'GET', url, trustedOrigins: new Set([url]), ...timeouts };
      await expect(egress.send(request)).rejects.toMatchObject(timedOut);
      await egress.close();
    }
    silent.close();
  });

  it('does not send late when the connection stands only after the deadline', async () => {
    const looked = Promise.withResolvers<() => void>();
    const { get } = open({
      lookup: (_, __, callback) => looked.resolve(() => callback(null, [{ address: '127.0.0.1', family: 4 }])),
    });
    const beforeSend = vi.fn();
    const late = get('provider.test', true, { timeoutMs: 30, beforeSend });
    await expect(late).rejects.toMatchObject({ fault: 'not_sent', timedOut: true });
    const connected = once(server, 'connection') as Promise<[Socket]>;
    (await looked.promise)();
    const [socket] = await connected;
    await once(socket, 'close');
    await expect(get('127.0.0.1')).resolves.toMatchObject({ status: 200 });
    expect(beforeSend).not.toHaveBeenCalled();
    expect(requests).toEqual([`127.0.0.1:${port}/`]);
  });
});

describe('names', () => {
  it('knows that nothing was sent when a name does not resolve', async () => {
    const { get } = open({
      lookup: (_, __, callback) => callback(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }), []),
    });
    await expect(get('provider.test')).rejects.toMatchObject({
      fault: 'not_sent',
      message: 'provider.test: the name does not resolve',
    });
  });

  it('refuses a public name that leads to a private address', async () => {
    const connections = vi.fn();
    server.on('connection', connections);
    for (const addresses of [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::ffff:127.0.0.1'], ['169.254.169.254']]) {
      const { get } = open({ lookup: names(addresses) });
      await expect(get('provider.test', false), addresses.join()).rejects.toMatchObject({ code: 'target_not_allowed' });
    }
    expect(connections).not.toHaveBeenCalled();
  });

  it('connects to the address that was checked: a name is asked once', async () => {
    const lookup = names(['127.0.0.1'], ['169.254.169.254']);
    const { get } = open({ lookup });
    await expect(get('provider.test')).resolves.toMatchObject({ status: 200 });
    expect(lookup).toHaveBeenCalledTimes(1);
  });

  it('judges a rebinding name again at every new connection', async () => {
    const { get } = open({ lookup: names(['127.0.0.1'], ['169.254.169.254']) });
    const once = { headers: { Connection: 'close' } };
    await expect(get('provider.test', true, once)).resolves.toMatchObject({ status: 200 });
    await expect(get('provider.test')).rejects.toMatchObject({ code: 'target_not_allowed' });
    expect(requests).toHaveLength(1);
  });

  it('does not lend a connection of a trusted origin to a guarded request', async () => {
    const { get } = open();
    await expect(get('provider.test')).resolves.toMatchObject({ status: 200 });
    await expect(get('provider.test', false)).rejects.toMatchObject({ code: 'target_not_allowed' });
    expect(requests).toHaveLength(1);
  });

  it('keeps plain http on loopback, also by name', async () => {
    const { egress } = open({ lookup: names(['10.0.0.1']) });
    const url = 'http://internal.test:8080';
    await expect(egress.send({ method: 'GET', url, trustedOrigins: new Set([url]) })).rejects.toMatchObject({
      code: 'target_not_allowed',
    });
  });
});
