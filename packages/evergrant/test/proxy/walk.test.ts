import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import { describeWithPostgres } from '../postgres/support.ts';
import { createApi, expectBody } from '../support/api.ts';
import { createBrowser } from '../support/browser.ts';
import { type Installation, newEncryptionKey, useInstallation } from '../support/evergrant.ts';
import { startReceiver } from '../support/receiver.ts';
import { startStub } from '../support/stub.ts';
import { until } from '../support/wait.ts';
import { describeBehindNginx, prepareNginx } from './nginx.ts';

/** An API key of an application, as its operator makes it. */
const makeKey = async (installation: Installation, permissions: string): Promise<string> => {
  const made = await installation.run(['keys', 'create', 'app', '--permissions', permissions, '--json']);
  return (JSON.parse(made.stdout) as { key: string }).key;
};

describeBehindNginx('an operator', () => {
  describeWithPostgres('with PostgreSQL and nginx', (server) => {
    test('sets it up, sets an app, connects an account, calls, hears of it, and changes the encryption key', async () => {
      const stub = await startStub();
      onTestFinished(() => stub.close());
      const receiver = await startReceiver();
      const nginx = await prepareNginx();
      const { clientId, clientSecret, definition } = stub.provider();
      const [old, added] = [newEncryptionKey('k1'), newEncryptionKey('k2')];
      const installation = await useInstallation({
        config: () => ({ publicUrl: nginx.url, sandbox: false, providers: { sandbox: { definition } } }),
        environment: {
          DATABASE_URL: (await server.createDatabase()).url.reveal(),
          ENCRYPTION_KEYS: old,
          TRUSTED_PROXIES: '127.0.0.1',
        },
      });
      const environment = { PORT: String(installation.port) };
      await nginx.start(installation.port);
      const doctor = async () => {
        const examined = await installation.run(['doctor'], environment);
        expect(examined).toMatchObject({ status: 0, stderr: '' });
        return examined.stdout;
      };

      expect(await doctor()).toContain('none is configured');
      let service = await installation.start(environment);
      const operator = createApi(nginx.url, installation.apiKey);
      const redirectUri = `${nginx.url}/integrations/social/sandbox`;
      const set = await operator.call('PUT', '/v1/providers/sandbox/app', {
        body: { client_id: clientId, client_secret: clientSecret },
      });
      expect(set).toMatchObject({ status: 200, body: { source: 'api', redirect_uri: redirectUri } });
      expect(await doctor()).toContain(
        `app set through the API, before any in the settings; register the redirect URI ${redirectUri}`,
      );
      const webhook = expectBody(
        await operator.call<{ secret: string }>('POST', '/v1/webhooks', { body: { url: receiver.url } }),
      );

      const app = createApi(nginx.url, await makeKey(installation, 'connections:write,tokens:read,calls:write'));
      const started = expectBody(await app.connect({ provider: 'sandbox', owner: 'owner-1', skip_confirmation: true }));
      const browser = createBrowser();
      const there = await browser.open(started.url, { stopAt: (url) => url.includes('/oauth/authorize') });
      await browser.open(await stub.sandbox.consent(there.url, { name: 'ada' }));
      const [connection] = expectBody(await app.flow(started.id)).connections;
      const posts = () => app.call('GET', `/v1/connections/${connection!.id}/api/posts`);
      expect(await posts()).toMatchObject({ status: 200, body: { data: [{ id: 'p_1' }] } });
      await until('the webhook arrives', () => receiver.received.length > 0);
      const [{ body, headers }] = receiver.received as [(typeof receiver.received)[number]];
      expect(new Webhook(webhook.secret).verify(body, headers)).toMatchObject({
        type: 'connection.created',
        data: { connection_id: connection!.id, owner: 'owner-1' },
      });

      expect(await service.stop()).toBe(0);
      const both = { ...environment, ENCRYPTION_KEYS: `${added},${old}` };
      service = await installation.start(both);
      const rotated = await installation.run(['vault', 'rotate'], both);
      expect(rotated).toMatchObject({ status: 0, stdout: expect.stringContaining('No other key is needed') });
      expect(await service.stop()).toBe(0);
      await installation.start({ ...environment, ENCRYPTION_KEYS: added });
      expect(expectBody(await app.refresh(connection!.id))).toMatchObject({ status: 'active' });
      expect(await posts()).toMatchObject({ status: 200 });
      await until('the renewal arrives, signed', () => receiver.types().includes('connection.refreshed'));
      const renewed = receiver.received.find(({ event }) => event.type === 'connection.refreshed')!;
      expect(() => new Webhook(webhook.secret).verify(renewed.body, renewed.headers)).not.toThrow();
    }, 120_000);
  });
});
