import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApi, expectBody } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { freePort, host, newApiKey, program } from '../support/evergrant.ts';
import { useFolder } from '../support/folder.ts';
import { type RunningProcess, runProcess, startProcess } from '../support/process.ts';

/* `evergrant sandbox` as a process of its own, used as a stranger would: over HTTP. */

interface Entry {
  id: string;
  client_id: string;
  client_secret: string;
  endpoints: Record<string, string>;
  control: string;
}

const useProcess = (running: RunningProcess): RunningProcess => {
  onTestFinished(async () => {
    running.signal('SIGKILL');
    await running.ended;
  });
  return running;
};

const startSandbox = async (args: string[] = [], folder = useFolder()) => {
  const running = useProcess(
    startProcess(process.execPath, [program, 'sandbox', '--port', '0', '--json', ...args], { cwd: folder }),
  );
  await running.says('"url"');
  const { url, platforms } = JSON.parse(running.stdout()) as { url: string; platforms: Entry[] };
  const platform = (id: string) => platforms.find((entry) => entry.id === id)!;
  const order = async (id: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    return fetch(platform(id).control, { method: 'POST', headers, body: JSON.stringify(body) });
  };
  return { running, url, platforms, platform, order, folder };
};

const redirectUri = 'http://localhost:5999/callback';

/** What a person sends who allows these scopes. */
const formOf = (scopes: string[]): URLSearchParams => {
  const form = new URLSearchParams({ decision: 'allow' });
  for (const scope of scopes) form.append('scope', scope);
  return form;
};

/** What any client of OAuth 2.0 does, and the person in front of it. */
const connect = async ({ client_id, client_secret, endpoints }: Entry, scopes: string[]) => {
  const address = new URL(endpoints['authorizationEndpoint']!);
  const asked = { response_type: 'code', client_id, redirect_uri: redirectUri, state: 's', scope: scopes.join(' ') };
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  const decision = formOf(scopes);
  const answer = await fetch(address, { method: 'POST', body: decision, redirect: 'manual' });
  const code = new URL(answer.headers.get('location')!).searchParams.get('code')!;
  const credentials = { client_id, client_secret };
  const token = (parameters: Record<string, string>) =>
    fetch(endpoints['tokenEndpoint']!, {
      method: 'POST',
      body: new URLSearchParams({ ...parameters, ...credentials }),
    });
  const exchanged = await token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri });
  const tokens = (await exchanged.json()) as { access_token: string; refresh_token: string; expires_in: number };
  const me = () => fetch(endpoints['profile']!, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  return { tokens, me, renew: () => token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token }) };
};

const scopes = ['openid', 'profile', 'w_member_social'];

describe('evergrant sandbox', () => {
  test('plays every platform for any client, and makes it misbehave on demand', async () => {
    const { platforms, platform, order, running } = await startSandbox();
    expect(platforms).toHaveLength(29);
    const client = await connect(platform('linkedin'), scopes);
    expect(client.tokens.expires_in).toBe(120);
    expect((await client.me()).status).toBe(200);

    expect(await (await order('linkedin', { fault: 'rate_limit', seconds: 30 })).json()).toMatchObject({
      grants: null,
    });
    const limited = await client.renew();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '30']);
    await order('linkedin', { fault: 'outage' });
    expect((await client.renew()).status).toBe(503);
    await order('linkedin', { fault: 'none' });
    expect((await client.renew()).status).toBe(200);

    expect(await (await order('linkedin', { fault: 'expire' })).json()).toEqual({ fault: 'expire', grants: 1 });
    expect((await client.me()).status).toBe(401);
    await order('linkedin', { fault: 'fewer_scopes', scopes: ['w_member_social'] });
    const narrow = await connect(platform('linkedin'), scopes);
    expect(JSON.stringify(narrow.tokens)).not.toContain('w_member_social');
    await order('linkedin', { fault: 'revoke', subject: 'Ada Example' });
    expect((await client.renew()).status).toBe(400);

    const seen = (await (await fetch(platform('linkedin').control)).json()) as { log: object[] };
    expect(seen).toMatchObject({ token_requests: { exchange: 2 } });
    expect(JSON.stringify(seen.log)).not.toContain(client.tokens.refresh_token);

    running.signal('SIGTERM');
    expect(await running.ended).toMatchObject({ status: 0 });
  });

  test('gives a service of Evergrant its configuration', async () => {
    const { url, folder } = await startSandbox(['linkedin', 'bluesky']);
    const config = (await (await fetch(`${url}/evergrant.config.json`)).json()) as object;
    const [publicUrl, apiKey] = [`http://${host}:${await freePort()}`, newApiKey()];
    writeFileSync(join(folder, 'evergrant.config.json'), JSON.stringify({ publicUrl, apiKey, ...config }));
    const service = useProcess(startProcess(process.execPath, [program, 'start'], { cwd: folder }));
    await service.says('Evergrant is ready');
    const api = createApi(publicUrl, apiKey);
    for (const [provider, instance] of [['linkedin'], ['bluesky', 'grace.example.com']] as const) {
      const flow = expectBody(
        await api.connect({
          provider: provider!,
          owner: 'o',
          skip_confirmation: true,
          ...(instance ? { instance } : {}),
        }),
      );
      const browser = createBrowser();
      const page = await browser.open(flow.url);
      const body = formOf([...page.text.matchAll(/name="scope" value="([^"]*)"/g)].map(([, scope]) => scope!));
      const answer = await fetch(page.url, { method: 'POST', body, redirect: 'manual' });
      await browser.open(answer.headers.get('location')!);
      const { status, connections } = expectBody(await api.flow(flow.id));
      expect({ status, account: connections[0]?.account.username ?? null }).toEqual({
        status: 'connected',
        account: instance ?? null,
      });
      expect(expectBody(await api.refresh(connections[0]!.id))).toMatchObject({ token: { generation: 2 } });
    }
  });

  test('keeps grants over a restart in a file, and tokens as long as one wants', async () => {
    const folder = useFolder();
    const args = ['linkedin', '--state', join(folder, 'state.json'), '--token-life', '900'];
    const first = await startSandbox(args, folder);
    const client = await connect(first.platform('linkedin'), scopes);
    expect(client.tokens.expires_in).toBe(900);
    first.running.signal('SIGTERM');
    await first.running.ended;
    const again = await startSandbox(args, folder);
    const headers = { authorization: `Bearer ${client.tokens.access_token}` };
    expect((await fetch(again.platform('linkedin').endpoints['profile']!, { headers })).status).toBe(200);
  });

  test('takes orders from this computer’s own pages only, and understands what they say', async () => {
    const { url, order, platform } = await startSandbox(['linkedin']);
    const { port } = new URL(url);
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('sandbox-linkedin-client');
    const send = (headers: Record<string, string>) =>
      fetch(platform('linkedin').control, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ fault: 'outage' }),
        redirect: 'manual',
      });
    expect((await send({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await send({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await send({ origin: url })).status).toBe(303);
    expect((await order('linkedin', { fault: 'burn' })).status).toBe(422);
    expect((await fetch(`${url}/control/nobody`)).status).toBe(404);
    expect(await statusUnder(`evil.example:${port}`, Number(port))).toBe(421);
  });

  test('says what is wrong: a port in use, a platform that it does not know', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const run = (...args: string[]) =>
      runProcess(process.execPath, [program, 'sandbox', ...args], { cwd: useFolder() });
    expect(await run('--port', String(port))).toMatchObject({ status: 1, stderr: expect.stringContaining('--port') });
    expect(await run('--port', '0', 'acme')).toMatchObject({ status: 1, stderr: expect.stringContaining('acme') });
    expect(await run('--port', 'many')).toMatchObject({ status: 2 });
  });
});

/** `fetch` sends no Host header of one's own. */
const statusUnder = async (name: string, port: number): Promise<number | undefined> => {
  const { get } = await import('node:http');
  return new Promise((resolve, reject) => {
    get({ host, port, headers: { host: name } }, ({ statusCode }) => resolve(statusCode)).on('error', reject);
  });
};
