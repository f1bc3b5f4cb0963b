import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createApi, expectBody } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { freePort, host, newApiKey } from '../support/evergrant.ts';
import { useFolder } from '../support/folder.ts';
import { acme, consent, startOidcServer } from '../support/oidc.ts';
import { startProcess } from '../support/process.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));

test('npm start -- --config FILE connects to an arbitrary OAuth 2.0 server with no code written', async () => {
  const folder = useFolder();
  const url = `http://${host}:${await freePort()}`;
  const server = await startOidcServer(`${url}/integrations/social/acme`);
  onTestFinished(() => server.stop());
  const apiKey = newApiKey();
  const config = join(folder, 'acme.json');
  mkdirSync(join(folder, 'home'));
  writeFileSync(
    config,
    JSON.stringify({
      apiKey,
      publicUrl: url,
      databaseUrl: `sqlite:${join(folder, 'data', 'evergrant.db')}`,
      providers: { acme: acme(server, 'discovered') },
    }),
  );

  const npm = startProcess('npm', ['start', '--', '--config', config], {
    cwd: repository,
    env: { HOME: join(folder, 'home'), npm_config_update_notifier: 'false' },
    group: true,
  });
  onTestFinished(async () => {
    npm.signal('SIGKILL');
    await npm.ended;
  });
  await npm.says(`Evergrant is ready at ${url}`, 30_000);
  const api = createApi(url, apiKey);
  const started = expectBody(await api.connect({ provider: 'acme', owner: 'o', skip_confirmation: true }));
  const browser = createBrowser();
  await consent(browser, await browser.open(started.url), { login: 'ada' });
  const { connections } = expectBody(await api.flow(started.id));
  expect(connections).toMatchObject([{ provider: 'acme', status: 'active', account: { id: 'ada' } }]);
  const token = expectBody(await api.token(connections[0]!.id));
  expect((await server.userinfo(token.access_token)).status).toBe(200);
  npm.signal('SIGTERM');
  await npm.ended;
  await expect(fetch(url)).rejects.toThrow();
});
