import { describe, expect, it } from 'vitest';
import { eventually, itKeepsSecrets } from '../security/support.ts';
import { startScene } from './scene.ts';

describe('renewing a session of the network', () => {
  it('rotates, with the same key and a nonce that has turned, and presents no refresh token twice', async () => {
    await using scene = await startScene();
    const { network } = scene;
    const { id } = await scene.connect(network.addAccount('ann.test'));
    const [{ key } = { key: '' }] = network.issuer.sessions();
    for (let generation = 2; generation <= 4; generation++) {
      network.issuer.turnNonce();
      expect(await scene.refresh(id)).toMatchObject({ status: 200, data: { token: { generation } } });
    }
    expect(network.issuer.sessions()).toMatchObject([{ key }]);
    // Each renewal came twice, because its nonce was old: that spends nothing.
    const renewals = network.issuer.requestsTo('/oauth/token').filter(({ form }) => form.has('refresh_token'));
    expect(renewals).toHaveLength(6);
  });

  it('ends when the person has withdrawn', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const { id } = await scene.connect(network.addAccount('ann.test'));
    network.issuer.answerNext({ status: 400, body: { error: 'invalid_grant', error_description: 'Session expired' } });
    expect(await scene.refresh(id)).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
    expect((await harness.connection(id)).data).toMatchObject({ status: 'reauth_required', reason: 'expired' });
  });

  it('follows an account to another data server of the same authorization server', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const ann = network.addAccount('ann.test');
    const { id } = await scene.connect(ann);
    const other = await network.addDataServer(network.issuer);
    ann.pds = other.origin;
    expect((await scene.refresh(id)).status).toBe(200);
    expect((await harness.api('GET', `/v1/connections/${id}/api/app.bsky.feed.getTimeline`)).status).toBe(200);
    expect(other.requestsTo('/xrpc/app.bsky.feed.getTimeline').length).toBeGreaterThan(0);
    expect(network.pds.requestsTo('/xrpc/app.bsky.feed.getTimeline')).toEqual([]);
  });

  it('sends no refresh token to a server that may not speak for the account any more', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const ann = network.addAccount('ann.test');
    const { id } = await scene.connect(ann);
    const issuer = await network.addIssuer();
    ann.pds = (await network.addDataServer(issuer)).origin;
    const before = network.issuer.requests.length;
    expect(await scene.refresh(id)).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
    expect(network.issuer.requests).toHaveLength(before);
    expect((await harness.connection(id)).data.status).toBe('reauth_required');

    const { flow } = await scene.signIn({ connection_id: id }, ann, issuer);
    expect(flow).toMatchObject({ status: 'connected', connections: [{ id, status: 'active' }] });
  });

  it('goes on while the directory is down', async () => {
    await using scene = await startScene();
    const { network } = scene;
    const { id } = await scene.connect(network.addAccount('ann.test'));
    await network.directory.close();
    expect(await scene.refresh(id)).toMatchObject({ status: 200, data: { token: { generation: 2 } } });
  });

  it('lets no server stop the renewals at another one', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const ann = network.addAccount('ann.test');
    const hostile = await network.addIssuer();
    const eve = network.addAccount('eve.test', { pds: (await network.addDataServer(hostile)).origin });
    const { id } = await scene.connect(ann);
    const { flow } = await scene.signIn({ instance: 'eve.test' }, eve, hostile);
    const [other] = flow.connections;
    hostile.answerNext({ status: 401, body: { error: 'invalid_client' } });
    const refused = await scene.refresh(other!.id);
    expect(refused).toMatchObject({ status: 502, data: { code: 'provider_app_credentials_invalid' } });
    expect((await harness.connection(other!.id)).data.status).toBe('active');
    expect(await scene.refresh(id)).toMatchObject({ status: 200, data: { token: { generation: 2 } } });
  });

  it('refuses tokens of somebody else', async () => {
    await using scene = await startScene();
    const { network } = scene;
    const { id } = await scene.connect(network.addAccount('ann.test'));
    const ben = network.addAccount('ben.test');
    const body = {
      access_token: 'a',
      token_type: 'DPoP',
      refresh_token: 'r',
      expires_in: 60,
      scope: 'atproto',
      sub: ben.did,
    };
    network.issuer.answerNext({ status: 200, body });
    expect(await scene.refresh(id)).toMatchObject({ status: 409, data: { code: 'reauth_required' } });
  });

  it('tells the platform apart from a lost answer: the token is not presented a second time', async () => {
    await using scene = await startScene();
    const { network } = scene;
    const { id } = await scene.connect(network.addAccount('ann.test'));
    network.issuer.answerNext({ status: 500, body: {}, processed: true });
    expect((await scene.refresh(id)).status).toBeGreaterThanOrEqual(500);
    expect((await scene.refresh(id)).status).toBeGreaterThanOrEqual(500);
    const presented = network.issuer.requestsTo('/oauth/token').flatMap(({ form }) => form.get('refresh_token') ?? []);
    expect(presented).toHaveLength(1);
  });

  it('finishes an answer from the journal after a restart', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const ann = network.addAccount('ann.test');
    const { id } = await scene.connect(ann);
    const other = await network.addDataServer(network.issuer);
    ann.pds = other.origin;
    // The answer is journalled, and then the database takes nothing more of this renewal.
    harness.sql((database) =>
      database.exec(`create trigger held before update of access_token_sealed on grants
        begin select raise(abort, 'held'); end`),
    );
    await scene.refresh(id);
    const journalled = () => harness.sql((database) => database.prepare('select id from journal').all().length);
    expect(journalled()).toBe(1);
    harness.sql((database) => database.exec('drop trigger held'));
    await harness.restart({ providers: { bluesky: network.settings } });
    await eventually('the journal is empty', () => journalled() === 0);
    expect((await harness.connection(id)).data).toMatchObject({ status: 'active', token: { generation: 2 } });
    // What was found out on the way came with it: calls go to the new server.
    expect((await harness.api('GET', `/v1/connections/${id}/api/x.y.z`)).status).toBe(200);
    expect(other.requestsTo('/xrpc/x.y.z').length).toBeGreaterThan(0);
    expect(await scene.refresh(id)).toMatchObject({ status: 200, data: { token: { generation: 3 } } });
  });
});

itKeepsSecrets();
