import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEvergrant } from '../../src/evergrant.ts';
import { makeSecret } from '../security/canaries.ts';
import { eventually, type Harness, itKeepsSecrets, startHarness } from '../security/support.ts';
import { addKey } from './keys.ts';

interface AppBody {
  provider: string;
  client_id: string;
  has_client_secret: boolean;
  has_next_client_secret: boolean;
  scopes: string[];
  redirect_uri: string;
  source: string;
  updated_at: string | null;
}

const put = (harness: Harness, json: object, id = 'acme') =>
  harness.api<AppBody & { code: string; errors?: { pointer: string }[] }>('PUT', `/v1/providers/${id}/app`, { json });
const read = (harness: Harness, id = 'acme') => harness.api<AppBody>('GET', `/v1/providers/${id}/app`);

const withoutApp = { acme: () => ({ clientId: undefined, clientSecret: undefined }) };

/** The client id with which a new flow sends the browser to the platform. */
const clientIdOfFlow = async (harness: Harness) =>
  new URL((await harness.begin()).authorizationUrl).searchParams.get('client_id');

describe('PUT /v1/providers/{id}/app', () => {
  it('sets up a platform that had no app, without a restart, and keeps the secret sealed', async () => {
    await using harness = await startHarness(withoutApp);
    expect(await harness.start()).toMatchObject({ status: 404, data: { code: 'provider_not_configured' } });
    expect(await read(harness)).toMatchObject({ status: 404, data: { code: 'provider_not_configured' } });
    const { id, secret } = harness.stub.client;
    const reply = await put(harness, { client_id: id, client_secret: secret, scopes: ['read'] });
    expect(reply).toMatchObject({
      status: 200,
      data: {
        provider: 'acme',
        client_id: id,
        has_client_secret: true,
        has_next_client_secret: false,
        scopes: ['read'],
        redirect_uri: `${harness.publicUrl}/integrations/social/acme`,
        source: 'api',
        updated_at: expect.stringMatching(/Z$/),
      },
    });
    expect((await read(harness)).data).toEqual(reply.data);
    expect(await harness.api('GET', '/v1/providers/acme')).toMatchObject({ data: { configured: true } });
    const { connection } = await harness.connect();
    expect(connection).toMatchObject({ status: 'active', scopes: { granted: ['read'] } });
    await harness.restart();
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject({ status: 200 });
    expect(harness.logLines.join('')).toContain('"audit":"app.update"');
  });

  it('stands before the settings, whose app counts again once it is taken back', async () => {
    await using harness = await startHarness();
    const settings = harness.stub.client.id;
    expect((await read(harness)).data).toMatchObject({ source: 'settings', client_id: settings, updated_at: null });
    const secret = harness.canaries.add('client secret', makeSecret('cs_'));
    await put(harness, { client_id: 'another', client_secret: secret });
    expect(await clientIdOfFlow(harness)).toBe('another');
    expect(await harness.api('DELETE', '/v1/providers/acme/app')).toMatchObject({ status: 204 });
    expect(await clientIdOfFlow(harness)).toBe(settings);
    expect((await read(harness)).data).toMatchObject({ source: 'settings', client_id: settings });
    expect(await harness.api('DELETE', '/v1/providers/acme/app')).toMatchObject({ status: 404 });
  });

  it('keeps renewing what was made with the app before, with that app', async () => {
    await using harness = await startHarness(withoutApp);
    const { id, secret } = harness.stub.client;
    await put(harness, { client_id: id, client_secret: secret });
    const { connection } = await harness.connect();
    await put(harness, {
      client_id: 'another',
      client_secret: harness.canaries.add('client secret', makeSecret('cs_')),
    });
    const refresh = () => harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect(await refresh()).toMatchObject({ status: 200, data: { token: { generation: 2 } } });
    expect(await harness.api('DELETE', '/v1/providers/acme/app')).toMatchObject({ status: 204 });
    expect(await refresh()).toMatchObject({ status: 200, data: { token: { generation: 3 } } });
    await harness.restart();
    expect(await refresh()).toMatchObject({ status: 200, data: { token: { generation: 4 } } });
    const rows = () => harness.sql((db) => db.prepare('select client_id from provider_apps').all());
    expect(rows()).toEqual([{ client_id: id }]);
  });

  it('also what was made with the app of the settings', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    await put(harness, {
      client_id: 'another',
      client_secret: harness.canaries.add('client secret', makeSecret('cs_')),
    });
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject({ status: 200 });
  });

  it('mends refused credentials at once: what waited for the gate is tried again', async () => {
    await using harness = await startHarness({ acme: () => ({ definition: { refresh: { rotates: 'never' } } }) });
    const { connection } = await harness.connect();
    const { id, secret } = harness.stub.client;
    await put(harness, { client_id: id, client_secret: harness.canaries.add('client secret', makeSecret('cs_')) });
    harness.clock.advance(3600_000);
    expect(await harness.token(connection.id)).toMatchObject({
      status: 502,
      data: { code: 'provider_app_credentials_invalid' },
    });
    await put(harness, { client_id: id, client_secret: secret });
    expect(await harness.token(connection.id)).toMatchObject({ status: 200 });
    expect(await harness.api('GET', '/v1/providers/acme')).toMatchObject({ data: { health: { status: 'ok' } } });
  });

  it('tries the next secret when the first is refused, says nothing of it, and then uses it first', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const { id, secret } = harness.stub.client;
    const old = harness.canaries.add('client secret', makeSecret('cs_'));
    await put(harness, { client_id: id, client_secret: old, next_client_secret: secret });
    const tokenRequests = () => harness.stub.renewals().length;
    const refresh = () => harness.api('POST', `/v1/connections/${connection.id}/refresh`);
    expect(await refresh()).toMatchObject({ status: 200, data: { token: { generation: 2 } } });
    expect(tokenRequests()).toBe(2);
    await eventually('the exchange of the two', () =>
      harness.logLines.join('').includes('takes the next client secret'),
    );
    expect(await refresh()).toMatchObject({ status: 200, data: { token: { generation: 3 } } });
    expect(tokenRequests()).toBe(3);
    expect((await harness.events(connection.id)).map(({ type }) => type)).not.toContain('connection.refresh_failed');
    expect(await harness.api('GET', '/v1/providers/acme')).toMatchObject({ data: { health: { status: 'ok' } } });
    await harness.restart();
    expect(await refresh()).toMatchObject({ status: 200 });
    expect(tokenRequests()).toBe(4);
    // The exchange of a code and a revocation find the right one as well.
    await put(harness, { client_id: id, client_secret: old, next_client_secret: secret });
    const second = await harness.connect({ owner: 'owner-2' }, { account: 'bob' });
    expect(second.connection.status).toBe('active');
    await put(harness, { client_id: id, client_secret: old, next_client_secret: secret });
    expect(await harness.api('DELETE', `/v1/connections/${second.connection.id}`)).toMatchObject({ status: 204 });
  });

  it('blocks the gate when both are refused, after asking once with each', async () => {
    await using harness = await startHarness();
    const { connection } = await harness.connect();
    const [one, two] = [1, 2].map(() => harness.canaries.add('client secret', makeSecret('cs_')));
    await put(harness, { client_id: harness.stub.client.id, client_secret: one, next_client_secret: two });
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject({
      data: { code: 'provider_app_credentials_invalid' },
    });
    expect(harness.stub.renewals()).toHaveLength(2);
    expect(await harness.api('GET', '/v1/providers/acme')).toMatchObject({ data: { health: { by: 'credentials' } } });
  });

  it('keeps the secret that is known for a client id unless another is given, or none', async () => {
    await using harness = await startHarness();
    const { id } = harness.stub.client;
    expect((await put(harness, { client_id: id, scopes: ['read'] })).data.has_client_secret).toBe(true);
    const { connection } = await harness.connect();
    expect(await harness.api('POST', `/v1/connections/${connection.id}/refresh`)).toMatchObject({ status: 200 });
    expect((await put(harness, { client_id: id, client_secret: null })).data.has_client_secret).toBe(false);
    expect((await put(harness, { client_id: 'unknown' })).data.has_client_secret).toBe(false);
  });

  it('takes the redirect URI with a final slash', async () => {
    await using harness = await startHarness();
    const redirect = `${harness.publicUrl}/integrations/social/acme/`;
    const reply = await put(harness, { client_id: harness.stub.client.id, redirect_uri: redirect });
    expect(reply.data.redirect_uri).toBe(redirect);
    const { authorizationUrl } = await harness.begin();
    expect(new URL(authorizationUrl).searchParams.get('redirect_uri')).toBe(redirect);
  });

  it.each([
    [{}, '/client_id'],
    [{ client_id: '' }, '/client_id'],
    [{ client_id: 'a\0b' }, '/client_id'],
    [{ client_id: 'x', client_secret: '' }, '/client_secret'],
    [{ client_id: 'x', client_secret: 'y'.repeat(4001) }, '/client_secret'],
    [{ client_id: 'x', scopes: [] }, '/scopes'],
    [{ client_id: 'x', secret: 'y' }, '/secret'],
    [{ client_id: 'x', redirect_uri: 'https://evil.example/' }, '/redirect_uri'],
  ])('refuses %j', async (json, pointer) => {
    await using harness = await startHarness({ memory: true });
    const reply = await put(harness, json);
    expect(reply).toMatchObject({ status: 400, data: { code: 'invalid_request' } });
    expect(reply.data.errors!.map((error) => error.pointer)).toContain(pointer);
  });

  it('refuses platforms that are not known, need no app, or sign everything with one secret', async () => {
    await using harness = await startHarness({ memory: true });
    expect(await put(harness, { client_id: 'x' }, 'nobody')).toMatchObject({ data: { code: 'provider_unknown' } });
    expect(await put(harness, { client_id: 'x' }, 'mastodon')).toMatchObject({
      status: 409,
      data: { code: 'conflict', detail: expect.stringContaining('needs no app') },
    });
    expect(await put(harness, { client_id: 'x', next_client_secret: 'y' }, 'x-oauth1')).toMatchObject({ status: 400 });
  });

  it('A02 is not for keys that are bound to an owner', async () => {
    await using harness = await startHarness();
    const key = await addKey(harness, ['admin'], { owner: 'owner-1' });
    for (const [method, json] of [
      ['GET', undefined],
      ['PUT', { client_id: 'x' }],
      ['DELETE', undefined],
    ] as const) {
      expect(await harness.api(method, '/v1/providers/acme/app', { key, json })).toMatchObject({ status: 403 });
    }
  });

  it('is heard of by another server on the same database within seconds', async () => {
    await using harness = await startHarness(withoutApp);
    const other = await createEvergrant({
      ...(harness.config as object),
      database: `sqlite:${join(harness.folder, 'evergrant.db')}`,
    });
    try {
      expect(other.catalogue.get('acme').clientId).toBeNull();
      await put(harness, { client_id: 'set-elsewhere', client_secret: null });
      await eventually('the other server knows', () => other.catalogue.get('acme').clientId === 'set-elsewhere');
      expect(other.apps.get('acme')).toMatchObject({ clientId: 'set-elsewhere', source: 'api' });
      await harness.api('DELETE', '/v1/providers/acme/app');
      await eventually('it is gone there too', () => other.catalogue.get('acme').clientId === null);
    } finally {
      await other.close();
    }
  });
});

itKeepsSecrets();
