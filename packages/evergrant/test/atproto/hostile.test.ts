import { describe, expect, it } from 'vitest';
import { itKeepsSecrets } from '../security/support.ts';
import { startScene } from './scene.ts';

describe('servers that lie', () => {
  it('C08 an answer without `iss`, or with another one, is refused before anything is sent', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const ann = network.addAccount('ann.test');
    for (const iss of ['https://evil.example', null]) {
      const { started, authorizationUrl, browser } = await scene.begin({ instance: 'ann.test' });
      const callback = new URL(network.issuer.consent(authorizationUrl, ann));
      callback.searchParams.delete('iss');
      if (iss) callback.searchParams.set('iss', iss);
      await browser.follow(callback.href);
      expect(await harness.flow(started.id)).toMatchObject({ status: 'failed', error: { code: 'issuer_mismatch' } });
    }
    expect(network.issuer.requestsTo('/oauth/token')).toEqual([]);
  });

  it('a server cannot sign in as the account of another server', async () => {
    await using scene = await startScene();
    const { network } = scene;
    const victim = network.addAccount('victim.test');
    const hostile = await network.addIssuer();
    const pds = await network.addDataServer(hostile);
    const eve = network.addAccount('eve.test', { pds: pds.origin });
    for (const instance of ['eve.test', eve.did, pds.origin]) {
      const { flow } = await scene.signIn({ instance }, { did: victim.did }, hostile);
      expect(flow).toMatchObject({ status: 'failed', error: { code: 'issuer_mismatch' } });
    }
  });

  it('another account of the same server is not the one that was named', async () => {
    await using scene = await startScene();
    const { network } = scene;
    const [ann, ben] = [network.addAccount('ann.test'), network.addAccount('ben.test')];
    const { flow } = await scene.signIn({ instance: 'ann.test' }, ben);
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'account_mismatch' } });
    expect(flow.error?.detail).toContain('ben.test');
    expect((await scene.signIn({ instance: 'ann.test' }, ann)).flow.status).toBe('connected');
  });

  it('a handle that the account does not carry is not believed, nor one that it claims', async () => {
    await using scene = await startScene();
    const { network } = scene;
    const ann = network.addAccount('ann.test');
    // Two accounts claim the name; the resolver leads to the first.
    const eve = network.addAccount('ann.test', { profile: false });
    const { flow } = await scene.signIn({ instance: eve.did }, eve);
    expect(flow).toMatchObject({ status: 'connected', connections: [{ account: { id: eve.did, username: null } }] });
    const held = await scene.signIn({ instance: 'ann.test' }, ann);
    expect(held.flow).toMatchObject({ status: 'connected', connections: [{ account: { id: ann.did } }] });
    ann.handle = 'else.test';
    network.accounts.delete(eve.did);
    network.addAccount('third.test', { did: 'did:plc:third' });
    const answer = await open(scene, 'ann.test');
    expect(answer).toMatchObject({ status: 422, code: 'instance_not_found' });
  });

  it.each([
    ['does not demand pushed requests', { require_pushed_authorization_requests: false }],
    ['knows no client documents', { client_id_metadata_document_supported: undefined }],
    ['names another issuer', { issuer: 'https://evil.example' }],
    ['has a token endpoint in a private network', { token_endpoint: 'http://10.0.0.1/token' }],
    ['has no endpoint for pushed requests', { pushed_authorization_request_endpoint: 7 }],
  ])('an authorization server that %s is refused', async (_, metadata) => {
    await using scene = await startScene();
    scene.network.addAccount('ann.test');
    scene.network.issuer.metadata = metadata;
    expect(await open(scene, 'ann.test')).toMatchObject({ status: 422, code: 'instance_not_found' });
  });

  it('a token that is not bound, or without the scope that all need, is not kept', async () => {
    await using scene = await startScene();
    const { network } = scene;
    const ann = network.addAccount('ann.test');
    const tokens = { access_token: 'a', refresh_token: 'r', expires_in: 60, sub: ann.did };
    for (const wrong of [
      { token_type: 'Bearer', scope: 'atproto' },
      { token_type: 'DPoP', scope: 'transition:generic' },
    ]) {
      const { authorizationUrl, started, browser } = await scene.begin({ instance: 'ann.test' });
      network.issuer.answerNext({ status: 200, body: { ...tokens, ...wrong } });
      await browser.follow(network.issuer.consent(authorizationUrl, ann));
      const flow = await scene.harness.flow(started.id);
      expect(flow).toMatchObject({ status: 'failed', error: { code: 'provider_bad_response' } });
    }
  });

  it('fewer scopes than are required make a limited connection', async () => {
    await using scene = await startScene();
    const ann = scene.network.addAccount('ann.test');
    const { flow } = await scene.signIn({ instance: 'ann.test' }, { ...ann, scope: 'atproto' });
    expect(flow).toMatchObject({
      status: 'connected',
      connections: [{ status: 'limited', scopes: { missing: ['transition:generic'] } }],
    });
  });
});

describe('names that people give', () => {
  it.each(['nobody.test', 'did:plc:nobody', 'did:key:z6Mk', 'no handle', 'http://', 'https://a:b@nobody.test', ''])(
    'what cannot be found ends the flow and says so: %j',
    async (instance) => {
      await using scene = await startScene();
      const answer = await open(scene, instance);
      if (instance === '') expect(answer.status).toBeGreaterThanOrEqual(400);
      else expect(answer).toMatchObject({ status: 422, code: 'instance_not_found' });
    },
  );

  it.each([
    'https://169.254.169.254',
    'https://10.1.2.3',
    'https://[::ffff:10.0.0.1]',
    'https://2851995905',
    'https://0xa9fea9fe',
    'https://0251.0376.0251.0376',
    'http://169.254.169.254',
    'did:web:10.0.0.1',
    'did:web:169.254.169.254',
  ])('T03 a host in a private network is refused: %s', async (instance) => {
    await using scene = await startScene();
    const answer = await open(scene, instance);
    expect(answer).toMatchObject({ status: 422, code: 'target_not_allowed' });
  });

  it('T03 a document cannot lead into a private network', async () => {
    await using scene = await startScene();
    scene.network.addAccount('ann.test', { pds: 'https://10.0.0.1' });
    scene.network.addAccount('ben.test', { pds: 'http://192.168.0.1:3000' });
    for (const instance of ['ann.test', 'ben.test']) {
      expect(await open(scene, instance)).toMatchObject({ status: 422, code: 'target_not_allowed' });
    }
  });

  it('T03 loopback is open only where the directory is there too', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    await harness.restart({ providers: { bluesky: {} } });
    for (const instance of [
      network.pds.origin,
      'did:web:127.0.0.1',
      `did:web:localhost%3A${new URL(network.pds.origin).port}`,
    ]) {
      expect(await open(scene, instance)).toMatchObject({ status: 422, code: 'target_not_allowed' });
    }
    expect(network.pds.requests).toEqual([]);
  });
});

/** Opens the link of a flow for what somebody names. */
const open = async ({ harness }: Awaited<ReturnType<typeof startScene>>, instance: string) => {
  const started = await harness.start({ provider: 'bluesky', instance });
  if (started.status !== 201) return { status: started.status, code: (started.data as { code?: string }).code };
  const page = await harness.browser().get(started.data.url);
  const flow = await harness.flow(started.data.id);
  expect(flow.status).toBe('failed');
  expect(page.body).toContain(flow.error?.code ?? 'no code');
  return { status: page.status, code: flow.error?.code };
};

itKeepsSecrets();
