import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { discovered } from '../security/discovery.ts';
import { eventually, itKeepsSecrets, startHarness } from '../security/support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** An https server whose certificate nobody vouches for. */
const startSelfSigned = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'evergrant-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const requests: string[] = [];
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    requests.push(request.url ?? '');
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
};

describe('requests to platforms', () => {
  it('T01 a certificate that nobody vouches for gets no code, whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await using impostor = await startSelfSigned();
    await using harness = await startHarness({
      acme: () => ({ definition: { protocol: { tokenEndpoint: `${impostor.origin}/token` } } }),
    });
    const { flow } = await harness.connect();
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'provider_unavailable' } });
    expect(impostor.requests).toEqual([]);
  });

  it.each([
    'http://platform.example',
    'http://10.0.0.1',
    'http://169.254.169.254',
    'http://0.0.0.0',
    'ftp://127.0.0.1',
  ])('T01 a definition with plain http to another machine does not start: %s', async (origin) => {
    const change = { definition: { protocol: { tokenEndpoint: `${origin}/token` } } };
    await expect(startHarness({ memory: true, acme: () => change })).rejects.toThrow(/tokenEndpoint.*https/);
  });

  it.each([301, 302, 303, 307, 308])('T02 a redirect (%i) is followed nowhere', async (status) => {
    await using harness = await startHarness({ providers: ['other'] });
    const { stub } = harness;
    const thief = harness.stubs['other']!;
    const redirect = { status, headers: { location: `${thief.origin}/token` }, body: '' };
    const { connection } = await harness.connect();

    stub.answerOnce('/token', redirect);
    const failed = await harness.connect({ owner: 'owner-2' });
    expect(failed.flow).toMatchObject({ status: 'failed', error: { code: 'provider_bad_response' } });
    stub.answerOnce('/me', redirect);
    expect((await harness.connect({ owner: 'owner-3' })).flow.status).toBe('failed');
    stub.answerOnce('/token', redirect);
    const refreshed = await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect(refreshed).toMatchObject({ status: 502, data: { code: 'provider_bad_response' } });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
    stub.answer('/revoke', redirect);
    await harness.api('DELETE', `/v1/connections/${connection.id}`);
    expect(thief.requests).toEqual([]);
  });

  it('T02 metadata is not read from where a redirect leads', async () => {
    await using harness = await startHarness({ acme: discovered, providers: ['other'] });
    const thief = harness.stubs['other']!;
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      harness.stub.answer(path, { status: 302, headers: { location: `${thief.origin}/metadata` } });
    }
    const { data } = await harness.start();
    expect((await harness.browser().get(data.url)).location).toBeNull();
    expect(thief.requests).toEqual([]);
  });

  it('T04 one byte a second is given up after fifteen seconds, and the connection lives', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/token', { body: { access_token: 'x'.repeat(100) }, drip: 1000 });
    const renewing = harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    await eventually('the renewal', () => harness.stub.renewals().length === 1);
    harness.clock.advance(14_000);
    expect(await Promise.race([renewing, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))])).toBe('waits');
    harness.clock.advance(1_000);
    expect(await renewing).toMatchObject({ status: 504, data: { code: 'provider_timeout' } });
    expect(await harness.connection(connection.id)).toMatchObject({ data: { status: 'active' } });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
  });

  it('T04 an answer that never ends is cut off soon after 1 MiB, and the connection lives', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    harness.stub.answerOnce('/token', { headers: { 'content-type': 'application/json' }, fault: 'flood' });
    const answer = await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect(answer).toMatchObject({ status: 503, data: { code: 'provider_unavailable' } });
    expect(harness.stub.traffic.flooded).toBeLessThan(20_000_000);
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
  });

  it('T04 50 MB packed into 50 kB are not unpacked, and the connection lives', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const body = gzipSync(Buffer.alloc(50_000_000, 'x'));
    harness.stub.answerOnce('/token', { headers: { 'content-encoding': 'gzip' }, body });
    const answer = await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect(answer).toMatchObject({ status: 503, data: { code: 'provider_unavailable' } });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
  });

  it('T04 every kind of request has its deadline', async () => {
    await using harness = await startHarness();
    const { stub, clock } = harness;
    const hanging = async (path: string, work: () => Promise<unknown>) => {
      stub.answerOnce(path, { fault: 'hang' });
      const seen = stub.requestsTo(path).length;
      const done = work();
      await eventually(`a request to ${path}`, () => stub.requestsTo(path).length > seen);
      clock.advance(15_000);
      return done;
    };
    expect(await hanging('/token', () => harness.connect())).toMatchObject({
      flow: { error: { code: 'provider_timeout' } },
    });
    const { connection } = await harness.connect();
    const removed = await hanging('/revoke', () => harness.api('DELETE', `/v1/connections/${connection.id}`));
    expect(removed).toMatchObject({ status: 200, data: { warnings: [{ code: 'revocation_unconfirmed' }] } });
  });

  it.each(['client_secret_basic', 'client_secret_post'])('T05 no secret stands in a URL: %s', async (method) => {
    await using harness = await startHarness({
      acme: () => ({ definition: { protocol: { clientAuthentication: method } } }),
    });
    const { connection } = await harness.connect();
    await harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    await harness.api('DELETE', `/v1/connections/${connection.id}`);
    const requests = harness.stub.requests;
    expect(new Set(requests.map(({ path }) => path))).toEqual(new Set(['/token', '/me', '/revoke']));
    for (const { path, query, headers } of requests) {
      expect({ path, query: query.toString() }).toEqual({ path, query: '' });
      expect(headers).not.toHaveProperty('referer');
      expect(headers).not.toHaveProperty('cookie');
    }
  });

  it("L04 a platform that hangs does not slow down another one's accounts", async () => {
    await using harness = await startHarness({ providers: ['other'] });
    const stuck = await harness.connect();
    const well = await harness.connect({ provider: 'other' });
    harness.stub.answer('/token', { fault: 'hang' });
    const waiting = Array.from({ length: 40 }, () =>
      harness.api('POST', `/v1/connections/${stuck.connection.id}/refresh`),
    );
    await eventually('the renewal that hangs', () => harness.stub.renewals().length === 1);
    const began = performance.now();
    for (let count = 0; count < 10; count++) {
      expect(await harness.token(well.connection.id)).toMatchObject({ status: 200 });
      expect(await harness.api('POST', `/v1/connections/${well.connection.id}/refresh`)).toMatchObject({ status: 200 });
    }
    expect(performance.now() - began).toBeLessThan(10_000);
    harness.clock.advance(15_000);
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe(504);
    expect(harness.stub.renewals()).toHaveLength(1);
  });

  itKeepsSecrets();
});
