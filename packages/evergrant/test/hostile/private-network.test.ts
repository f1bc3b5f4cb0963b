import { describe, expect, it } from 'vitest';
import { discovered, metadata } from '../security/discovery.ts';
import { itKeepsSecrets, startHarness } from '../security/support.ts';

describe('addresses that others name', () => {
  it.each([
    'https://169.254.169.254/token',
    'https://10.1.2.3/token',
    'https://192.168.0.1/token',
    'https://[::ffff:10.0.0.1]/token',
    'https://[fd00:ec2::254]/token',
    'https://2851995905/token',
    'https://0xa9fea9fe/token',
    'https://0251.0376.0251.0376/token',
    'https://10.1/token',
    'https://0.0.0.0/token',
    'https://100.100.100.200/token',
    'https://user:password@169.254.169.254/token',
  ])('T03 a discovered endpoint in a private network is refused: %s', async (endpoint) => {
    await using harness = await startHarness({ acme: discovered });
    const { stub } = harness;
    stub.answer('/.well-known/oauth-authorization-server', metadata(stub.origin, { token_endpoint: endpoint }));
    const { flow, page } = await harness.connect();
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'target_not_allowed' } });
    expect(page.status).toBe(422);
    expect(stub.requestsTo('/token')).toEqual([]);
  });

  it.each(['http://platform.example/token', 'http://169.254.169.254/token', 'ftp://127.0.0.1/token', '/token', '', 7])(
    'T03 a discovered endpoint that is not https is refused: %s',
    async (endpoint) => {
      await using harness = await startHarness({ acme: discovered });
      const { stub } = harness;
      stub.answer('/.well-known/oauth-authorization-server', metadata(stub.origin, { token_endpoint: endpoint }));
      const { flow } = await harness.connect();
      expect(flow.status).toBe('failed');
      expect(flow.error?.code).toMatch(/^(?:provider_bad_response|definition_invalid)$/);
    },
  );

  it.each(['https://evil.example', 'http://127.0.0.1:1', '', null, ['x']])(
    'T03 metadata that names another issuer is not used: %j',
    async (issuer) => {
      await using harness = await startHarness({ acme: discovered });
      const { stub } = harness;
      for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
        stub.answer(path, metadata(stub.origin, { issuer }));
      }
      const { data } = await harness.start();
      const page = await harness.browser().get(data.url);
      expect(page).toMatchObject({ status: 502, location: null });
      expect(page.body).toContain('provider_bad_response');
    },
  );

  it.each([
    '169.254.169.254',
    '127.0.0.1',
    'localhost',
    '10.0.0.1',
    '2130706433',
    '::1',
    'user@10.0.0.1',
    'https://0xa9fea9fe/@user',
    '[::ffff:169.254.169.254]',
    'evil.example:8443',
    '..',
  ])('T03 a host that a person names cannot lie in a private network: %s', async (instance) => {
    await using harness = await startHarness({
      acme: () => ({
        definition: {
          instance: { label: 'Your server', placeholder: 'example.social' },
          protocol: {
            authorizationEndpoint: 'https://{instance}/authorize',
            tokenEndpoint: 'https://{instance}/token',
          },
        },
      }),
    });
    const { data, status } = await harness.start({ instance });
    if (status !== 201) return;
    const browser = harness.browser();
    const { location, body } = await browser.get(data.url);
    if (location === null) {
      expect(body).toContain('target_not_allowed');
      return;
    }
    await browser.follow(harness.stub.consent(location));
    expect(await harness.flow(data.id)).toMatchObject({ status: 'failed', error: { code: 'target_not_allowed' } });
  });

  it('T03 the next page of a list is asked for at the hosts of the provider only', async () => {
    await using harness = await startHarness({
      providers: ['other'],
      acme: ({ origin }) => ({
        definition: {
          accounts: { get: `${origin}/pages`, items: 'data', map: { id: 'id' }, type: 'page', next: 'paging.next' },
        },
      }),
    });
    const thief = harness.stubs['other']!;
    // The guard lets requests pass to a host that the definition names; that does not make it one for tokens.
    const protocol = { authorizationEndpoint: `${thief.origin}/authorize` };
    await harness.restart({ providers: { acme: { definition: { protocol } } } });
    harness.stub.answer('/pages', { body: { data: [{ id: 'p1' }], paging: { next: `${thief.origin}/pages` } } });
    const { flow } = await harness.connect();
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'target_not_allowed' } });
    expect(thief.requests).toEqual([]);
  });

  itKeepsSecrets();
});
