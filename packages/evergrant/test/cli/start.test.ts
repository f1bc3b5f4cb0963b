import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ConnectionBody, createApi, expectBody } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { tamper } from '../support/database.ts';
import { freePort, useInstallation } from '../support/evergrant.ts';

const keyIn = (text: string): string | undefined => /eg_[\w-]{32,}/.exec(text)?.[0];

describe('evergrant start in an empty folder, without settings', () => {
  test('is ready, shows one block, and the API key at the first start only', async () => {
    const installation = await useInstallation({ bare: true });
    const { url, folder } = installation;
    const first = await installation.start();
    expect(first.stderr()).toBe('');
    expect(first.stdout()).toMatch(
      new RegExp(
        String.raw`^\n  Evergrant is ready at ${url}\n\n  API key   eg_[\w-]{32,} .*\n  Data      \./data/evergrant\.db\n  Key       data/evergrant\.key .*\n\n  Simulated platforms are on: .*${url}.*\n\n?$`,
      ),
    );
    const key = keyIn(first.stdout())!;
    expect(expectBody(await createApi(url, key).connections())).toMatchObject({ data: [] });
    expect((await createApi(url, `${key}x`).connections()).status).toBe(401);
    expect(statSync(join(folder, 'data', 'evergrant.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'data')).mode & 0o077).toBe(0);
    expect((await fetch(url)).status).toBe(200);
    expect(await first.stop()).toBe(0);

    const second = await installation.start();
    expect(second.output()).toContain(`Evergrant is ready at ${url}`);
    expect(second.output()).not.toContain('API key');
    expect(keyIn(second.output())).toBeUndefined();
    expect((await createApi(url, key).connections()).status).toBe(200);
    expect(await second.stop()).toBe(0);
  });

  test('says where it is when PORT alone was set', async () => {
    const installation = await useInstallation({ bare: true });
    const port = await freePort();
    const running = await installation.start({ PORT: String(port) });
    expect(running.stdout()).toContain(`It listens on port ${port}.`);
    expect(running.stdout()).toContain(`set PUBLIC_URL=http://localhost:${port}`);
    expect(await running.stop()).toBe(0);
  });

  test('sets no app of a platform that is simulated, but once it is not', async () => {
    const installation = await useInstallation({ bare: true });
    const setApp = (key: string) =>
      createApi(installation.url, key).call('PUT', '/v1/providers/linkedin/app', { body: { client_id: 'client' } });
    const first = await installation.start();
    const key = keyIn(first.stdout())!;
    expect(await setApp(key)).toMatchObject({ status: 409, problem: { code: 'conflict' } });
    await first.stop();
    const second = await installation.start({ SANDBOX: 'off' });
    expect(await setApp(key)).toMatchObject({ status: 200, body: { source: 'api' } });
    await second.stop();
    const third = await installation.start();
    expect(third.output()).toContain('its app waits for SANDBOX=off');
    expect(await createApi(installation.url, key).call('GET', '/v1/providers/linkedin/app')).toMatchObject({
      body: { source: 'settings' },
    });
    expect(await third.stop()).toBe(0);
  });

  test('leaves the API key to be shown when a command ran first', async () => {
    const installation = await useInstallation({ bare: true });
    for (const command of ['doctor', 'connections']) {
      const { status, stdout, stderr } = await installation.run([command]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(keyIn(stdout)).toBeUndefined();
    }
    const service = await installation.start();
    const key = keyIn(service.stdout())!;
    expect((await createApi(installation.url, key).connections()).status).toBe(200);
  });

  test('plays platforms that commands know as well: beside it, and without it', async () => {
    const installation = await useInstallation({ bare: true });
    const connect = async (provider: string) => {
      const running = installation.launch(['connect', provider, '--owner', 'me', '--no-open', '--json']);
      await running.says(/\/connect\/[\w-]+\n/);
      const browser = createBrowser();
      const consent = await browser.open(/http\S+\/connect\/[\w-]+/.exec(running.stderr())![0]);
      const scope = [...consent.text.matchAll(/name="scope" value="([^"]+)"/g)].map(([, value]) => value!);
      await browser.submit(consent, { person: 'Ada Example', decision: 'allow', scope });
      expect(await running.ended).toMatchObject({ status: 0 });
      return (JSON.parse(running.stdout()) as ConnectionBody[])[0]!;
    };
    const service = await installation.start();
    const beside = await connect('linkedin');
    expect(beside).toMatchObject({ provider: 'linkedin', status: 'active', token: { refreshable: true } });
    // As if it had run out: only whoever knows the platform can renew it.
    tamper(installation.database, 'update grants set expires_at = 1');
    const token = await installation.run(['token', beside.id, '--json']);
    expect(token).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(token.stdout)).toMatchObject({ generation: 2 });
    await service.stop();
    expect(await connect('sandbox')).toMatchObject({ provider: 'sandbox', status: 'active' });
    expect(JSON.parse((await installation.run(['connections', '--json'])).stdout)).toMatchObject([
      { provider: 'sandbox', token: { refreshable: true } },
      { provider: 'linkedin', token: { refreshable: true } },
    ]);
    expect((await installation.run(['doctor'])).stdout).toContain('apps: none is configured');
  });

  test('speaks JSON when asked', async () => {
    const installation = await useInstallation({ bare: true });
    const running = installation.launch(['start', '--json'], { LOG_LEVEL: 'info' });
    await running.says('"api_key"');
    const block = JSON.parse(running.stdout().split('\n')[0]!) as Record<string, unknown>;
    expect(block).toEqual({
      url: installation.url,
      port: installation.port,
      api_key: keyIn(running.stdout()),
      data: './data/evergrant.db',
    });
    running.signal('SIGTERM');
    expect(await running.ended).toMatchObject({ status: 0 });
    const lines = running.stdout().trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(JSON.parse(line)).toBeInstanceOf(Object);
    expect(running.stderr()).toBe('');
  });

  test('shows no key that the operator has set', async () => {
    const installation = await useInstallation();
    const service = await installation.start();
    expect(keyIn(service.output())).toBeUndefined();
    expect((await installation.api.connections()).status).toBe(200);
  });
});
