import { describe, expect, it } from 'vitest';
import { itKeepsSecrets } from '../security/support.ts';
import { startScene } from './scene.ts';

describe('connecting an account of the network', () => {
  it('goes from a handle to a connection whose calls are proved', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const ann = network.addAccount('ann.test');
    const { flow, page, authorizationUrl } = await scene.signIn({ instance: '@Ann.test' }, ann);
    expect(flow).toMatchObject({ status: 'connected', error: null });
    expect(page.status).toBe(200);
    // The browser carried a reference and the client's id, and nothing else.
    const sent = new URL(authorizationUrl);
    expect([...sent.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    expect(network.issuer.pushedFor(authorizationUrl).parameters.get('login_hint')).toBe('ann.test');

    const [connection] = flow.connections;
    expect(connection).toMatchObject({
      status: 'active',
      account: {
        id: ann.did,
        type: 'profile',
        name: 'The one of ann.test',
        username: 'ann.test',
        url: `https://bsky.app/profile/${ann.did}`,
      },
      scopes: { granted: ['atproto', 'transition:generic'], missing: [] },
      token: { refreshable: true, generation: 1 },
    });
    const call = await harness.api('GET', `/v1/connections/${connection!.id}/api/app.bsky.feed.getTimeline?limit=3`);
    expect(call).toMatchObject({
      status: 200,
      data: { did: ann.did, path: '/xrpc/app.bsky.feed.getTimeline?limit=3' },
    });
    // Profiles are public: no token went to another server than the account's own.
    expect(network.directory.requests.filter(({ headers }) => headers.authorization ?? headers['dpop'])).toEqual([]);
  });

  it('T20 proves with a key of its own for each connection, a new proof each time, and repeats once for a nonce', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const [ann, ben] = [network.addAccount('ann.test'), network.addAccount('ben.test')];
    const first = await scene.connect(ann);
    // The very first request could not know a nonce; the next two had one.
    expect(network.issuer.requestsTo('/oauth/par')).toHaveLength(2);
    expect(network.issuer.requestsTo('/oauth/token')).toHaveLength(1);
    const second = await scene.connect(ben);
    const sessions = network.issuer.sessions();
    expect(new Set(sessions.map(({ key }) => key)).size).toBe(2);

    const callOf = (id: string) => harness.api('GET', `/v1/connections/${id}/api/com.atproto.server.getSession`);
    expect((await callOf(first.id)).status).toBe(200);
    expect(network.pds.requestsTo('/xrpc/com.atproto.server.getSession')).toHaveLength(2);
    expect((await callOf(second.id)).status).toBe(200);
    expect(network.pds.requestsTo('/xrpc/com.atproto.server.getSession')).toHaveLength(3);
    network.pds.turnNonce();
    expect((await callOf(first.id)).status).toBe(200);
    expect(network.pds.requestsTo('/xrpc/com.atproto.server.getSession')).toHaveLength(5);

    const proofs = [...network.issuer.requests, ...network.pds.requests].flatMap(
      ({ headers }) => headers['dpop'] ?? [],
    );
    expect(proofs.length).toBeGreaterThan(8);
    expect(new Set(proofs).size).toBe(proofs.length);
    // The private half of a key has a member `d`; it is sealed, and nowhere else.
    expect(harness.dump().includes('"crv":"P-256"')).toBe(false);
    expect(harness.logLines.join('')).not.toContain('P-256');
  });

  it('gives up after a second missing nonce', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const ann = network.addAccount('ann.test');
    const { id } = await scene.connect(ann);
    const before = network.issuer.requestsTo('/oauth/token').length;
    const nonce = { status: 400, body: { error: 'use_dpop_nonce' } };
    network.issuer.answerNext(nonce, nonce);
    const answer = await scene.refresh(id);
    expect(answer).toMatchObject({ status: 502, data: { code: 'dpop_rejected' } });
    expect(network.issuer.requestsTo('/oauth/token').length - before).toBe(2);
    expect((await harness.connection(id)).data).toMatchObject({ status: 'active', token: { generation: 1 } });
    expect(await scene.refresh(id)).toMatchObject({ status: 200, data: { token: { generation: 2 } } });
  });

  it('hands no token out, which would be worth nothing without the key', async () => {
    await using scene = await startScene();
    const { id } = await scene.connect(scene.network.addAccount('ann.test'));
    expect(await scene.harness.token(id)).toMatchObject({ status: 409, data: { code: 'token_not_exportable' } });
    const rejected = await scene.harness.api('POST', `/v1/connections/${id}/token/rejected`, {
      json: { generation: 1 },
    });
    expect(rejected).toMatchObject({ status: 409, data: { code: 'token_not_exportable' } });
    const json = { method: 'get', url: `${scene.network.pds.origin}/xrpc/app.bsky.feed.getTimeline` };
    const { data } = await scene.harness.api<{ headers: object }>('POST', `/v1/connections/${id}/sign`, { json });
    expect(Object.keys(data.headers).sort()).toEqual(['authorization', 'dpop']);
    const again = await scene.harness.api<{ headers: { dpop: string } }>('POST', `/v1/connections/${id}/sign`, {
      json: { ...json, nonce: 'the nonce of the last answer' },
    });
    const claims = Buffer.from(again.data.headers.dpop.split('.')[1]!, 'base64url').toString();
    expect(JSON.parse(claims)).toMatchObject({ htm: 'GET', htu: json.url, nonce: 'the nonce of the last answer' });
    expect(
      await scene.harness.api('POST', `/v1/connections/${id}/sign`, {
        json: { ...json, url: 'https://public.api.bsky.app/' },
      }),
    ).toMatchObject({ status: 422, data: { code: 'target_not_allowed' } });
  });

  it.each([
    ['a DID', (did: string) => did],
    ['the URL of a server', (_: string, pds: string) => pds],
    ['a handle with a hidden character', () => '\u202aann.test\u202c '],
  ])('takes %s in place of a handle', async (_, named) => {
    await using scene = await startScene();
    const ann = scene.network.addAccount('ann.test');
    const { flow } = await scene.signIn({ instance: named(ann.did, scene.network.pds.origin) }, ann);
    expect(flow).toMatchObject({
      status: 'connected',
      connections: [{ account: { id: ann.did, username: 'ann.test' } }],
    });
  });

  it('asks on a page where no account was named, and lets a slip of the pen be mended there', async () => {
    await using scene = await startScene();
    const { network, harness } = scene;
    const ann = network.addAccount('ann.test');
    const started = await harness.start({ provider: 'bluesky' });
    const browser = harness.browser();
    const asking = await browser.get(started.data.url);
    expect(asking).toMatchObject({ status: 200, location: null });
    expect(asking.body).toContain('Your handle');
    for (const instance of ['amn.test', 'no handle']) {
      const again = await browser.post(started.data.url, { instance });
      expect(again).toMatchObject({ status: 422, location: null });
      expect(again.body).toContain(`value="${instance}"`);
    }
    const next = await browser.post(started.data.url, { instance: '@ann.test' });
    expect(next.status).toBe(303);
    await browser.follow(network.issuer.consent(next.location!, ann));
    expect(await harness.flow(started.data.id)).toMatchObject({ status: 'connected' });
  });

  it('connects an account without a profile under its handle', async () => {
    await using scene = await startScene();
    const ann = scene.network.addAccount('ann.test', { profile: false });
    const connection = await scene.connect(ann);
    expect(connection.account).toMatchObject({ id: ann.did, name: 'ann.test', username: 'ann.test', picture: null });
  });

  it('reconnects by the id of the account, whatever its handle is by now', async () => {
    await using scene = await startScene();
    const ann = scene.network.addAccount('ann.test');
    const { id } = await scene.connect(ann);
    ann.handle = 'ann.example.test';
    const { flow } = await scene.signIn({ connection_id: id }, ann);
    expect(flow).toMatchObject({
      status: 'connected',
      connections: [{ id, account: { username: 'ann.example.test' } }],
    });
  });

  it('ends the flow when the person declines', async () => {
    await using scene = await startScene();
    const ann = scene.network.addAccount('ann.test');
    const { flow } = await scene.signIn({ instance: 'ann.test' }, { ...ann, error: 'access_denied' });
    expect(flow).toMatchObject({ status: 'failed', error: { code: 'consent_denied' } });
    expect(scene.network.issuer.requestsTo('/oauth/token')).toEqual([]);
  });

  it('revokes when it is disconnected', async () => {
    await using scene = await startScene();
    const { id } = await scene.connect(scene.network.addAccount('ann.test'));
    expect((await scene.harness.api('DELETE', `/v1/connections/${id}`)).status).toBe(204);
    expect(scene.network.issuer.sessions()).toEqual([]);
  });
});

describe('the client of a service that is reached by https', () => {
  const publicUrl = 'https://evergrant.test';

  it('publishes itself, authenticates with its published key, and keeps that key over restarts', async () => {
    await using scene = await startScene({ publicUrl });
    const { network, harness } = scene;
    const clientId = `${publicUrl}/integrations/social/bluesky/client-metadata.json`;
    const path = '/integrations/social/bluesky';
    const metadata = await harness.api('GET', `${path}/client-metadata.json`, { key: null });
    expect(metadata.headers['content-type']).toMatch(/^application\/json/);
    expect(metadata.data).toEqual({
      client_id: clientId,
      application_type: 'web',
      client_name: 'evergrant.test',
      client_uri: publicUrl,
      redirect_uris: [`${publicUrl}${path}`],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      scope: 'atproto transition:generic',
      dpop_bound_access_tokens: true,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks_uri: `${publicUrl}${path}/jwks.json`,
    });
    const keys = async () =>
      (await harness.api<{ keys: object[] }>('GET', `${path}/jwks.json`, { key: null })).data.keys;
    const published = await keys();
    expect(published).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        alg: 'ES256',
        use: 'sig',
        x: expect.any(String),
        y: expect.any(String),
        kid: expect.any(String),
      },
    ]);

    const { id } = await scene.connect(network.addAccount('ann.test'));
    expect(network.issuer.sessions()).toMatchObject([{ clientId, clientKey: expect.any(String) }]);
    await harness.restart({ providers: { bluesky: network.settings } });
    expect(await keys()).toEqual(published);
    expect(await scene.refresh(id)).toMatchObject({ status: 200, data: { token: { generation: 2 } } });
    expect((await harness.api('DELETE', `/v1/connections/${id}`)).status).toBe(204);
    expect(network.issuer.sessions()).toEqual([]);
  });

  it('publishes nothing else, and nothing for development', async () => {
    await using scene = await startScene();
    for (const name of ['client-metadata.json', 'jwks.json', 'other.json', 'constructor.json']) {
      expect((await scene.harness.api('GET', `/integrations/social/bluesky/${name}`, { key: null })).status).toBe(404);
      expect((await scene.harness.api('GET', `/integrations/social/acme/${name}`, { key: null })).status).toBe(404);
    }
  });
});

describe('the client for development', () => {
  it('is its own id, and comes back on 127.0.0.1', async () => {
    await using scene = await startScene();
    const { harness, network } = scene;
    network.addAccount('ann.test');
    const { authorizationUrl } = await scene.begin({ instance: 'ann.test' });
    const redirectUri = `${harness.listening}/integrations/social/bluesky`;
    const clientId = `http://localhost?redirect_uri=${encodeURIComponent(redirectUri)}&scope=atproto%20transition%3Ageneric`;
    expect(new URL(authorizationUrl).searchParams.get('client_id')).toBe(clientId);
    expect(network.issuer.pushedFor(authorizationUrl).parameters.get('redirect_uri')).toBe(redirectUri);
  });

  it('leads from 127.0.0.1 back to localhost, where the cookie of the flow is', async () => {
    const publicUrl = 'http://localhost:4999';
    await using scene = await startScene({ publicUrl });
    const { harness, network } = scene;
    const ann = network.addAccount('ann.test');
    const { started, authorizationUrl, browser } = await scene.begin({ instance: 'ann.test' });
    const callback = new URL(network.issuer.consent(authorizationUrl, ann));
    expect(callback.origin).toBe('http://127.0.0.1:4999');
    const answer = await harness.api('GET', callback.pathname + callback.search, {
      key: null,
      headers: { host: callback.host },
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe(`${publicUrl}/integrations/social/bluesky${callback.search}`);
    await browser.follow(answer.headers.location!);
    expect((await harness.flow(started.id)).status).toBe('connected');
  });
});

itKeepsSecrets();
