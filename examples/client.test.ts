import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createClient } from '../packages/evergrant/src/client/index.ts';
import { createBrowser } from '../packages/evergrant/test/support/browser.ts';
import { useInstallation } from '../packages/evergrant/test/support/evergrant.ts';
import { useFolder } from '../packages/evergrant/test/support/folder.ts';
import { startProcess } from '../packages/evergrant/test/support/process.ts';
import { until } from '../packages/evergrant/test/support/wait.ts';

/* The example runs as its reader would run it, beside a service that was started with nothing but a key. */

const example = fileURLToPath(new URL('client.ts', import.meta.url));

const useService = async () => {
  const installation = await useInstallation();
  await installation.start();
  const apiKey = installation.environment['EVERGRANT_API_KEY']!;
  const run = (env: Record<string, string> = {}) => {
    const running = startProcess(
      process.execPath,
      ['--conditions=evergrant-source', example, 'user_42', 'sandbox', '/me'],
      {
        cwd: useFolder(),
        env: { EVERGRANT_URL: installation.url, EVERGRANT_API_KEY: apiKey, ...env },
      },
    );
    onTestFinished(() => running.signal('SIGKILL'));
    return running;
  };
  return { run, client: createClient({ url: installation.url, apiKey }) };
};

it('connects an account, calls the platform with it, and needs no person the second time', async () => {
  const { run, client } = await useService();
  const first = run();
  const link = await until('the link', async () => /Open (\S+)/.exec(first.stdout())?.[1] ?? null);
  const browser = createBrowser();
  const consent = await browser.submit(await browser.open(link));
  const given = {
    person: 'Ada Example',
    scope: ['profile', 'posts.read', 'posts.write', 'offline_access'],
    decision: 'allow',
  };
  expect((await browser.submit(consent, given)).status).toBe(200);
  expect(await first.ended).toMatchObject({ status: 0 });
  expect(first.stdout()).toMatch(/^200 \{.*"Ada Example"/m);

  const second = run();
  expect(await second.ended).toMatchObject({ status: 0 });
  expect(second.stdout()).toMatch(/^200 \{.*"Ada Example"/);

  const [connection] = (await client.listConnections({ owner: 'user_42' })).data;
  expect(connection).toMatchObject({
    provider: 'sandbox',
    status: 'active',
    token: { generation: 1 },
    lastError: null,
  });
  expect(await client.getAccessToken(connection!.id, { minValid: 10 })).toMatchObject({ tokenType: 'bearer' });
  expect(await client.disconnect(connection!.id)).toBeUndefined();
  await expect(client.getConnection(connection!.id)).rejects.toMatchObject({
    code: 'connection_not_found',
    status: 404,
  });
});

it('says what is wrong with its key', async () => {
  const { run } = await useService();
  const running = run({ EVERGRANT_API_KEY: 'eg_wrong' });
  expect(await running.ended).toMatchObject({ status: 1 });
  expect(running.stderr()).toMatch(/^unauthenticated: /);
});
