import { expect, onTestFinished, test } from 'vitest';
import { describeWithPostgres } from '../postgres/support.ts';
import { createApi, expectBody } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { newEncryptionKey, useInstallation } from '../support/evergrant.ts';
import { startStub } from '../support/stub.ts';
import { describeBehindNginx, prepareNginx } from './nginx.ts';

describeBehindNginx('an operator', () => {
  describeWithPostgres('with PostgreSQL and nginx', (server) => {
    test('sets it up, connects an account, hands out a key, calls, and changes the encryption key', async () => {
      const stub = await startStub();
      onTestFinished(() => stub.close());
      const nginx = await prepareNginx();
      const [old, added] = [newEncryptionKey('k1'), newEncryptionKey('k2')];
      const installation = await useInstallation({
        config: () => ({ publicUrl: nginx.url, sandbox: false, providers: { sandbox: stub.provider() } }),
        environment: {
          DATABASE_URL: (await server.createDatabase()).url.reveal(),
          ENCRYPTION_KEYS: old,
          TRUSTED_PROXIES: '127.0.0.1',
        },
      });
      const environment = { PORT: String(installation.port) };
      await nginx.start(installation.port);

      const doctor = await installation.run(['doctor'], environment);
      expect(doctor).toMatchObject({ status: 0, stderr: '' });
      expect(doctor.stdout).toContain(`redirect URI ${nginx.url}/integrations/social/sandbox`);
      let service = await installation.start(environment);
      const made = await installation.run([
        'keys',
        'create',
        'app',
        '--permissions',
        'connections:write,tokens:read,calls:write',
        '--json',
      ]);
      const { key } = JSON.parse(made.stdout) as { key: string };
      const app = createApi(nginx.url, key);
      const started = expectBody(await app.connect({ provider: 'sandbox', owner: 'owner-1', skip_confirmation: true }));
      const browser = createBrowser();
      const there = await browser.open(started.url, { stopAt: (url) => url.includes('/oauth/authorize') });
      await browser.open(await stub.sandbox.consent(there.url, { name: 'ada' }));
      const [connection] = expectBody(await app.flow(started.id)).connections;
      const posts = () => app.call('GET', `/v1/connections/${connection!.id}/api/posts`);
      expect(await posts()).toMatchObject({ status: 200, body: { data: [{ id: 'p_1' }] } });

      expect(await service.stop()).toBe(0);
      const both = { ...environment, ENCRYPTION_KEYS: `${added},${old}` };
      service = await installation.start(both);
      const rotated = await installation.run(['vault', 'rotate'], both);
      expect(rotated).toMatchObject({ status: 0, stdout: expect.stringContaining('No other key is needed') });
      expect(await service.stop()).toBe(0);
      await installation.start({ ...environment, ENCRYPTION_KEYS: added });
      expect(expectBody(await app.refresh(connection!.id))).toMatchObject({ status: 'active' });
      expect(await posts()).toMatchObject({ status: 200 });
    }, 120_000);
  });
});
